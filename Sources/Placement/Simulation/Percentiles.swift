/// Percentiles of a sample, by the nearest rank.
public struct Percentiles: Sendable, Equatable, Encodable {
    public let count: Int
    public let p50: Double
    public let p95: Double
    public let p99: Double

    /// - Parameter values: with weights (how often each counts); nil if there are none.
    public init?(_ values: [(value: Double, weight: Int)]) {
        let sorted = values.filter { $0.weight > 0 }.sorted { $0.value < $1.value }
        let total = sorted.reduce(0) { $0 + $1.weight }
        guard total > 0 else { return nil }
        func percentile(_ share: Double) -> Double {
            var left = Int((share * Double(total)).rounded(.up))
            for (value, weight) in sorted {
                left -= weight
                if left <= 0 { return value }
            }
            return sorted[sorted.count - 1].value
        }
        count = total
        (p50, p95, p99) = (percentile(0.5), percentile(0.95), percentile(0.99))
    }

    public init?(_ values: [Double]) { self.init(values.map { (value: $0, weight: 1) }) }
}
