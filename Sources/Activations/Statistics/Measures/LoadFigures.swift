import Foundation

/// How evenly the assignments of a layer fall on its experts.
public struct LoadFigures: Sendable, Equatable, Encodable {
    /// Load of the busiest expert over the mean load: 1 is even, the number of experts is the worst.
    public let maxOverMean: Double
    /// Standard deviation (of the whole population) over the mean.
    public let coefficientOfVariation: Double
    /// 0 is even; towards 1 where one expert has everything.
    public let gini: Double
    /// Shannon entropy over the logarithm of the number of experts: 1 is even, 0 is one expert.
    public let entropy: Double
    /// Experts without a single assignment.
    public let deadExperts: Int

    /// nil where there is no load at all, so that nothing can be said about its shape.
    ///
    /// - Parameter loads: assignments of each expert, not negative.
    public init?(loads: [Double]) {
        let total = loads.reduce(0, +)
        guard total > 0 else { return nil }
        let count = Double(loads.count)
        let mean = total / count
        var busiest = 0.0
        var squares = 0.0
        var information = 0.0
        var dead = 0
        for load in loads {
            busiest = max(busiest, load)
            squares += (load - mean) * (load - mean)
            if load > 0 { information -= load / total * log(load / total) } else { dead += 1 }
        }
        maxOverMean = busiest / mean
        coefficientOfVariation = (squares / count).squareRoot() / mean
        gini = Self.gini(ascending: loads.sorted(), total: total)
        entropy = loads.count > 1 ? max(0, information / log(count)) : 1
        deadExperts = dead
    }

    /// Half the mean absolute difference of two experts over the mean: Σ (2i − n − 1)·xᵢ / (n·Σx) with x ascending.
    private static func gini(ascending loads: [Double], total: Double) -> Double {
        let count = Double(loads.count)
        var sum = 0.0
        for (index, load) in loads.enumerated() { sum += (2 * Double(index + 1) - count - 1) * load }
        return max(0, sum / (count * total))
    }
}
