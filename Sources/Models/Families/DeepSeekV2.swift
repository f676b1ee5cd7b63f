import Routing

/// DeepSeek-V2 and V2-Lite (arXiv 2405.04434): multi-head latent attention, with compressed queries in the large one;
/// softmax scores, in the large one of the experts of the best groups; weights scaled but not divided by their sum,
/// whatever `norm_topk_prob` says, as in transformers; shared experts.
extension Architecture {
    static let deepSeekV2 = Architecture(
        ggufName: "deepseek2", huggingFaceName: "deepseek_v2",
        huggingFaceTensors: .huggingFace(moe: "mlp", shared: "shared_experts"), ggufPairing: .neighbours,
        readGGUF: { keys in
            let attention = try keys.latentAttention()
            let policy = TopKPolicy(
                scoring: .softmax,
                weighting: try keys.optionalBool("expert_weights_norm") ?? false ? .normalised : .scores,
                scale: Float(try keys.optionalFloat("expert_weights_scale") ?? 1),
                groups: try keys.expertGroups(.best))
            var experts = try keys.experts(policy)
            experts.shared = try keys.sharedExpert(isGated: false)
            return FamilyConfiguration(
                attention: attention, rotary: try keys.latentRotary(attention), experts: experts,
                blocks: try keys.blocks(), denseWidth: try keys.denseWidth())
        },
        readHuggingFace: { fields in
            try fields.require("scoring_func", "softmax")
            fields.pass("norm_topk_prob")
            let method = try fields.optionalString("topk_method") ?? "greedy"
            let groups = try fields.expertGroups(.best)
            guard ["greedy", "group_limited_greedy"].contains(method) else {
                throw fields.error("topk_method", "\"\(method.prefix(40))\" is not supported")
            }
            var experts = try fields.experts(
                width: "moe_intermediate_size",
                policy: TopKPolicy(
                    scoring: .softmax, weighting: .scores,
                    scale: Float(try fields.optionalFloat("routed_scaling_factor") ?? 1),
                    groups: method == "greedy" ? nil : groups))
            experts.shared = try fields.sharedExperts(width: experts.width)
            return FamilyConfiguration(
                attention: try fields.latentAttention(),
                rotary: try fields.rotary(
                    defaultBase: 10_000, size: fields.int("qk_rope_head_dim"), pairing: .neighbours),
                experts: experts, blocks: try fields.leadingDenseBlocks(),
                denseWidth: try fields.int("intermediate_size"))
        })
}
