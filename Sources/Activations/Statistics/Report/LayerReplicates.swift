import Randomness

/// Draws how often each kept request is in a resampled trace.
struct Resampling {
    private let slots: Int
    private var random: SplitMix64

    init(slots: Int, seed: UInt64) {
        self.slots = slots
        random = SplitMix64(seed: seed)
    }

    mutating func weights(requests: Int) -> [UInt32] {
        var weights = [UInt32](repeating: 0, count: slots)
        for _ in 0..<requests { weights[Int(random.next() % UInt64(slots))] += 1 }
        return weights
    }
}

/// The figures with intervals, of one layer of one resampled trace.
struct ReplicateFigures {
    let load: LoadFigures
    let zipfExponent: Double?

    init?(loads: [Double]) {
        guard let load = LoadFigures(loads: loads) else { return nil }
        self.load = load
        let total = loads.reduce(0, +)
        zipfExponent = RankFamily.zipf(ranks: loads.count).parameter(shares: loads.sorted(by: >).map { $0 / total })
    }

    static let named: [(String, @Sendable (ReplicateFigures) -> Double?)] = [
        ("max_over_mean", { $0.load.maxOverMean }), ("coefficient_of_variation", { $0.load.coefficientOfVariation }),
        ("gini", { $0.load.gini }), ("entropy", { $0.load.entropy }), ("zipf_exponent", { $0.zipfExponent }),
    ]
}

/// All resampled traces of one layer.
struct LayerReplicates {
    /// What a short trace got of the layer.
    struct Seen {
        let divergence: Double?
        let maxOverMean: Double?
        let missedHotExperts: Double?
    }

    /// Of the kept requests themselves.
    let kept: ReplicateFigures?
    let full: [ReplicateFigures?]
    let shorter: [[Seen]]

    init(_ layer: LayerAccumulator, full: [[UInt32]], shorter: [[[UInt32]]]) {
        let counts = ReplicateCounts(layer.kept)
        let whole = counts.loads(weights: [UInt32](repeating: 1, count: layer.kept.count))
        kept = ReplicateFigures(loads: whole)
        self.full = full.map { ReplicateFigures(loads: counts.loads(weights: $0)) }
        let hot = Self.hottest(whole)
        self.shorter = shorter.map { replicates in
            replicates.map { weights in
                let loads = counts.loads(weights: weights)
                let found = Self.hottest(loads)
                return Seen(
                    divergence: Similarity.jensenShannon(loads, whole),
                    maxOverMean: LoadFigures(loads: loads)?.maxOverMean,
                    missedHotExperts: hot.isEmpty ? nil : Double(hot.subtracting(found).count) / Double(hot.count))
            }
        }
    }

    /// The busiest tenth of the experts, one at least; none without load.
    private static func hottest(_ loads: [Double]) -> Set<Int> {
        guard loads.contains(where: { $0 > 0 }) else { return [] }
        let order = loads.indices.sorted { (loads[$1], $0) < (loads[$0], $1) }
        return Set(order.prefix(max(1, loads.count / 10)))
    }
}
