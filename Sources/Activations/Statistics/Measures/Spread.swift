/// Where a figure lies over layers, requests or replicates.
public struct Spread: Sendable, Equatable, Encodable {
    public let minimum: Double
    public let median: Double
    public let mean: Double
    public let maximum: Double

    /// nil for no values.
    public init?(_ values: [Double]) {
        guard let least = values.min(), let greatest = values.max() else { return nil }
        minimum = least
        median = Spread.quantile(0.5, ascending: values.sorted())
        mean = values.reduce(0, +) / Double(values.count)
        maximum = greatest
    }

    /// Linear interpolation between order statistics (definition 7 of Hyndman and Fan, 1996).
    ///
    /// - Parameter values: at least one.
    static func quantile(_ share: Double, ascending values: [Double]) -> Double {
        precondition(!values.isEmpty, "no values have no quantile")
        let position = share * Double(values.count - 1)
        let below = min(max(Int(position), 0), values.count - 1)
        let above = min(below + 1, values.count - 1)
        return values[below] + (position - Double(below)) * (values[above] - values[below])
    }
}

extension Double {
    /// Five digits after the point: more would only make matrices of figures longer.
    var inReport: Double { (self * 1e5).rounded() / 1e5 }
}

extension Sequence<Double?> {
    /// Mean of the values that there are; nil for none.
    var knownMean: Double? {
        var mean = RunningMean()
        for case let value? in self { mean.add(value) }
        return mean.count > 0 ? mean.mean : nil
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
