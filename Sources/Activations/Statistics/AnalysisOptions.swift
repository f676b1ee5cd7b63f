/// What an analysis may spend. Whatever is not counted on every token is drawn by `seed` and said so in the report.
public struct AnalysisOptions: Sendable, Equatable {
    public var seed: UInt64 = 1
    /// Pairs of experts that may be counted, within and across layers; it sets how many tokens they are taken from.
    public var pairUpdates = 800_000_000
    /// Steps that walking through caches may take, as many as a layer has experts for each use of one; it sets how many
    /// tokens are walked.
    public var cacheSteps = 16_000_000_000
    /// The same for the best possible cache, which sees the first of these tokens.
    public var foresightSteps = 1_000_000_000
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
    static let largestShape = 1 << 18

    /// Tokens whose pairs are counted.
    func pairTokens(_ shape: TraceShape) -> Int {
        guard countsPairs(shape) else { return 0 }
        let perToken = shape.idsPerToken * (shape.topK + (shape.topK - 1) / 2)
        return max(1, pairUpdates / max(1, perToken))
    }

    /// Tokens that are walked through the caches.
    func cacheTokens(_ shape: TraceShape) -> Int { max(1, cacheSteps / (shape.idsPerToken * shape.expertCount)) }

    /// Tokens that the best possible cache sees; each of their ids is kept.
    func foresightTokens(_ shape: TraceShape) -> Int {
        min(1 << 16, max(1, foresightSteps / (shape.idsPerToken * shape.expertCount)))
    }

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
