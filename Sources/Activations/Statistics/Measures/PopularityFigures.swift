import Foundation

/// A law that the loads of a layer's experts, from the busiest to the idlest, may follow.
public enum PopularityLaw: String, Sendable, Equatable, Encodable {
    case uniform, zipf, exponential
    case logNormal = "log_normal"
    /// One expert has everything: every law gets there in its limit only, so that none is fitted.
    case single
    /// None of the others is near enough.
    case none
}

/// What law the loads of a layer follow by rank, and how well. Zipf's law is tested, never assumed.
public struct PopularityFigures: Sendable, Equatable, Encodable {
    /// Exponent of Zipf's law on finitely many ranks, by maximum likelihood; nil where one expert has everything.
    public let zipfExponent: Double?
    /// Rate λ of the exponential law p(r) ∝ e^(−λ·r), by maximum likelihood; nil where one expert has everything.
    public let exponentialRate: Double?
    /// Least-squares slope (sign changed) of log load over log rank among the busier half of the experts.
    public let topHalfSlope: Double?
    /// Kolmogorov–Smirnov distance of each law from what was observed: the largest difference of shares up to a rank.
    public let distance: Distances
    /// Mean log-likelihood per assignment, Zipf less exponential, in bits: positive where Zipf's law fits better, 0
    /// where both fit alike but for rounding.
    public let zipfOverExponential: Double
    /// The same against the log-normal, which bends; never positive, near 0 where the line in log-log axes is straight.
    public let zipfOverLogNormal: Double
    /// Vuong's z of Zipf against exponential with whole requests as the unit, as tokens of one are no independent
    /// draws: beyond ±2 the preference is no accident. nil where there are fewer than three requests or
    /// the ratio does not vary between them.
    public let vuong: Double?
    /// The simplest law within a distance of `threshold`; of the two with one parameter the likelier.
    public let law: PopularityLaw

    public struct Distances: Sendable, Equatable, Encodable {
        public let uniform: Double
        public let zipf: Double
        public let exponential: Double
        public let logNormal: Double
    }

    /// The largest distance at which a law still counts as describing a layer.
    public static let threshold = 0.05

    /// Differences of log-likelihoods below this part of them are rounding, not evidence.
    private static let rounding = 1e-9

    /// nil where there is no load.
    ///
    /// - Parameters:
    ///   - loads: assignments of each expert.
    ///   - requests: the same of single requests (a sample of them), for `vuong`.
    init?(loads: [Double], requests: [[Double]]) {
        let total = loads.reduce(0, +)
        guard total > 0 else { return nil }
        let order = loads.indices.sorted { (loads[$1], $0) < (loads[$0], $1) }
        let shares = order.map { loads[$0] / total }
        let zipf = RankFamily.zipf(ranks: shares.count)
        let exponential = RankFamily.exponential(ranks: shares.count)
        zipfExponent = zipf.parameter(shares: shares)
        let steepness = zipfExponent ?? RankFamily.largestParameter
        let zipfLogs = zipf.logProbabilities(steepness)
        exponentialRate = exponential.parameter(shares: shares)
        let exponentialLogs = exponential.logProbabilities(exponentialRate ?? RankFamily.largestParameter)
        let logNormalLogs = LogNormalRanks(ranks: shares.count)
            .fittedLogProbabilities(shares: shares, zipfExponent: steepness)
        topHalfSlope = Self.topHalfSlope(shares)
        distance = Distances(
            uniform: Self.distance(shares, shares.map { _ in -log(Double(shares.count)) }),
            zipf: Self.distance(shares, zipfLogs), exponential: Self.distance(shares, exponentialLogs),
            logNormal: Self.distance(shares, logNormalLogs))
        zipfOverExponential = Self.bits(shares, zipfLogs, exponentialLogs)
        zipfOverLogNormal = min(0, Self.bits(shares, zipfLogs, logNormalLogs))
        vuong = Self.vuong(requests.map { request in order.map { request[$0] } }, zipfLogs, exponentialLogs)
        law = zipfExponent == nil ? .single : Self.simplest(distance, prefersZipf: zipfOverExponential >= 0)
    }

    private static func simplest(_ distance: Distances, prefersZipf: Bool) -> PopularityLaw {
        if distance.uniform <= threshold { return .uniform }
        let zipfFits = distance.zipf <= threshold
        let exponentialFits = distance.exponential <= threshold
        if zipfFits, prefersZipf || !exponentialFits { return .zipf }
        if exponentialFits { return .exponential }
        return distance.logNormal <= threshold ? .logNormal : .none
    }

    private static func distance(_ shares: [Double], _ logProbabilities: [Double]) -> Double {
        var observed = 0.0
        var expected = 0.0
        var largest = 0.0
        for (share, logProbability) in zip(shares, logProbabilities) {
            observed += share
            expected += exp(logProbability)
            largest = max(largest, abs(observed - expected))
        }
        return largest
    }

    private static func bits(_ shares: [Double], _ a: [Double], _ b: [Double]) -> Double {
        let (ratio, size) = logRatio(shares, a, b)
        return abs(ratio) > rounding * size ? ratio / log(2) : 0
    }

    /// Log-likelihood of `counts` under `a` less that under `b`, and the size of the terms that it is the rest of.
    private static func logRatio(_ counts: [Double], _ a: [Double], _ b: [Double]) -> (ratio: Double, size: Double) {
        counts.indices.reduce((0, 0)) { sums, rank in
            (sums.0 + counts[rank] * (a[rank] - b[rank]), sums.1 + counts[rank] * (abs(a[rank]) + abs(b[rank])))
        }
    }

    /// Sum over its standard error of the requests' log-likelihood ratios (Vuong, 1989, with clusters).
    ///
    /// - Parameter requests: assignments by rank.
    private static func vuong(_ requests: [[Double]], _ a: [Double], _ b: [Double]) -> Double? {
        guard requests.count > 2 else { return nil }
        let ratios = requests.map { logRatio($0, a, b) }
        let count = Double(ratios.count)
        let mean = ratios.reduce(0) { $0 + $1.ratio } / count
        let size = ratios.reduce(0) { $0 + $1.size } / count
        let variance = ratios.reduce(0) { $0 + ($1.ratio - mean) * ($1.ratio - mean) } / (count - 1)
        let deviation = variance.squareRoot()
        return deviation > rounding * size ? mean * count.squareRoot() / deviation : nil
    }

    private static func topHalfSlope(_ shares: [Double]) -> Double? {
        let points = shares.prefix(shares.count / 2).enumerated().filter { $0.element > 0 }
            .map { (x: log(Double($0.offset + 1)), y: log($0.element)) }
        guard points.count > 1 else { return nil }
        let count = Double(points.count)
        let meanX = points.reduce(0) { $0 + $1.x } / count
        let meanY = points.reduce(0) { $0 + $1.y } / count
        let products = points.reduce(0) { $0 + ($1.x - meanX) * ($1.y - meanY) }
        let squares = points.reduce(0) { $0 + ($1.x - meanX) * ($1.x - meanX) }
        return -products / squares
    }
}
