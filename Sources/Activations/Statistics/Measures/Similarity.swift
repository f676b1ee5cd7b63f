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

extension CorrelationSums {
    /// Pearson of two lists of counts of one request, in whole numbers so that the compiler can use vectors. nil where
    /// one of them does not vary.
    static func pearson(_ a: ArraySlice<UInt32>, _ b: ArraySlice<UInt32>) -> Double? {
        let count = min(a.count, b.count)
        var x: UInt64 = 0, y: UInt64 = 0, xx: UInt64 = 0, yy: UInt64 = 0, xy: UInt64 = 0
        a.withUnsafeBufferPointer { a in
            b.withUnsafeBufferPointer { b in
                for index in 0..<count {
                    let p = UInt64(a[index])
                    let q = UInt64(b[index])
                    x &+= p
                    y &+= q
                    xx &+= p &* p
                    yy &+= q &* q
                    xy &+= p &* q
                }
            }
        }
        // Squares of sums below 2³¹ fit.
        guard max(x, y) < 1 << 31 else { return nil }
        return CorrelationSums(
            count: Double(count), x: Double(x), y: Double(y), xx: Double(xx), yy: Double(yy), xy: Double(xy)
        ).pearson
    }
}

/// Mean and deviation of values that come one by one (Welford, 1962).
struct RunningMean {
    private(set) var count = 0
    private(set) var mean = 0.0
    private var squares = 0.0

    mutating func add(_ value: Double) {
        count += 1
        let before = value - mean
        mean += before / Double(count)
        squares += before * (value - mean)
    }

    /// Of the sample; 0 for fewer than two values.
    var deviation: Double { count > 1 ? (squares / Double(count - 1)).squareRoot() : 0 }
}

/// The sums that a correlation needs, taken in one pass.
struct CorrelationSums {
    fileprivate var count = 0.0
    fileprivate var x = 0.0
    fileprivate var y = 0.0
    fileprivate var xx = 0.0
    fileprivate var yy = 0.0
    fileprivate var xy = 0.0

    mutating func add(_ a: Double, _ b: Double) {
        count += 1
        x += a
        y += b
        xx += a * a
        yy += b * b
        xy += a * b
    }

    /// nil where one side does not vary. Counts are whole numbers far below 2⁵³ so that the sums are exact enough.
    var pearson: Double? {
        let varianceX = count * xx - x * x
        let varianceY = count * yy - y * y
        guard varianceX > 0, varianceY > 0 else { return nil }
        return (count * xy - x * y) / (varianceX.squareRoot() * varianceY.squareRoot())
    }
}
