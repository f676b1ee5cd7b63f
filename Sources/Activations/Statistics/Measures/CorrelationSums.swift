/// The sums that a correlation needs, taken in one pass.
struct CorrelationSums {
    private var count = 0.0
    private var x = 0.0
    private var y = 0.0
    private var xx = 0.0
    private var yy = 0.0
    private var xy = 0.0

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

extension CorrelationSums {
    /// Pearson of two lists of counts of one request, in whole numbers so that the compiler can use vectors. nil where
    /// one of them does not vary.
    static func pearson(_ a: UnsafeBufferPointer<UInt32>, _ b: UnsafeBufferPointer<UInt32>) -> Double? {
        var x: UInt64 = 0, y: UInt64 = 0, xx: UInt64 = 0, yy: UInt64 = 0, xy: UInt64 = 0
        let count = min(a.count, b.count)
        for index in 0..<count {
            let p = UInt64(a[index])
            let q = UInt64(b[index])
            x &+= p
            y &+= q
            xx &+= p &* p
            yy &+= q &* q
            xy &+= p &* q
        }
        // Squares of sums below 2³¹ fit.
        guard max(x, y) < 1 << 31 else { return nil }
        return CorrelationSums(
            count: Double(count), x: Double(x), y: Double(y), xx: Double(xx), yy: Double(yy), xy: Double(xy)
        ).pearson
    }

    static func pearson(_ a: ArraySlice<UInt32>, _ b: ArraySlice<UInt32>) -> Double? {
        a.withUnsafeBufferPointer { a in b.withUnsafeBufferPointer { b in pearson(a, b) } }
    }
}
