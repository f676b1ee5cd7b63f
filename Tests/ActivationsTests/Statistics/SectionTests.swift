import Activations
import Foundation
import Randomness
import Testing

/// Each section of a report on traces with that structure, and on traces without it.
@Suite struct SectionTests {
    @Test func lawsAreFoundAndNotAssumed() throws {
        let ranks = (0..<40).map(Double.init)
        let laws: [(PopularityLaw, [Double])] = [
            (.zipf, ranks.map { pow($0 + 1, -1.2) }), (.exponential, ranks.map { exp(-0.15 * $0) }),
            (.uniform, ranks.map { _ in 1 }), (.none, ranks.map { $0 < 20 ? 1 : 0.02 }),
        ]
        for (law, weights) in laws {
            var trace = PlantedTrace(layers: 1, experts: 40, topK: 1, seed: 3)
            for _ in 0..<60 { trace.add(tokens: 200) { _, _, random in [random.place(weights)] } }
            let figures = try #require(try trace.report().popularity.layers[0].figures)
            #expect(figures.law == law, "\(figures)")
            if law == .zipf {
                #expect(abs(try #require(figures.zipfExponent) - 1.2) < 0.03)
                #expect(try #require(figures.vuong) > 2)
            }
        }
    }

    @Test func domainsWithExpertsOfTheirOwnAreApart() throws {
        var trace = PlantedTrace(layers: 2, experts: 8, topK: 2, seed: 4)
        for index in 0..<40 {
            trace.add(domain: ["left", "right"][index % 2], tokens: 20) { _, _, random in
                random.distinct(2, below: 4).map { $0 + 4 * (index % 2) }
            }
        }
        let domains = try #require(try trace.report().domains)
        #expect(domains.mean.between == 1 && domains.mean.cosine[0][1] == 0)
        #expect(try #require(domains.mean.within) < 0.02)
    }

    @Test func prefillTellsDecodeOnlyWhereRequestsDiffer() throws {
        var own = PlantedTrace(layers: 2, experts: 16, topK: 2, seed: 5)
        var common = own
        for _ in 0..<40 {
            let start = Int(own.random.next() % 8)
            own.add(prefill: 30, tokens: 60) { _, _, random in random.distinct(2, below: 8).map { $0 + start } }
            common.add(prefill: 30, tokens: 60) { _, _, random in random.distinct(2, below: 8) }
        }
        let mine = try #require(try own.report().phases?.mean)
        #expect(try #require(mine.matched) > (try #require(mine.mismatched)) + 0.3)
        let shared = try #require(try common.report().phases?.mean)
        #expect(abs(try #require(shared.matched) - (try #require(shared.mismatched))) < 0.05)
        #expect(try #require(shared.pooled) > 0.95)
    }

    @Test func pairsThatGoTogetherAreListedFirst() throws {
        var trace = PlantedTrace(layers: 1, experts: 12, topK: 2, seed: 6)
        for _ in 0..<50 {
            trace.add(tokens: 40) { _, _, random in
                random.nextUnit() < 0.2 ? [3, 7] : random.distinct(2, below: 12)
            }
        }
        let section = try #require(try trace.report().coactivation)
        #expect(section.pairs[0].first == 3 && section.pairs[0].second == 7 && section.pairs[0].lift > 2)
        #expect(section.layers[0].lift?[3][7] == section.layers[0].lift?[7][3])
        #expect(section.layers[0].bits > 0.2)
    }

    @Test func theNextLayerIsKnownWhereItFollows() throws {
        var follows = PlantedTrace(layers: 2, experts: 10, topK: 1, seed: 7)
        var independent = follows
        for _ in 0..<40 {
            var last = 0
            follows.add(tokens: 50) { _, layer, random in
                last = layer == 0 ? Int(random.next() % 10) : (last * 3 + 1) % 10
                return [last]
            }
            independent.add(tokens: 50) { _, _, random in [Int(random.next() % 10)] }
        }
        let known = try #require(try follows.report().transitions)
        #expect(known.meanCoverage?[1] == 1 && (known.layers[0].explained ?? 0) > 0.98)
        let unknown = try #require(try independent.report().transitions)
        #expect(abs((unknown.meanCoverage?[2] ?? 0) - 0.2) < 0.05 && (unknown.meanMutualInformation ?? 1) < 0.02)
    }

    @Test func stepsThatNoTokenTakesTellNothing() throws {
        var trace = PlantedTrace(layers: 4, experts: 8, topK: 1, seed: 10)
        let none = Int(RequestTrace.noExpert)
        for _ in 0..<20 {
            var last = 0
            trace.add(prefill: 30, tokens: 60) { token, layer, random in
                guard (token < 30) == (layer < 2) else { return [none] }
                last = layer % 2 == 0 ? Int(random.next() % 8) : (last + 3) % 8
                return [last]
            }
        }
        let transitions = try #require(try trace.report().transitions)
        #expect(transitions.layers[1].mutualInformation == nil && transitions.layers[1].explained == nil)
        #expect(try #require(transitions.meanMutualInformation) > 2.8)
    }

    @Test(arguments: [true, false]) func driftIsToldFromChance(drifts: Bool) throws {
        var trace = PlantedTrace(layers: 2, experts: 8, topK: 1, seed: 8)
        for index in 0..<120 {
            let shift = drifts && index >= 60 ? 2 : 0
            trace.add(tokens: 20) { _, _, random in [(Int(random.next() % 5) + shift) % 8] }
        }
        let drift = try #require(try trace.report().drift)
        #expect((24...48).contains(drift.windows.count))
        let test = try #require(drift.test)
        #expect(drifts ? test.pValue == 0.01 : test.pValue > 0.05)
        #expect(drifts == (try #require(drift.trend) > 0.1))
        let finding = drifts ? "Loads change along the trace" : "No drift is seen"
        #expect(try trace.report().findings.contains { $0.hasPrefix(finding) })
    }

    @Test(arguments: [4, 5, 6, 7, 8]) func fewRequestsCannotTellDrift(requests: Int) throws {
        var trace = PlantedTrace(layers: 1, experts: 8, topK: 1, seed: 15)
        for index in 0..<requests {
            trace.add(tokens: 100) { _, _, random in [Int(random.next() % 4) + (2 * index < requests ? 0 : 4)] }
        }
        let report = try trace.report()
        let test = try #require(report.drift?.test)
        // 3, 10 and 15 different splits; 105 and more are beyond what 99 orders tell.
        let least = [1.0 / 3, 1.0 / 10, 1.0 / 15, 0.01, 0.01][requests - 4]
        #expect(abs(test.leastPValue - least) < 1e-9)
        let few = report.findings.contains { $0.hasPrefix("\(requests) requests are too few to tell drift") }
        #expect(few == (requests < 7), "\(report.findings)")
    }

    @Test(arguments: [10, 30]) func theTrendIsFromTheFirstWindowToTheLast(requests: Int) throws {
        var trace = PlantedTrace(layers: 1, experts: 2, topK: 1, seed: 16)
        for index in 0..<requests {
            trace.add(tokens: 400) { token, _, _ in [token < 10 * index ? 1 : 0] }
        }
        let drift = try #require(try trace.report().drift)
        #expect(drift.windows.count == requests && drift.requestsPerWindow == 1)
        let points = try drift.windows.indices.dropFirst().map {
            (x: Double($0), y: try #require(drift.windows[$0].fromFirst))
        }
        let middle = Double(requests) / 2
        let slope = points.reduce(0) { $0 + ($1.x - middle) * $1.y } / points.reduce(0) { $0 + pow($1.x - middle, 2) }
        #expect(abs(try #require(drift.trend) - slope * Double(requests - 1)) < 1e-4)
    }

    @Test func alikeRequestsNeedNoMoreThanTwo() throws {
        var same = PlantedTrace(layers: 1, experts: 4, topK: 1, seed: 9)
        var apart = same
        for index in 0..<60 {
            same.add(tokens: 8) { token, _, _ in [token % 8 < 5 ? 0 : token % 4] }
            apart.add(tokens: 8) { _, _, _ in [index % 3] }
        }
        let known = try #require(try same.report().stability)
        #expect(known.enough == 2 && known.intervals.allSatisfy { abs($0.high - $0.low) < 1e-9 && abs($0.bias) < 1e-9 })
        let unsure = try #require(try apart.report().stability)
        let interval = unsure.intervals[0]
        #expect(interval.high - interval.low > 0.1 && interval.bias > 0 && interval.low <= interval.value + 0.2)
        #expect(unsure.curve.map(\.requests) == [2, 5, 10, 20, 50, 60])
        #expect(unsure.curve[0].divergence.median > unsure.curve[5].divergence.median)
    }
}
