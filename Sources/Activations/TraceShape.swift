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
}
