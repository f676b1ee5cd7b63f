/// Which share of expert uses a cache of c experts a layer would have had, for every c.
///
/// Tokens go through the caches one by one, as a server of one sequence would run them; the caches stay warm from one
/// request to the next. Only uses of one phase are counted, decode's where there is one, and only layers that the phase
/// uses: an encoder's have no hit rate in decode.
public struct WorkingSetSection: Sendable, Equatable, Encodable {
    public struct Curve: Sendable, Equatable, Encodable {
        /// Over the layers that are used, by capacity in the order of `capacities`.
        public let mean: [Double]
        public let lowest: [Double]
        public let highest: [Double]

        init(_ layers: [[Double]]) {
            let places = layers.first?.indices ?? 0..<0
            mean = places.map { place in (layers.reduce(0) { $0 + $1[place] } / Double(layers.count)).inReport }
            lowest = places.map { place in (layers.map { $0[place] }.min() ?? 0).inReport }
            highest = places.map { place in (layers.map { $0[place] }.max() ?? 0).inReport }
        }
    }

    /// `decode` or `prefill`.
    public let phase: String
    /// Experts of a layer in its cache.
    public let capacities: [Int]
    /// Gives up the expert that was not used for longest.
    public let leastRecentlyUsed: Curve
    /// Always keeps the experts that are busiest in the whole trace: known only afterwards.
    public let mostFrequent: Curve
    /// Gives up the expert whose next use is farthest away, on the first `foresightTokens` only: no cache that loads
    /// what it misses can do better.
    public let foresight: Curve?
    public let foresightTokens: Int
    /// Experts a layer in a least-recently-used cache that has half, 80 %, 90 %, 95 % and 99 % of all uses, on average.
    public let experts: [Reached]

    public struct Reached: Sendable, Equatable, Encodable {
        public let hitRate: Double
        public let capacity: Int
    }

    /// Capacities of a curve, at most.
    private static let points = 64

    init?(_ evidence: Evidence) {
        let hasDecode = evidence.layers.contains { $0.distances.decode.contains { $0 > 0 } }
        let hasAny = hasDecode || evidence.layers.contains { $0.distances.prefill.contains { $0 > 0 } }
        guard hasAny else { return nil }
        phase = hasDecode ? "decode" : "prefill"
        let experts = evidence.shape.expertCount
        let every = evidence.layers.compactMap {
            Self.hitRates(hasDecode ? $0.distances.decode : $0.distances.prefill)
        }
        let meanOfEvery = Curve(every).mean
        let capacities = Self.capacities(experts)
        self.capacities = capacities
        func curve(_ layers: [[Double]]) -> Curve { Curve(layers.map { rates in capacities.map { rates[$0 - 1] } }) }
        leastRecentlyUsed = curve(every)
        mostFrequent = curve(
            evidence.layers.compactMap { Self.hitRates((hasDecode ? $0.decode : $0.prefill).sorted(by: >) + [0]) })
        let best = evidence.perLayer { layer in
            Self.hitRates(layer.foresight.distances(experts: experts, countsPrefill: !hasDecode))
        }.compactMap { $0 }
        foresight = best.isEmpty ? nil : curve(best)
        foresightTokens = evidence.layers.first?.foresight.tokens ?? 0
        self.experts = [0.5, 0.8, 0.9, 0.95, 0.99].compactMap { share in
            meanOfEvery.firstIndex { $0 >= share }.map { Reached(hitRate: share, capacity: $0 + 1) }
        }
    }

    private static func capacities(_ experts: Int) -> [Int] {
        guard experts > points else { return Array(1...experts) }
        return (1...points).map { $0 * experts / points }
    }

    /// - Parameter distances: uses by distance, then those that are never found.
    /// - Returns: share of uses found by caches of 1, 2, … experts; nil without uses.
    private static func hitRates(_ distances: [UInt64]) -> [Double]? {
        let total = distances.reduce(0, +)
        guard total > 0 else { return nil }
        var hits: UInt64 = 0
        return distances.dropLast().map { count in
            hits += count
            return Double(hits) / Double(total)
        }
    }
}
