import Foundation

/// How alike two loads over the same experts are.
enum Similarity {
    /// Cosine of the angle between two loads; nil where one is empty.
    static func cosine(_ a: [Double], _ b: [Double]) -> Double? {
        let norms = norm(a) * norm(b)
        guard norms > 0 else { return nil }
        return min(1, zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } / norms)
    }

    private static func norm(_ load: [Double]) -> Double { load.reduce(0) { $0 + $1 * $1 }.squareRoot() }

    /// Jensen–Shannon divergence of the two distributions in bits (Lin, 1991): 0 is the same, 1 is disjoint; nil where
    /// one is empty.
    static func jensenShannon(_ a: [Double], _ b: [Double]) -> Double? {
        let totalA = a.reduce(0, +)
        let totalB = b.reduce(0, +)
        guard totalA > 0, totalB > 0 else { return nil }
        var sum = 0.0
        for (x, y) in zip(a, b) {
            let p = x / totalA
            let q = y / totalB
            let middle = (p + q) / 2
            if p > 0 { sum += p / 2 * log2(p / middle) }
            if q > 0 { sum += q / 2 * log2(q / middle) }
        }
        return min(max(sum, 0), 1)
    }

    /// Pearson's correlation; nil where one of them does not vary.
    static func pearson(_ a: [Double], _ b: [Double]) -> Double? {
        var sums = CorrelationSums()
        for (x, y) in zip(a, b) { sums.add(x, y) }
        return sums.pearson
    }
}
