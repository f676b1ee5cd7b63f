import Foundation
import Randomness

/// Whether loads change along the trace. Requests are taken in the trace's order, in windows of equal numbers of them.
public struct DriftSection: Sendable, Equatable, Encodable {
    /// Mean Jensen–Shannon divergences over the layers, in bits.
    public struct Window: Sendable, Equatable, Encodable {
        /// Index of its first request.
        public let firstRequest: Int
        /// From the load of the whole trace.
        public let fromAll: Double?
        /// From the first window.
        public let fromFirst: Double?
        /// From the window before.
        public let fromPrevious: Double?
    }

    /// Windows in the trace's order against windows of requests in random order, both of the kept requests.
    public struct OrderTest: Sendable, Equatable, Encodable {
        public let requests: Int
        public let windows: Int
        /// Mean divergence of a window from all of them, in the trace's order.
        public let observed: Double
        /// The same in random orders: what so few requests in a window differ by chance.
        public let shuffled: Double
        /// Share of random orders that differ at least as much; with 99 of them never below 0.01.
        public let pValue: Double
        /// The least that p can be with so few requests: orders that put the same requests together differ alike.
        public let leastPValue: Double

        static let significance = 0.05

        /// Whether any drift could be told from chance.
        var canTell: Bool { leastPValue <= Self.significance }
    }

    public let requestsPerWindow: Int
    public let windows: [Window]
    /// Least-squares slope of `fromFirst` (of all windows but the first), in bits from the first window to the last:
    /// positive where loads move away for good.
    public let trend: Double?
    public let test: OrderTest?

    private static let orders = 99
    private static let testWindows = 8

    init?(_ evidence: Evidence, requestsPerWindow: Int) {
        guard evidence.requests >= 4, let rows = evidence.layers.first?.windows.rows else { return nil }
        self.requestsPerWindow = requestsPerWindow
        let perLayer = evidence.perLayer { Self.divergences($0, rows: rows) }
        windows = (0..<rows).map { row in
            Window(
                firstRequest: row * requestsPerWindow, fromAll: perLayer.map { $0[row].all }.knownMean,
                fromFirst: perLayer.map { $0[row].first }.knownMean,
                fromPrevious: row == 0 ? nil : perLayer.map { $0[row].previous }.knownMean)
        }
        trend = Self.trend(windows.map(\.fromFirst))
        test = Self.test(evidence)
    }

    private typealias Divergences = (all: Double?, first: Double?, previous: Double?)

    private static func divergences(_ layer: LayerAccumulator, rows: Int) -> [Divergences] {
        let loads = (0..<rows).map { layer.windows.row($0) }
        let all = Evidence.loads(layer)
        return loads.indices.map { row in
            (
                Similarity.jensenShannon(loads[row], all), Similarity.jensenShannon(loads[row], loads[0]),
                Similarity.jensenShannon(loads[row], loads[max(row - 1, 0)])
            )
        }
    }

    /// Change over the whole length of a curve, whose first point, a window's divergence from itself, tells nothing.
    private static func trend(_ curve: [Double?]) -> Double? {
        let points = curve.enumerated().dropFirst().compactMap { index, value in value.map { (Double(index), $0) } }
        guard points.count > 2 else { return nil }
        let count = Double(points.count)
        let meanX = points.reduce(0) { $0 + $1.0 } / count
        let meanY = points.reduce(0) { $0 + $1.1 } / count
        let products = points.reduce(0) { $0 + ($1.0 - meanX) * ($1.1 - meanY) }
        let squares = points.reduce(0) { $0 + ($1.0 - meanX) * ($1.0 - meanX) }
        return (products / squares * Double(curve.count - 1)).inReport
    }

    private static func test(_ evidence: Evidence) -> OrderTest? {
        let slots = evidence.kept.indices.sorted { evidence.kept[$0].order < evidence.kept[$1].order }
        guard slots.count >= 4 else { return nil }
        let windows = min(testWindows, slots.count / 2)
        var random = SplitMix64(seed: evidence.options.seed &+ 2)
        let sequences = [slots] + (0..<orders).map { _ in slots.shuffled(using: &random) }
        let perLayer = evidence.perLayer { layer in
            let counts = ReplicateCounts(layer.kept)
            return sequences.map { counts.divergenceOfWindows(windows, order: $0) }
        }
        let statistics = sequences.indices.map { index in
            perLayer.reduce(0) { $0 + $1[index] } / Double(perLayer.count)
        }
        let shuffled = statistics.dropFirst()
        let asLarge = shuffled.filter { $0 >= statistics[0] - 1e-12 }.count
        return OrderTest(
            requests: slots.count, windows: windows, observed: statistics[0].inReport,
            shuffled: (shuffled.reduce(0, +) / Double(orders)).inReport,
            pValue: Double(asLarge + 1) / Double(orders + 1),
            leastPValue: max(1 / Double(orders + 1), shareOfAlikeOrders(slots.count, windows: windows)))
    }

    /// Share of all orders that put the same requests together, whatever the order within windows and of windows.
    private static func shareOfAlikeOrders(_ requests: Int, windows: Int) -> Double {
        let sizes = (0..<windows).map { ($0 + 1) * requests / windows - $0 * requests / windows }
        let alike = Dictionary(grouping: sizes) { $0 }.values.map(\.count)
        func logFactorial(_ count: Int) -> Double { lgamma(Double(count) + 1) }
        return exp((sizes + alike).reduce(-logFactorial(requests)) { $0 + logFactorial($1) })
    }
}
