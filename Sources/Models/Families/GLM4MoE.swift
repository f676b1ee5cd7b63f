import Routing

/// GLM-4.5 (Zeng et al. 2025, arXiv 2508.06471): routing as in DeepSeek-V3, grouped-query attention with half of each
/// head rotated, and in some sizes a norm of each query and key head. Blocks after the last are for predicting several
/// tokens at once and are not used.
extension Architecture {
    static let glm4MoE = Architecture(
        ggufName: "glm4moe", huggingFaceName: "glm4_moe",
        huggingFaceTensors: .huggingFace(moe: "mlp", shared: "shared_experts"),
        ggufTensors: .gguf(renamed: [.feedForwardNorm: "post_attention_norm"]), ggufPairing: .halves,
        readGGUF: { keys in
            let hasNorm = keys.gguf.contains("blk.0.attn_q_norm.weight")
            let attention = try keys.attention(norm: hasNorm ? .perHead : .none)
            var experts = try keys.experts(keys.deepSeekV3Policy(normalised: true))
            experts.hasSelectionBias = true
            experts.shared = try keys.sharedExpert(isGated: false)
            return FamilyConfiguration(
                attention: attention, rotary: try keys.rotary(.halves, headSize: attention.headSize),
                experts: experts, blocks: try keys.blocks(), denseWidth: try keys.denseWidth(),
                unusedBlocks: try keys.unusedBlocks())
        },
        readHuggingFace: { fields in
            let hasNorm = try fields.optionalBool("use_qk_norm") ?? false
            var attention = try fields.attention(norm: hasNorm ? .perHead : .none, keyValueHeads: 8)
            attention.hasOutputBias = false
            return FamilyConfiguration(
                attention: attention,
                rotary: try fields.rotary(defaultBase: 10_000, size: attention.headSize, partial: 0.5),
                experts: try fields.deepSeekV3Experts(), blocks: try fields.leadingDenseBlocks(),
                denseWidth: try fields.int("intermediate_size"), unusedBlocks: try fields.unusedBlocks())
        })
}
