import Routing

/// OLMoE (Muennighoff et al. 2024, arXiv 2409.02060): RMSNorm over the whole width of queries and of keys, top 8 of
/// 64 experts, weights as softmax gives them.
extension Architecture {
    static let olmoe = Architecture(
        ggufName: "olmoe", huggingFaceName: "olmoe", huggingFaceTensors: .huggingFace(moe: "mlp"),
        ggufPairing: .halves,
        readGGUF: { keys in
            let attention = try keys.attention(norm: .wholeWidth)
            return FamilyConfiguration(
                attention: attention, rotary: try keys.rotary(.halves, headSize: attention.headSize),
                experts: try keys.experts(TopKPolicy(scoring: .softmax, weighting: .scores)),
                blocks: try keys.blocks())
        },
        readHuggingFace: { fields in
            var attention = try fields.attention(norm: .wholeWidth)
            attention.clip = try fields.optionalFloat("clip_qkv").map { Float($0) }
            return FamilyConfiguration(
                attention: attention, rotary: try fields.rotary(defaultBase: 10_000, size: attention.headSize),
                experts: try fields.experts(width: "intermediate_size", policy: fields.softmaxPolicy()),
                blocks: try fields.blocks())
        })
}
