/// Mixtral of experts (Jiang et al. 2024, arXiv 2401.04088): softmax over all experts, top 2 of 8, weights divided by
/// their sum. GGUF files call it `llama` and hold queries and keys reordered for neighbouring rotary pairs.
extension Architecture {
    static let mixtral = Architecture(
        ggufName: "llama", huggingFaceName: "mixtral",
        huggingFaceTensors: .huggingFace(moe: "block_sparse_moe", experts: (gate: "w1", up: "w3", down: "w2")),
        readGGUF: { keys in
            FamilyConfiguration(
                attention: try keys.attention(norm: .none), rotary: try keys.rotary(.neighbours),
                experts: try keys.experts(normalised: true))
        },
        readHuggingFace: { fields in
            FamilyConfiguration(
                attention: try fields.attention(norm: .none, keyValueHeads: 8),
                rotary: try fields.rotary(defaultBase: 1_000_000),
                experts: try fields.experts(width: "intermediate_size", normalised: true))
        })
}
