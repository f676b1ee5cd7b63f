import Activations
import Foundation
import Testing

/// Fits of laws to loads by rank where they are steep, few or all of one expert.
@Suite struct RankLawTests {
    /// Figures of a layer in which `requests` requests have `loads` each.
    private static func figures(_ loads: [Int], requests: Int = 1) throws -> PopularityFigures {
        var trace = PlantedTrace(layers: 1, experts: loads.count, topK: 1, seed: 1)
        let ids = loads.enumerated().flatMap { [Int](repeating: $0.offset, count: $0.element) }
        for _ in 0..<requests { trace.add(tokens: ids.count) { token, _, _ in [ids[token]] } }
        return try #require(try trace.report().popularity.layers[0].figures)
    }

    /// Loads of 6,000 draws from p(r) ∝ exp(−a·ln r − b·ln² r).
    private static func drawn(_ a: Double, _ b: Double, experts: Int) -> [Int] {
        var random = PlantedTrace(layers: 1, experts: 1, topK: 1, seed: 11).random
        let logs = (1...experts).map { log(Double($0)) }
        let weights = logs.map { exp(-a * $0 - b * $0 * $0) }
        var loads = [Int](repeating: 0, count: experts)
        for _ in 0..<6000 { loads[random.place(weights)] += 1 }
        return loads
    }

    private static func logProbabilities(_ a: Double, _ b: Double, _ count: Int) -> [Double] {
        let exponents = (1...count).map { -a * log(Double($0)) - b * pow(log(Double($0)), 2) }
        let greatest = exponents.max() ?? 0
        let logSum = greatest + log(exponents.reduce(0) { $0 + exp($1 - greatest) })
        return exponents.map { $0 - logSum }
    }

    /// Where a concave function is greatest, by thirds.
    private static func greatest(_ range: ClosedRange<Double>, _ value: (Double) -> Double) -> Double {
        var (low, high) = (range.lowerBound, range.upperBound)
        for _ in 0..<90 {
            let third = (high - low) / 3
            if value(low + third) < value(high - third) { low += third } else { high -= third }
        }
        return (low + high) / 2
    }

    @Test(arguments: [
        (64, 2.8, 0), (16, 4, 0), (200, 2.2, 0), (128, 3.5, -0.4), (128, 4.5, -0.5), (128, 1, 0.6), (32, 0.5, 0.1),
    ]) func theLogNormalFitIsTheLikeliest(experts: Int, a: Double, b: Double) throws {
        let loads = Self.drawn(a, b, experts: experts)
        let shares = loads.sorted(by: >).map { Double($0) / 6000 }
        func likelihood(_ a: Double, _ b: Double) -> Double {
            zip(shares, Self.logProbabilities(a, b, experts)).reduce(0) { $0 + $1.0 * $1.1 }
        }
        func steepest(_ b: Double) -> Double { Self.greatest(-30...30) { likelihood($0, b) } }
        let bend = Self.greatest(-3...3) { likelihood(steepest($0), $0) }
        let best = Self.logProbabilities(steepest(bend), bend, experts)
        let zipf = steepest(0)
        let ratio = (likelihood(zipf, 0) - likelihood(steepest(bend), bend)) / log(2)

        let figures = try Self.figures(loads)
        #expect(abs(figures.zipfOverLogNormal - ratio) < 1e-6 && figures.zipfOverLogNormal <= 0)
        var gap = 0.0
        var distance = 0.0
        for (share, logProbability) in zip(shares, best) {
            gap += share - exp(logProbability)
            distance = max(distance, abs(gap))
        }
        #expect(abs(figures.distance.logNormal - distance) < 1e-4)
        #expect(figures.law != .none)
    }

    @Test func twoExpertsAreFittedExactlyByEveryLaw() throws {
        let figures = try Self.figures([70, 30], requests: 5)
        #expect(figures.distance.zipf < 1e-6 && figures.distance.logNormal < 1e-6)
        #expect(figures.zipfOverLogNormal == 0 && figures.zipfOverExponential == 0)
        #expect(figures.law == .zipf)
    }

    @Test func noPreferenceIsMadeOfRounding() throws {
        #expect(try Self.figures([28, 17, 13, 9, 5, 4, 3, 1], requests: 7).vuong == nil)
        var trace = PlantedTrace(layers: 1, experts: 2, topK: 1, seed: 12)
        for _ in 0..<10 { trace.add(tokens: 40) { _, _, random in [random.place([0.7, 0.3])] } }
        #expect(try #require(try trace.report().popularity.layers[0].figures).vuong == nil)
    }

    @Test func oneExpertWithEverythingFollowsNoLaw() throws {
        var trace = PlantedTrace(layers: 2, experts: 16, topK: 1, seed: 13)
        for _ in 0..<10 { trace.add(tokens: 40) { _, layer, random in [layer == 0 ? 5 : random.place([4, 2, 1])] } }
        let report = try trace.report()
        let figures = try #require(report.popularity.layers[0].figures)
        #expect(figures.law == .single && figures.zipfExponent == nil && figures.exponentialRate == nil)
        #expect(figures.vuong == nil && report.popularity.lawCounts["single"] == 1)
        // The other layer's alone.
        let other = report.popularity.layers[1].figures?.zipfExponent
        #expect(report.popularity.zipfExponent?.maximum == other)
        let interval = try #require(report.stability?.intervals.first { $0.figure == "zipf_exponent" })
        #expect(abs(interval.value - (try #require(other))) < 1e-5)
        #expect(report.findings.contains { $0.contains("one expert has everything (1)") })
    }
}
