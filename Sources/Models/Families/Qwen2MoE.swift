import Routing

/// Qwen1.5-MoE and Qwen2-MoE (Yang et al. 2024, arXiv 2407.10671): biases of queries, keys and values, weights as
/// softmax gives them, and a shared expert with a sigmoid gate of its own. Some blocks may be dense.
extension Architecture {
    static let qwen2MoE = Architecture(
        ggufName: "qwen2moe", huggingFaceName: "qwen2_moe",
        huggingFaceTensors: .huggingFace(moe: "mlp", shared: "shared_expert"), ggufPairing: .halves,
        readGGUF: { keys in
            let attention = try keys.attention()
            var experts = try keys.experts(TopKPolicy(scoring: .softmax, weighting: .scores))
            experts.shared = try keys.sharedExpert(isGated: true)
            return FamilyConfiguration(
                attention: attention, rotary: try keys.rotary(.halves, headSize: attention.headSize),
                experts: experts, blocks: try keys.blocks(), denseWidth: try keys.denseWidth())
        },
        readHuggingFace: { fields in
            var attention = try fields.attention(keyValueHeads: 16)
            attention.hasInputBiases = try fields.optionalBool("qkv_bias") ?? true
            attention.hasOutputBias = false
            var experts = try fields.experts(width: "moe_intermediate_size", policy: fields.softmaxPolicy())
            experts.shared = .init(width: try fields.int("shared_expert_intermediate_size"), isGated: true)
            return FamilyConfiguration(
                attention: attention, rotary: try fields.rotary(defaultBase: 10_000, size: attention.headSize),
                experts: experts, blocks: try windowedBlocks(fields),
                denseWidth: try fields.optionalInt("intermediate_size") ?? 0)
        })

    /// Blocks that `layer_types` calls sliding; without the list, those transformers would: of the first
    /// `max_window_layers`, every other one, if windows are used at all.
    private static func windowedBlocks(_ fields: ConfigFields) throws -> [ModelConfiguration.BlockShape] {
        let window = try fields.optionalInt("sliding_window") ?? 4096
        let windowed = try fields.optionalInt("max_window_layers") ?? 28
        let isUsed = try fields.optionalBool("use_sliding_window") ?? false
        let types = try fields.layerTypes { index in
            isUsed && index < windowed && index.isMultiple(of: 2) ? "sliding_attention" : "full_attention"
        }
        return try zip(fields.qwenBlocks(), types).map { block, type in
            block.with(try fields.mask(type, window: isUsed ? window : nil))
        }
    }
}
