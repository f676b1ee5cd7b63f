import Activations
import Foundation
import Randomness
import Routing
import Synchronization
import Testing

/// An engine without a model: random micro-batches of several requests, with what a recorder should make of them.
private struct RandomTraffic {
    let shape: TraceShape
    var random: SplitMix64
    /// What each finished request's trace must hold, by id.
    var expected: [String: RequestTrace] = [:]

    private struct Running {
        let id: String
        let recording: TraceRecorder.Recording?
        let prompt: Int
        var left: Int
        var trace: RequestTrace
    }

    init(shape: TraceShape, seed: UInt64) {
        self.shape = shape
        random = SplitMix64(seed: seed)
    }

    /// Runs `count` requests, at most five at a time, through `recorder`; one pass in eight is given up.
    mutating func run(_ count: Int, through recorder: TraceRecorder, weights: Bool) {
        var running: [Running] = []
        var begun = 0
        while begun < count || !running.isEmpty {
            if begun < count, running.count < 5, Bool.random(using: &random) {
                running.append(begin("request-\(begun)", recorder))
                begun += 1
            }
            let taken = running.map { Int.random(in: 0...min($0.left, 7), using: &random) }
            let isComplete = Int.random(in: 0..<8, using: &random) > 0
            recorder.beginPass(zip(running, taken).map { ($0.recording, $1) })
            let decisions = (0..<shape.layerCount).map { _ in decision(tokens: taken.reduce(0, +)) }
            for (layer, decision) in decisions.enumerated() { recorder.routed(layer: layer, decision: decision) }
            recorder.endPass(isComplete: isComplete)
            if isComplete { advance(&running, by: taken, decisions, weights: weights) }
            for done in running where done.left == 0 {
                if let recording = done.recording {
                    recorder.finish(recording)
                    expected[done.id] = done.trace
                }
            }
            running.removeAll { $0.left == 0 }
        }
    }

    private mutating func begin(_ id: String, _ recorder: TraceRecorder) -> Running {
        let prompt = Int.random(in: 1...20, using: &random)
        let label = RequestLabel(id: id, domain: Bool.random(using: &random) ? "code" : nil, category: "c")
        return Running(
            id: id, recording: recorder.admit(label, promptTokens: prompt), prompt: prompt,
            left: prompt + Int.random(in: 0...20, using: &random),
            trace: RequestTrace(id: id, domain: label.domain, category: "c", prefillTokens: prompt, experts: []))
    }

    private mutating func decision(tokens: Int) -> RoutingDecision {
        var decision = RoutingDecision(expertCount: shape.expertCount, expertsPerToken: shape.topK)
        for _ in 0..<tokens {
            let experts = (0..<shape.expertCount).shuffled(using: &random).prefix(shape.topK)
            decision.append(experts: Array(experts), weights: experts.map { _ in Float(random.nextUnit()) })
        }
        return decision
    }

    private func advance(
        _ running: inout [Running], by taken: [Int], _ decisions: [RoutingDecision], weights: Bool
    ) {
        var row = 0
        for (index, count) in taken.enumerated() {
            for token in row..<row + count {
                for decision in decisions {
                    let choices = token * shape.topK..<(token + 1) * shape.topK
                    running[index].trace.experts += decision.experts[choices].map(UInt16.init)
                    guard weights else { continue }
                    running[index].trace.weights = (running[index].trace.weights ?? []) + decision.weights[choices]
                }
            }
            running[index].left -= count
            row += count
        }
    }
}

@Suite struct TraceRecorderTests {
    private static let shape = TraceShape(blocks: [0, 1, 3], expertCount: 12, topK: 3)

    /// A request's trace without its times, which no test can foretell.
    private func timeless(_ trace: RequestTrace) -> RequestTrace {
        var trace = trace
        trace.arrival = nil
        trace.prefillSeconds = nil
        trace.decodeSeconds = nil
        return trace
    }

    @Test(arguments: [(1, false), (2, true), (3, false), (4, true)] as [(UInt64, Bool)])
    func rowsGoToTheirRequests(seed: UInt64, weights: Bool) throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        var options = TraceRecorder.Options()
        options.recordsWeights = weights
        options.sample = seed < 3 ? 1 : 0.5
        let recorder = TraceRecorder(
            writer: try TraceWriter(folder: folder.path, shape: Self.shape), options: options,
            random: SplitMix64(seed: seed))
        var traffic = RandomTraffic(shape: Self.shape, seed: seed)
        traffic.run(60, through: recorder, weights: weights)
        let summary = recorder.close()
        let (requests, damages) = try openTrace(path: folder.path).readAll()
        #expect(damages == [])
        #expect(summary.requests == requests.count && summary.dropped == 0 && summary.failure == nil)
        #expect(requests.count == traffic.expected.count, "seed \(seed)")
        #expect(options.sample == 1 ? requests.count == 60 : (15...45).contains(requests.count), "seed \(seed)")
        for request in requests {
            let isSame = timeless(request) == traffic.expected[request.id]
            #expect(isSame, "seed \(seed), \(request.id)")
        }
        #expect(requests.allSatisfy { ($0.arrival ?? -1) >= 0 && ($0.prefillSeconds ?? -1) >= 0 })
    }

    @Test func theSameSeedSamplesTheSameRequests() throws {
        func sampled(seed: UInt64) throws -> [Bool] {
            let folder = try TemporaryFolder()
            defer { folder.remove() }
            var options = TraceRecorder.Options()
            options.sample = 0.25
            let recorder = TraceRecorder(
                writer: try TraceWriter(folder: folder.path, shape: Self.shape), options: options,
                random: SplitMix64(seed: seed))
            defer { recorder.close() }
            return (0..<400).map { _ in
                let recording = recorder.admit(RequestLabel(), promptTokens: 1)
                if let recording { recorder.finish(recording) }
                return recording != nil
            }
        }
        let first = try sampled(seed: 7)
        #expect(try first == sampled(seed: 7))
        #expect(try first != sampled(seed: 8))
        #expect((60...140).contains(first.count(where: \.self)))
    }

    /// Where memory for recordings is short, whole requests are dropped and counted.
    @Test func boundedMemory() throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        var options = TraceRecorder.Options()
        options.memoryBytes = 1500
        let recorder = TraceRecorder(
            writer: try TraceWriter(folder: folder.path, shape: Self.shape), options: options,
            random: SplitMix64(seed: 1))
        var traffic = RandomTraffic(shape: Self.shape, seed: 1)
        traffic.run(100, through: recorder, weights: false)
        let summary = recorder.close()
        #expect(summary.dropped > 0 && summary.requests > 0)
        #expect(summary.requests + summary.dropped == 100)
        let (requests, damages) = try openTrace(path: folder.path).readAll()
        #expect(damages == [] && requests.count == summary.requests)
        #expect(requests.allSatisfy { timeless($0) == traffic.expected[$0.id] })
        #expect(try TraceReader(path: folder.path).droppedRequests == summary.dropped)
    }

    /// A few requests do not fill a segment, and are too little to wake the writer for: they are written in time.
    @Test func writtenInTime() throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        var options = TraceRecorder.Options()
        options.flushSeconds = 0.2
        let recorder = TraceRecorder(
            writer: try TraceWriter(folder: folder.path, shape: Self.shape), options: options,
            random: SplitMix64(seed: 1))
        var traffic = RandomTraffic(shape: Self.shape, seed: 4)
        traffic.run(5, through: recorder, weights: false)
        let limit = ContinuousClock.now + .seconds(10)
        while (try? openTrace(path: folder.path).requestCount) != 5, ContinuousClock.now < limit { usleep(10_000) }
        #expect(try openTrace(path: folder.path).requestCount == 5)
        #expect(recorder.close().requests == 5)
    }

    @Test func budgetUsedUp() throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        var options = TraceWriter.Options()
        options.budgetBytes = 5000
        let recorder = TraceRecorder(
            writer: try TraceWriter(folder: folder.path, shape: Self.shape, options: options),
            random: SplitMix64(seed: 1))
        var traffic = RandomTraffic(shape: Self.shape, seed: 2)
        traffic.run(100, through: recorder, weights: false)
        let summary = recorder.close()
        #expect(summary.requests > 0 && summary.requests + summary.dropped == 100)
        #expect(try folder.files().reduce(0) { try $0 + folder.read($1).count } <= 5000)
        #expect(try TraceReader(path: folder.path).droppedRequests == summary.dropped)
    }

    /// The disk fails while recording: the engine goes on, the summary says why.
    @Test func failureIsReported() throws {
        let folder = try TemporaryFolder()
        let recorder = TraceRecorder(
            writer: try TraceWriter(folder: folder.path, shape: Self.shape), random: SplitMix64(seed: 1))
        folder.remove()
        var traffic = RandomTraffic(shape: Self.shape, seed: 3)
        traffic.run(10, through: recorder, weights: false)
        let summary = recorder.close()
        #expect(summary.failure?.file.hasPrefix(folder.path) == true)
        #expect(summary.requests == 0 && summary.dropped == 10)
    }

    /// A segment cannot be written, the index can: it says how many requests are missing.
    @Test func whatWasLostIsCountedOnDisk() throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let told = Atomic<Int>(0)
        var options = TraceRecorder.Options()
        options.onFailure = { _ in told.wrappingAdd(1, ordering: .relaxed) }
        let recorder = TraceRecorder(
            writer: try TraceWriter(folder: folder.path, shape: Self.shape), options: options,
            random: SplitMix64(seed: 1))
        try FileManager.default.createDirectory(
            atPath: folder.path + "/segment-00000.safetensors/x", withIntermediateDirectories: true)
        var traffic = RandomTraffic(shape: Self.shape, seed: 5)
        traffic.run(10, through: recorder, weights: false)
        let summary = recorder.close()
        #expect(summary.failure != nil && summary.dropped == 10)
        #expect(try TraceReader(path: folder.path).droppedRequests == 10)
        let calls = told.load(ordering: .relaxed)
        #expect(calls == 1)
    }

    /// A request whose tokens go through the model anew, for want of KV memory, has each of them once.
    @Test func restarted() throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let shape = TraceShape(blocks: [0], expertCount: 8, topK: 1)
        let recorder = TraceRecorder(
            writer: try TraceWriter(folder: folder.path, shape: shape), random: SplitMix64(seed: 1))
        let recording = try #require(recorder.admit(RequestLabel(id: "a"), promptTokens: 2))
        for (experts, isAnew) in [([1, 2], false), ([3], false), ([1, 2, 3], true), ([4], false)] {
            if isAnew { recorder.restart(recording) }
            var decision = RoutingDecision(expertCount: 8, expertsPerToken: 1)
            for expert in experts { decision.append(experts: [expert], weights: [1]) }
            recorder.beginPass([(recording, experts.count)])
            recorder.routed(layer: 0, decision: decision)
            recorder.endPass()
        }
        recorder.finish(recording)
        recorder.close()
        let request = try #require(try openTrace(path: folder.path).readAll().requests.first)
        #expect(request.experts == [1, 2, 3, 4] && request.prefillTokens == 2)
    }

    @Test func rowsOfOthersAreNotRecorded() throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let recorder = TraceRecorder(
            writer: try TraceWriter(folder: folder.path, shape: Self.shape), random: SplitMix64(seed: 1))
        var decision = RoutingDecision(expertCount: 12, expertsPerToken: 3)
        decision.append(experts: [1, 2, 3], weights: [1, 1, 1])
        // No pass was begun: a benchmark, say.
        recorder.routed(layer: 0, decision: decision)
        recorder.beginPass([(nil, 1)])
        recorder.routed(layer: 0, decision: decision)
        recorder.endPass()
        #expect(recorder.close().requests == 0)
    }
}
