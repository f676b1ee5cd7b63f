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
    private static let largestParameter = 60.0

    /// The θ ≥ 0 of highest likelihood; 0 is even.
    ///
    /// - Parameter shares: of each rank, falling, with sum 1.
    func parameter(shares: [Double]) -> Double {
        let observed = zip(shares, statistic).reduce(0) { $0 + $1.0 * $1.1 }
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
    private let first: [Double]

    init(ranks: Int) { first = (1...max(ranks, 1)).map { log(Double($0)) } }

    /// Logarithms of the probabilities of highest likelihood, by Newton's method with halved steps: the likelihood is
    /// concave, so that it is the only maximum.
    func fittedLogProbabilities(shares: [Double]) -> [Double] {
        var a = 0.0
        var b = 0.0
        var best = logProbabilities(a, b)
        var likelihood = Self.dot(shares, best)
        for _ in 0..<200 {
            let step = newtonStep(best.map(exp), shares)
            var scale = 1.0
            while scale > 1e-6 {
                let candidate = logProbabilities(a + scale * step.a, b + scale * step.b)
                let gained = Self.dot(shares, candidate) - likelihood
                if gained > 0 {
                    (a, b) = (a + scale * step.a, b + scale * step.b)
                    best = candidate
                    likelihood += gained
                    if gained < 1e-13 { return best }
                    break
                }
                scale /= 2
            }
            if scale <= 1e-6 { return best }
        }
        return best
    }

    private func logProbabilities(_ a: Double, _ b: Double) -> [Double] {
        let exponents = first.map { -a * $0 - b * $0 * $0 }
        let greatest = exponents.max() ?? 0
        let logSum = greatest + log(exponents.reduce(0) { $0 + exp($1 - greatest) })
        return exponents.map { $0 - logSum }
    }

    /// (observed − expected) moments through the inverse of the covariance of (ln r, ln² r).
    private func newtonStep(_ expected: [Double], _ observed: [Double]) -> (a: Double, b: Double) {
        var m1 = 0.0, m2 = 0.0, m3 = 0.0, m4 = 0.0, o1 = 0.0, o2 = 0.0
        for (index, value) in first.enumerated() {
            let p = expected[index]
            let square = value * value
            m1 += p * value
            m2 += p * square
            m3 += p * square * value
            m4 += p * square * square
            o1 += observed[index] * value
            o2 += observed[index] * square
        }
        let c11 = m2 - m1 * m1
        let c12 = m3 - m1 * m2
        let c22 = m4 - m2 * m2
        let determinant = c11 * c22 - c12 * c12
        guard determinant > 1e-300 else { return (0, 0) }
        let d1 = m1 - o1
        let d2 = m2 - o2
        return ((c22 * d1 - c12 * d2) / determinant, (c11 * d2 - c12 * d1) / determinant)
    }

    private static func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
}
