/// How far the figures of this trace can be trusted, and how many requests such figures need. Requests, not tokens, are
/// drawn again (with replacement), as tokens of one request are alike.
public struct StabilitySection: Sendable, Equatable, Encodable {
    /// A figure's mean over the layers and where it lies in 95 % of resampled traces as long as this one.
    public struct Interval: Sendable, Equatable, Encodable {
        public let figure: String
        /// Of the trace.
        public let value: Double
        public let low: Double
        public let high: Double
        /// Mean of the resampled traces less what they were drawn from: what so many requests overstate.
        public let bias: Double
    }

    /// What a trace of so few requests would have got wrong, over resampled traces of that length.
    public struct Point: Sendable, Equatable, Encodable {
        public let requests: Int
        /// Jensen–Shannon divergence of the loads from the real ones, in bits, mean over the layers.
        public let divergence: Quantiles
        /// |estimate − real| / real of max over mean, mean over the layers first.
        public let maxOverMeanError: Quantiles
        /// Share of the real busiest tenth of experts that is not among the estimated one.
        public let missedHotExperts: Quantiles
    }

    public struct Quantiles: Sendable, Equatable, Encodable {
        public let median: Double
        public let high: Double

        /// - Parameter values: at least one; `high` is their 95 % quantile.
        init(_ values: [Double]) {
            let ascending = values.sorted()
            median = Spread.quantile(0.5, ascending: ascending).inReport
            high = Spread.quantile(0.95, ascending: ascending).inReport
        }
    }

    /// Requests that were resampled.
    public let keptRequests: Int
    public let intervals: [Interval]
    public let curve: [Point]
    /// The shortest length in `curve` at which 95 of 100 traces are within 5 % of max over mean; nil where none is.
    public let enough: Int?

    private static let curveReplicates = 50
    static let tolerance = 0.05

    init?(_ evidence: Evidence) {
        let slots = evidence.kept.count
        guard slots >= 4 else { return nil }
        keptRequests = slots
        var draw = Resampling(slots: slots, seed: evidence.options.seed &+ 3)
        let full = (0..<evidence.options.replicates).map { _ in draw.weights(requests: evidence.requests) }
        let lengths = Self.lengths(upTo: slots)
        let shorter = lengths.map { length in (0..<Self.curveReplicates).map { _ in draw.weights(requests: length) } }
        let layers = evidence.perLayer { LayerReplicates($0, full: full, shorter: shorter) }
        intervals = Self.intervals(evidence, layers)
        curve = lengths.indices.map { Self.point(requests: lengths[$0], index: $0, layers) }
        enough = curve.first { $0.maxOverMeanError.high <= Self.tolerance }?.requests
    }

    /// 2, 5, 10, 20, 50, … and the kept requests themselves.
    private static func lengths(upTo slots: Int) -> [Int] {
        var lengths: [Int] = []
        var decade = 1
        while decade <= slots {
            lengths += [decade, 2 * decade, 5 * decade].filter { $0 > 1 && $0 < slots }
            decade *= 10
        }
        return lengths + [slots]
    }

    private static func intervals(_ evidence: Evidence, _ layers: [LayerReplicates]) -> [Interval] {
        let real = evidence.layers.map { ReplicateFigures(loads: Evidence.loads($0)) }
        return ReplicateFigures.named.compactMap { name, figure in
            guard let value = real.map({ $0.flatMap(figure) }).knownMean,
                let drawnFrom = layers.map({ $0.kept.flatMap(figure) }).knownMean
            else { return nil }
            let drawn = (0..<evidence.options.replicates).compactMap { replicate in
                layers.map { $0.full[replicate].flatMap(figure) }.knownMean
            }
            guard !drawn.isEmpty else { return nil }
            let ascending = drawn.sorted()
            // Kept requests are a sample of a long trace: their spread counts, their own value does not.
            let shift = value - drawnFrom
            return Interval(
                figure: name, value: value.inReport,
                low: (Spread.quantile(0.025, ascending: ascending) + shift).inReport,
                high: (Spread.quantile(0.975, ascending: ascending) + shift).inReport,
                bias: (drawn.reduce(0, +) / Double(drawn.count) - drawnFrom).inReport)
        }
    }

    private static func point(requests: Int, index: Int, _ layers: [LayerReplicates]) -> Point {
        let real = layers.map { $0.kept?.load.maxOverMean }.knownMean ?? 1
        let replicates = (0..<curveReplicates).map { replicate in
            let seen = layers.map { $0.shorter[index][replicate] }
            return (
                divergence: seen.map(\.divergence).knownMean ?? 0,
                error: abs((seen.map(\.maxOverMean).knownMean ?? 0) - real) / real,
                missed: seen.map(\.missedHotExperts).knownMean ?? 0
            )
        }
        return Point(
            requests: requests, divergence: Quantiles(replicates.map(\.divergence)),
            maxOverMeanError: Quantiles(replicates.map(\.error)),
            missedHotExperts: Quantiles(replicates.map(\.missed)))
    }

}
