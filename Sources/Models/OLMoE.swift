/// OLMoE (Muennighoff et al. 2024, arXiv 2409.02060): RMSNorm over the whole width of queries and of keys, top 8 of
/// 64 experts, weights as softmax gives them.
extension Architecture {
    static let olmoe = Architecture(
        ggufName: "olmoe", huggingFaceName: "olmoe",
        huggingFaceTensors: .huggingFace(
            moe: "mlp", experts: (gate: "gate_proj", up: "up_proj", down: "down_proj")),
        readGGUF: { keys in
            FamilyConfiguration(
                attention: try keys.attention(norm: .wholeWidth), rotary: try keys.rotary(.halves),
                experts: try keys.experts(normalised: false))
        },
        readHuggingFace: { fields in
            FamilyConfiguration(
                attention: try fields.attention(norm: .wholeWidth),
                rotary: try fields.rotary(defaultBase: 10_000),
                experts: try fields.experts(
                    width: "intermediate_size",
                    normalised: try fields.optionalBool("norm_topk_prob") ?? false))
        })
}
