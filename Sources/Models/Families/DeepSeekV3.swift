import Routing

/// DeepSeek-V3 and R1 (arXiv 2412.19437): multi-head latent attention; sigmoid scores with a bias that counts for the
/// choice only, groups judged by their two best experts, weights divided by their sum and scaled; shared experts.
extension Architecture {
    static let deepSeekV3 = Architecture(
        ggufName: "deepseek2", huggingFaceName: "deepseek_v3",
        huggingFaceTensors: .huggingFace(moe: "mlp", shared: "shared_experts"), ggufPairing: .neighbours,
        readGGUF: { keys in
            let attention = try keys.latentAttention()
            var experts = try keys.experts(keys.deepSeekV3Policy(normalised: false))
            experts.hasSelectionBias = keys.hasSelectionBias
            experts.shared = try keys.sharedExpert(isGated: false)
            return FamilyConfiguration(
                attention: attention, rotary: try keys.latentRotary(attention), experts: experts,
                blocks: try keys.blocks(), denseWidth: try keys.denseWidth(),
                unusedBlocks: try keys.unusedBlocks())
        },
        readHuggingFace: { fields in
            let attention = try fields.latentAttention()
            let isInterleaved = try fields.optionalBool("rope_interleave") ?? true
            try fields.require("topk_method", "noaux_tc")
            try fields.require("scoring_func", "sigmoid")
            return FamilyConfiguration(
                attention: attention,
                rotary: try fields.rotary(
                    defaultBase: 10_000, size: fields.int("qk_rope_head_dim"),
                    pairing: isInterleaved ? .neighbours : .halves),
                experts: try fields.deepSeekV3Experts(), blocks: try fields.leadingDenseBlocks(),
                denseWidth: try fields.int("intermediate_size"), unusedBlocks: try fields.unusedBlocks())
        })
}

extension ConfigFields {
    /// Experts of DeepSeek-V3 and GLM-4.5.
    func deepSeekV3Experts() throws -> ModelConfiguration.ExpertShape {
        let policy = TopKPolicy(
            scoring: .sigmoid, weighting: try optionalBool("norm_topk_prob") ?? true ? .normalised : .scores,
            scale: Float(try optionalFloat("routed_scaling_factor") ?? 1), groups: try expertGroups(.bestTwo))
        var experts = try experts(width: "moe_intermediate_size", policy: policy)
        experts.hasSelectionBias = true
        experts.shared = try sharedExperts(width: experts.width)
        return experts
    }

    /// `num_nextn_predict_layers`: blocks that predict several tokens at once.
    func unusedBlocks() throws -> Int {
        let count = try optionalInt("num_nextn_predict_layers") ?? 0
        guard (0...64).contains(count) else { throw error("num_nextn_predict_layers", "\(count) is outside 0…64") }
        return count
    }

    /// `n_shared_experts` experts of one width, side by side.
    func sharedExperts(width: Int) throws -> ModelConfiguration.SharedExpert? {
        let count = try optionalInt("n_shared_experts") ?? 0
        guard (0...64).contains(count) else { throw error("n_shared_experts", "\(count) is outside 0…64") }
        return count == 0 ? nil : .init(width: count * width)
    }

    /// Multi-head latent attention of DeepSeek's.
    func latentAttention() throws -> ModelConfiguration.AttentionShape {
        let heads = try positive("num_attention_heads")
        let latent = ModelConfiguration.LatentShape(
            queryRank: try optionalInt("q_lora_rank"), rank: try positive("kv_lora_rank"),
            plainSize: try positive("qk_nope_head_dim"), rotarySize: try positive("qk_rope_head_dim"),
            valueSize: try positive("v_head_dim"))
        // Both follow from the fields above.
        pass("head_dim", "qk_head_dim", "num_key_value_heads")
        let size = latent.plainSize + latent.rotarySize
        var shape = ModelConfiguration.AttentionShape(
            queryHeads: heads, keyValueHeads: heads, headSize: size,
            scale: try yarnScale() / Float(size).squareRoot(), latent: latent)
        shape.hasInputBiases = try optionalBool("attention_bias") ?? false
        shape.hasOutputBias = shape.hasInputBiases
        return shape
    }

    /// Throws if `field` is there with another value than the one the family has.
    func require(_ field: String, _ only: String) throws {
        guard let value = try optionalString(field), value != only else { return }
        throw error(field, "\"\(value.prefix(40))\" is not supported, only \(only)")
    }
}
