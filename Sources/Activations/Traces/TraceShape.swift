/// What every token of a trace has: which MoE layers were recorded, how many experts each has and how many a token uses.
public struct TraceShape: Sendable, Equatable {
    /// Transformer block of each recorded MoE layer, in model order (dense blocks have no entry).
    public let blocks: [Int]
    /// Experts of a layer; ids are logical and 0-based.
    public let expertCount: Int
    /// Experts a token uses in a layer.
    public let topK: Int

    public var layerCount: Int { blocks.count }
    /// Expert ids of one token: `layerCount * topK`.
    public var idsPerToken: Int { blocks.count * topK }

    public init(blocks: [Int], expertCount: Int, topK: Int) {
        self.blocks = blocks
        self.expertCount = expertCount
        self.topK = topK
    }

    /// What is wrong with this shape, in words; nil if a trace can have it.
    func problem(_ limits: TraceLimits) -> String? {
        guard (1...limits.layers).contains(blocks.count) else {
            return "\(blocks.count) layers are not within 1…\(limits.layers)"
        }
        guard blocks.allSatisfy({ $0 >= 0 && $0 < Int(Int32.max) }), zip(blocks, blocks.dropFirst()).allSatisfy(<)
        else { return "blocks are not in ascending order" }
        guard (1...TraceLimits.experts).contains(expertCount) else {
            return "\(expertCount) experts are not within 1…\(TraceLimits.experts)"
        }
        guard (1...min(expertCount, limits.topK)).contains(topK) else {
            return "top-k is \(topK), which is not within 1…\(min(expertCount, limits.topK))"
        }
        return nil
    }
}
