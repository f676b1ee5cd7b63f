/// What an analysis may spend. Whatever is not counted on every token is drawn by `seed` and said so in the report.
public struct AnalysisOptions: Sendable, Equatable {
    public var seed: UInt64 = 1
    /// Tokens (of all requests) whose pairs of experts are counted, within and across layers.
    public var pairTokens = 1 << 18
    /// Tokens (of whole requests) that are walked through the caches.
    public var cacheTokens = 1 << 18
    /// Tokens at the start of those that the best possible cache is worked out for.
    public var foresightTokens = 1 << 13
    /// Requests whose own counts are kept: for the bootstrap, the shuffled controls and the test of drift.
    public var keptRequests = 1000
    /// Bytes that the counts of kept requests may take.
    public var keptBytes = 128 << 20
    /// Bytes that the tables of pairs may take; without them co-activation is left out.
    public var pairBytes = 512 << 20
    /// Domains with figures of their own, in order of appearance; later ones count only in the sums.
    public var domains = 32
    /// Resampled traces of the bootstrap.
    public var replicates = 200

    public init() {}

    /// The largest shape: figures are kept for each expert of each layer.
    static let largestShape = 1 << 20

    func slots(_ shape: TraceShape) -> Int {
        let bytes = max(1, shape.layerCount * shape.expertCount * 2 * MemoryLayout<UInt32>.size)
        return max(16, min(keptRequests, keptBytes / bytes))
    }

    /// Two tables of transitions (for candidates and for checking them) and one of pairs for each layer.
    func countsPairs(_ shape: TraceShape) -> Bool {
        let (square, tooLarge) = shape.expertCount.multipliedReportingOverflow(by: shape.expertCount)
        let bytes = Double(square) * Double(shape.layerCount) * 3 * Double(MemoryLayout<UInt32>.size)
        return !tooLarge && bytes <= Double(pairBytes)
    }
}
