import Randomness

/// Whether a request's prompt tells which experts its answer will use: Pearson's correlation of the assignments per
/// expert in prefill and in decode.
///
/// Experts that are busy for everybody correlate by themselves; so each figure stands next to the same with prefill and
/// decode of different requests.
public struct PhaseSection: Sendable, Equatable, Encodable {
    public struct Figures: Sendable, Equatable, Encodable {
        /// Mean over requests.
        public let matched: Double?
        /// Standard deviation over requests.
        public let deviation: Double?
        /// Mean over pairs of different requests.
        public let mismatched: Double?
        /// The same for pairs of one domain, and of two.
        public let mismatchedSameDomain: Double?
        public let mismatchedOtherDomain: Double?
        /// Of the sums over all requests.
        public let pooled: Double?
    }

    public struct Layer: Sendable, Equatable, Encodable {
        public let block: Int
        /// Requests with both phases, neither of which is the same for all experts.
        public let requests: Int
        public let figures: Figures
    }

    public let layers: [Layer]
    /// Over the layers.
    public let mean: Figures

    /// Shufflings of the kept requests.
    private static let shuffles = 10

    init?(_ evidence: Evidence) {
        guard evidence.layers.contains(where: { $0.correlations.count > 0 }) else { return nil }
        let pairs = Self.mismatchedPairs(evidence)
        layers = evidence.perLayer { layer in
            Layer(
                block: evidence.shape.blocks[layer.layer], requests: layer.correlations.count,
                figures: Figures(layer, pairs: pairs, kept: evidence.kept))
        }
        mean = Figures(meanOf: layers.map(\.figures))
    }

    /// Pairs (prefill of one, decode of another), in which each kept request appears equally often on both sides.
    private static func mismatchedPairs(_ evidence: Evidence) -> [(Int, Int)] {
        let count = evidence.kept.count
        guard count > 1 else { return [] }
        var random = SplitMix64(seed: evidence.options.seed &+ 1)
        return (0..<shuffles).flatMap { _ in
            let order = (0..<count).shuffled(using: &random)
            return order.indices.map { (order[$0], order[($0 + 1) % count]) }
        }
    }
}

extension PhaseSection.Figures {
    init(_ layer: LayerAccumulator, pairs: [(Int, Int)], kept: [RequestPlanner.Kept]) {
        var all = RunningMean()
        var same = RunningMean()
        var other = RunningMean()
        for (first, second) in pairs {
            guard let pearson = CorrelationSums.pearson(layer.kept.prefill(first), layer.kept.decode(second)) else {
                continue
            }
            all.add(pearson)
            guard let domain = kept[first].domain, let otherDomain = kept[second].domain else { continue }
            if domain == otherDomain { same.add(pearson) } else { other.add(pearson) }
        }
        let matched = layer.correlations
        self.init(
            matched: Self.mean(matched), deviation: matched.count > 0 ? matched.deviation : nil,
            mismatched: Self.mean(all), mismatchedSameDomain: Self.mean(same), mismatchedOtherDomain: Self.mean(other),
            pooled: Similarity.pearson(layer.prefill.map { Double($0) }, layer.decode.map { Double($0) }))
    }

    init(meanOf layers: [PhaseSection.Figures]) {
        self.init(
            matched: layers.map(\.matched).knownMean, deviation: layers.map(\.deviation).knownMean,
            mismatched: layers.map(\.mismatched).knownMean,
            mismatchedSameDomain: layers.map(\.mismatchedSameDomain).knownMean,
            mismatchedOtherDomain: layers.map(\.mismatchedOtherDomain).knownMean,
            pooled: layers.map(\.pooled).knownMean)
    }

    private static func mean(_ values: RunningMean) -> Double? { values.count > 0 ? values.mean : nil }
}
