import Routing

/// Phi-3.5-MoE (Abdin et al. 2024, arXiv 2404.14219): LayerNorm with bias, SparseMixer routing, LongRoPE, and biases
/// where the configuration says so.
///
/// Sequences beyond the original context use the long divisors, as the model's own code and other engines do;
/// `modeling_phimoe.py` of transformers 5.23 takes the short ones for any length.
extension Architecture {
    static let phiMoE = Architecture(
        ggufName: "phimoe", huggingFaceName: "phimoe",
        huggingFaceTensors: .huggingFace(moe: "block_sparse_moe", experts: .separate(gate: "w1", up: "w3", down: "w2")),
        ggufPairing: .halves,
        readGGUF: { keys in
            let attention = try keys.attention()
            return FamilyConfiguration(
                attention: attention, rotary: try keys.rotary(.halves, headSize: attention.headSize),
                experts: try keys.experts(.sparseMixer(jitter: 0.01)),
                blocks: try keys.blocks(mask: keys.slidingWindow()),
                norm: .layer, hasOutputBias: keys.gguf.contains("output.bias"))
        },
        readHuggingFace: { fields in
            let attention = try fields.attention(keyValueHeads: 8)
            let window = try fields.slidingWindow()
            fields.pass("input_jitter_noise")
            var experts = try fields.experts(
                width: "intermediate_size", policy: TopKPolicy(scoring: .softmax, weighting: .scores))
            experts.routing = .sparseMixer(jitter: Float(try fields.optionalFloat("router_jitter_noise") ?? 0.01))
            return FamilyConfiguration(
                attention: attention, rotary: try fields.rotary(defaultBase: 1_000_000, size: attention.headSize),
                experts: experts, blocks: try fields.blocks().map { $0.with(window) }, norm: .layer,
                hasOutputBias: try fields.optionalBool("lm_head_bias") ?? false)
        })
}
