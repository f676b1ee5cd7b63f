import Routing

/// Mixtral of experts (Jiang et al. 2024, arXiv 2401.04088): softmax over all experts, top 2 of 8, weights divided by
/// their sum. GGUF files call it `llama`.
extension Architecture {
    static let mixtral = Architecture(
        ggufName: "llama", huggingFaceName: "mixtral",
        huggingFaceTensors: .huggingFace(moe: "block_sparse_moe", experts: .separate(gate: "w1", up: "w3", down: "w2")),
        ggufPairing: .neighbours,
        readGGUF: { keys in
            let attention = try keys.attention()
            return FamilyConfiguration(
                attention: attention, rotary: try keys.rotary(.neighbours, headSize: attention.headSize),
                experts: try keys.experts(TopKPolicy(scoring: .softmax, weighting: .normalised)),
                blocks: try keys.blocks(mask: keys.slidingWindow()))
        },
        readHuggingFace: { fields in
            let attention = try fields.attention(keyValueHeads: 8)
            let window = try fields.slidingWindow()
            return FamilyConfiguration(
                attention: attention,
                rotary: try fields.rotary(defaultBase: 1_000_000, size: attention.headSize),
                experts: try fields.experts(
                    width: "intermediate_size", policy: TopKPolicy(scoring: .softmax, weighting: .normalised)),
                blocks: try fields.blocks().map { block in block.with(window) })
        })
}
