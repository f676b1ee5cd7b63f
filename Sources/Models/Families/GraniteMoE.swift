import Routing

/// Granite-MoE (IBM Granite team 2024): fixed factors on embedding, residual stream, attention and logits; softmax
/// over the chosen experts, in some sizes beside a shared one. Checkpoints keep all experts of a block in two tensors.
extension Architecture {
    static let graniteMoE = Architecture(
        ggufName: "granitemoe", huggingFaceName: "granitemoe", otherNames: ["granitemoeshared"],
        huggingFaceTensors: .huggingFace(
            moe: "block_sparse_moe", experts: .fusedRows(gateUp: "input_linear.weight", down: "output_linear.weight"),
            renamed: [
                .router: "block_sparse_moe.router.layer", .sharedGate: "shared_mlp.input_linear",
                .sharedUp: "shared_mlp.input_linear", .sharedDown: "shared_mlp.output_linear",
            ]),
        ggufPairing: .neighbours,
        readGGUF: { keys in
            let attention = try keys.attention()
            var experts = try keys.experts(policy)
            experts.shared = try keys.sharedExpert(isGated: false)
            return FamilyConfiguration(
                attention: attention, rotary: try keys.rotary(.neighbours, headSize: attention.headSize),
                experts: experts, blocks: try keys.blocks(),
                multipliers: .init(
                    embedding: Float(try keys.optionalFloat("embedding_scale") ?? 1),
                    residual: Float(try keys.optionalFloat("residual_scale") ?? 1),
                    logitDivisor: Float(try keys.optionalFloat("logit_scale") ?? 1)))
        },
        readHuggingFace: { fields in
            var attention = try fields.attention()
            attention.scale = Float(try fields.optionalFloat("attention_multiplier") ?? 1)
            var experts = try fields.experts(width: "intermediate_size", policy: policy)
            let shared = try fields.optionalInt("shared_intermediate_size") ?? 0
            experts.shared = shared > 0 ? .init(width: shared) : nil
            return FamilyConfiguration(
                attention: attention, rotary: try fields.rotary(defaultBase: 10_000, size: attention.headSize),
                experts: experts, blocks: try fields.blocks(),
                multipliers: .init(
                    embedding: Float(try fields.optionalFloat("embedding_multiplier") ?? 1),
                    residual: Float(try fields.optionalFloat("residual_multiplier") ?? 1),
                    logitDivisor: Float(try fields.optionalFloat("logits_scaling") ?? 1)))
        })

    private static let policy = TopKPolicy(scoring: .logits, weighting: .softmax)
}
