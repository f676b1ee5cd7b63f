import Routing

/// Qwen3-MoE (Yang et al. 2025, arXiv 2505.09388): RMSNorm of every query and key head, top 8 of 128 experts,
/// weights divided by their sum where the checkpoint says so. Some blocks may be dense.
extension Architecture {
    static let qwen3MoE = Architecture(
        ggufName: "qwen3moe", huggingFaceName: "qwen3_moe", huggingFaceTensors: .huggingFace(moe: "mlp"),
        ggufPairing: .halves,
        readGGUF: { keys in
            let attention = try keys.attention(norm: .perHead)
            return FamilyConfiguration(
                attention: attention, rotary: try keys.rotary(.halves, headSize: attention.headSize),
                experts: try keys.experts(TopKPolicy(scoring: .softmax, weighting: .normalised)),
                blocks: try keys.blocks(), denseWidth: try keys.denseWidth())
        },
        readHuggingFace: { fields in
            let attention = try fields.attention(norm: .perHead, keyValueHeads: 4)
            let isWindowed = try fields.optionalBool("use_sliding_window") ?? false
            let window = try fields.slidingWindow()
            fields.pass("max_window_layers")
            return FamilyConfiguration(
                attention: attention, rotary: try fields.rotary(defaultBase: 10_000, size: attention.headSize),
                experts: try fields.experts(width: "moe_intermediate_size", policy: fields.softmaxPolicy()),
                blocks: try fields.qwenBlocks().map { $0.with(isWindowed ? window : .causal) },
                denseWidth: try fields.optionalInt("intermediate_size") ?? 0)
        })
}
