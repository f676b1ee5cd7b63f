import Foundation

/// A family of distributions over the ranks 1…n: p(r) ∝ exp(−θ·T(r)), fitted by maximum likelihood. For such an
/// exponential family that is the θ whose mean of T is the observed one.
struct RankFamily {
    let kind: PopularityLaw
    /// T of each rank.
    private let statistic: [Double]

    /// p(r) ∝ r^−θ on finitely many ranks.
    static func zipf(ranks: Int) -> RankFamily {
        RankFamily(kind: .zipf, statistic: (1...max(ranks, 1)).map { log(Double($0)) })
    }

    /// p(r) ∝ e^(−θ·(r−1)) on finitely many ranks.
    static func exponential(ranks: Int) -> RankFamily {
        RankFamily(kind: .exponential, statistic: (0..<max(ranks, 1)).map { Double($0) })
    }

    /// Beyond this the first rank has all but a vanishing share.
    static let largestParameter = 60.0

    /// The θ ≥ 0 of highest likelihood; 0 is even. nil where the first of several ranks has everything: the likelihood
    /// then grows with θ for ever.
    ///
    /// - Parameter shares: of each rank, falling, with sum 1.
    func parameter(shares: [Double]) -> Double? {
        let observed = zip(shares, statistic).reduce(0) { $0 + $1.0 * $1.1 }
        guard observed > 0 || shares.count == 1 else { return nil }
        var low = 0.0
        var high = Self.largestParameter
        var theta = 0.0
        for _ in 0..<100 {
            let (mean, variance) = moments(theta)
            if mean > observed { low = theta } else { high = theta }
            // Newton's step where it stays in the bracket, else its middle.
            let newton = variance > 0 ? theta + (mean - observed) / variance : -1
            let next = newton > low && newton < high ? newton : (low + high) / 2
            if abs(next - theta) <= 1e-10 * (1 + theta) { return next }
            theta = next
        }
        return theta
    }

    /// Logarithms (natural) of the probabilities of all ranks.
    func logProbabilities(_ theta: Double) -> [Double] {
        let logSum = log(statistic.reduce(0) { $0 + exp(-theta * $1) })
        return statistic.map { -theta * $0 - logSum }
    }

    private func moments(_ theta: Double) -> (mean: Double, variance: Double) {
        var sum = 0.0
        var first = 0.0
        var second = 0.0
        for value in statistic {
            let weight = exp(-theta * value)
            sum += weight
            first += weight * value
            second += weight * value * value
        }
        let mean = first / sum
        return (mean, second / sum - mean * mean)
    }
}

/// The discretised log-normal over ranks, p(r) ∝ exp(−a·ln r − b·ln² r): a line in log-log axes that may bend (b ≠ 0),
/// so Zipf's law is its case b = 0.
struct LogNormalRanks {
    /// ln r over its greatest value, so that both moments are between 0 and 1 and of one scale.
    private let position: [Double]
    private let greatest: Double

    init(ranks: Int) {
        let logs = (1...max(ranks, 1)).map { log(Double($0)) }
        let greatest = max(logs.last ?? 0, log(2))
        self.greatest = greatest
        position = logs.map { $0 / greatest }
    }

    /// Enough by far: the likelihood is concave, and steep loads take about ten.
    private static let mostSteps = 200

    /// Logarithms of the probabilities of highest likelihood, by Newton's method from Zipf's law, so that the fit is
    /// never worse than that. Steps are halved until they gain a fair part of what they promise (Armijo's condition):
    /// where any gain would do, steep loads leave the method stranded far from the only maximum.
    func fittedLogProbabilities(shares: [Double], zipfExponent: Double) -> [Double] {
        var place = (a: zipfExponent * greatest, b: 0.0)
        var best = logProbabilities(place.a, place.b)
        for _ in 0..<Self.mostSteps {
            let step = newtonStep(best.map(exp), shares)
            guard step.promised > 1e-15 else { return best }
            let likelihood = Self.dot(shares, best)
            let scales = sequence(first: 1.0) { $0 > 1e-12 ? $0 / 2 : nil }
            let scale = scales.first { scale in
                let candidate = logProbabilities(place.a + scale * step.a, place.b + scale * step.b)
                return Self.dot(shares, candidate) - likelihood >= 1e-4 * scale * step.promised
            }
            guard let scale else { return best }
            place = (place.a + scale * step.a, place.b + scale * step.b)
            best = logProbabilities(place.a, place.b)
        }
        return best
    }

    private func logProbabilities(_ a: Double, _ b: Double) -> [Double] {
        let exponents = position.map { -a * $0 - b * $0 * $0 }
        let greatest = exponents.max() ?? 0
        let logSum = greatest + log(exponents.reduce(0) { $0 + exp($1 - greatest) })
        return exponents.map { $0 - logSum }
    }

    /// (expected − observed) moments through the inverse of the covariance of both statistics, and what the likelihood
    /// gains per length of the step. The ridge keeps the inverse finite where they are collinear, as with two ranks.
    private func newtonStep(_ expected: [Double], _ observed: [Double]) -> (a: Double, b: Double, promised: Double) {
        var moments = [0.0, 0.0, 0.0, 0.0]
        for (share, place) in zip(expected, position) {
            var term = share
            for power in moments.indices {
                term *= place
                moments[power] += term
            }
        }
        let d1 = moments[0] - Self.dot(observed, position)
        let d2 = moments[1] - zip(observed, position).reduce(0) { $0 + $1.0 * $1.1 * $1.1 }
        var c11 = moments[1] - moments[0] * moments[0]
        let c12 = moments[2] - moments[0] * moments[1]
        var c22 = moments[3] - moments[1] * moments[1]
        let ridge = 1e-12 * (c11 + c22)
        c11 += ridge
        c22 += ridge
        let determinant = c11 * c22 - c12 * c12
        guard determinant > 0 else { return (0, 0, 0) }
        let a = (c22 * d1 - c12 * d2) / determinant
        let b = (c11 * d2 - c12 * d1) / determinant
        return (a, b, a * d1 + b * d2)
    }

    private static func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
}
