/// Qwen3-MoE (Yang et al. 2025, arXiv 2505.09388): RMSNorm of every query and key head, top 8 of 128 experts,
/// weights divided by their sum where the checkpoint says so. Some blocks may be dense.
extension Architecture {
    static let qwen3MoE = Architecture(
        ggufName: "qwen3moe", huggingFaceName: "qwen3_moe",
        huggingFaceTensors: .huggingFace(
            moe: "mlp", experts: (gate: "gate_proj", up: "up_proj", down: "down_proj")),
        readGGUF: { keys in
            FamilyConfiguration(
                attention: try keys.attention(norm: .perHead), rotary: try keys.rotary(.halves),
                experts: try keys.experts(normalised: true))
        },
        readHuggingFace: { fields in
            FamilyConfiguration(
                attention: try fields.attention(norm: .perHead, keyValueHeads: 4),
                rotary: try fields.rotary(defaultBase: 10_000),
                experts: try fields.experts(
                    width: "moe_intermediate_size",
                    normalised: try fields.optionalBool("norm_topk_prob") ?? false),
                denseWidth: try fields.optionalInt("intermediate_size") ?? 0,
                denseBlocks: try fields.denseBlocks())
        })
}
