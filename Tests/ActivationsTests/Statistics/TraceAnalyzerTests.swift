import Activations
import Foundation
import Randomness
import Tensors
import Testing

@Suite struct TraceAnalyzerTests {
    private static func random(seed: UInt64, requests: Int = 40) -> PlantedTrace {
        var trace = PlantedTrace(layers: 3, experts: 12, topK: 3, seed: seed)
        for index in 0..<requests {
            let tokens = 5 + index % 7
            trace.add(domain: "d\(index % 3)", prefill: tokens / 2, tokens: tokens) { $2.distinct(3, below: 12) }
        }
        return trace
    }

    @Test(arguments: [1, 2, 3] as [UInt64]) func countsEveryAssignmentOfBothPhases(seed: UInt64) throws {
        let trace = Self.random(seed: seed)
        var prefill = [[UInt64]](repeating: [UInt64](repeating: 0, count: 12), count: 3)
        var decode = prefill
        for request in trace.requests {
            for (place, id) in request.experts.enumerated() {
                if place / 9 < request.prefillTokens {
                    prefill[place / 3 % 3][Int(id)] += 1
                } else {
                    decode[place / 3 % 3][Int(id)] += 1
                }
            }
        }
        let report = try trace.report()
        #expect(report.load.layers.map(\.prefill) == prefill, "seed \(seed)")
        #expect(report.load.layers.map(\.decode) == decode, "seed \(seed)")
        #expect(report.trace.domains.map(\.requests) == [14, 13, 13])
    }

    @Test func figuresDoNotDependOnThreads() throws {
        let trace = Self.random(seed: 9, requests: 120)
        var options = AnalysisOptions()
        options.pairUpdates = 2000
        options.cacheSteps = 3000
        options.keptRequests = 30
        let one = try trace.report(options, threads: 1).json()
        #expect(try trace.report(options, threads: 3).json() == one)
        options.seed = 2
        #expect(try trace.report(options, threads: 1).json() != one)
    }

    @Test func samplesKeepToTheirBudgets() throws {
        let trace = Self.random(seed: 5, requests: 2000)
        var options = AnalysisOptions()
        options.pairUpdates = 9 * 4 * 1000
        options.cacheSteps = 9 * 12 * 2000
        options.keptRequests = 50
        let report = try trace.report(options)
        #expect((850...1150).contains(report.sampling.pairTokens))
        #expect((1500...2500).contains(report.sampling.cacheTokens))
        #expect(report.sampling.keptRequests == 50)
        #expect(report.coactivation?.tokens == report.sampling.pairTokens)
    }

    @Test func strangeRequestsAreCountedAndPassedOver() throws {
        var trace = PlantedTrace(layers: 2, experts: 4, topK: 2, seed: 1)
        trace.requests = [
            RequestTrace(id: "ids", prefillTokens: 1, experts: [0, 1, 4, 65534, RequestTrace.noExpert, 2, 3, 3]),
            RequestTrace(id: "half a row", prefillTokens: 99, experts: [0, 1, 2, 3, 1, 1]),
            RequestTrace(id: "negative", prefillTokens: -5, experts: [0, 1, 2, 3]),
            RequestTrace(id: "empty", prefillTokens: 0, experts: []),
        ]
        let report = try trace.report()
        #expect(report.trace.invalidIds == 2 && report.trace.unassigned == 1)
        #expect(report.trace.requests == 3 && report.trace.tokens == 4 && report.trace.prefillTokens == 2)
        #expect(report.trace.warnings.count == 1)
        #expect(report.load.layers.map { $0.prefill + $0.decode }.joined().reduce(0, +) == 13)
        _ = try report.json()
    }

    @Test func anEmptyTraceHasAReport() throws {
        let report = try PlantedTrace(layers: 2, experts: 4, topK: 2, seed: 1).report()
        #expect(report.trace.requests == 0 && report.load.maxOverMean == nil && report.findings.isEmpty)
        #expect(report.stability == nil && report.domains == nil && report.workingSet == nil)
        _ = try report.json()
    }

    @Test func impossibleShapesAreRefused() {
        let pool = ComputePool(threads: 1)
        for (layers, experts, topK) in [(0, 4, 1), (1, 0, 1), (1, 4, 0), (1, 65535, 1), (1000, 60000, 1)] {
            let shape = TraceShape(blocks: Array(0..<layers), expertCount: experts, topK: topK)
            #expect(throws: AnalysisError.self) { try TraceAnalyzer(shape: shape, expectedTokens: 1, pool: pool) }
        }
    }

    @Test func domainsBeyondTheLimitCountInTheSumsOnly() throws {
        var trace = PlantedTrace(layers: 1, experts: 4, topK: 1, seed: 1)
        for index in 0..<10 { trace.add(domain: "d\(index)", tokens: 3) { token, _, _ in [token % 4] } }
        var options = AnalysisOptions()
        options.domains = 4
        let report = try trace.report(options)
        #expect(report.trace.domains.count == 4 && report.domains?.names.count == 4)
        #expect(report.trace.tokens == 30 && report.trace.warnings.count == 1)
    }
}
