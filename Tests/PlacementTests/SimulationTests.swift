import Activations
import Placement
import Randomness
import Testing

@Suite struct SimulationTests {
    /// Requests of two kinds: even ones use experts 0 to 3, odd ones 4 to 7; three tokens of prompt, then the answer.
    static func trace(requests: Int = 12, answer: ClosedRange<Int> = 4...12, seed: UInt64 = 5) -> ReplayTrace {
        var random = SplitMix64(seed: seed)
        let shape = TraceShape(blocks: [1, 4], expertCount: 8, topK: 2)
        let made = (0..<requests).map { index in
            let tokens = 3 + answer.lowerBound + Int(random.next() % UInt64(answer.count))
            let experts = (0..<tokens * shape.layerCount).flatMap { _ in
                (0..<4).map { UInt16($0 + index % 2 * 4) }.shuffled(using: &random).prefix(2)
            }
            return RequestTrace(
                id: "r\(index)", domain: index.isMultiple(of: 2) ? "even" : "odd", prefillTokens: 3, experts: experts)
        }
        return ReplayTrace(shape: shape, requests: made)
    }

    /// Two nodes of two devices. Linear: node 0 has experts 0 to 3. With groups, labels choose the node.
    static func plan(nodes: Int = 2, grouped: Bool = false, swapped: Bool = false, copies: Int = 1) throws
        -> PlacementPlan
    {
        let layers = [1, 4].map { block in
            ExpertLayout(
                block: block,
                devices: (0..<nodes * 2).map { device in
                    let slots = 8 / (nodes * 2)
                    return (0..<slots * copies).map { (device * slots + $0 + (swapped ? 4 : 0)) % 8 }
                })
        }
        let groups = GroupingModel(
            prices: [0, 0], cold: [0, 0], labels: ["==even": [-1, 1], "==odd": [1, -1]], band: 0.3)
        return try PlacementPlan(nodes: nodes, devicesPerNode: 2, layers: layers, groups: grouped ? groups : nil)
    }

    static let model = ModelDimensions(
        name: "tiny", moeLayers: 2, experts: 8, expertsPerToken: 2, hiddenSize: 16, expertWidth: 4, bitsPerWeight: 8,
        attentionParameters: 100, cacheBytesPerToken: 8)

    static func simulate(
        _ plan: PlacementPlan, trace: ReplayTrace = trace(), replanner: (any Replanner)? = nil, threads: Int = 1,
        _ change: (inout SimulationOptions) -> Void = { _ in }
    ) throws -> SimulationOutcome {
        var options = SimulationOptions()
        options.batch = 3
        options.steps = 40
        change(&options)
        let topology = smallTopology(nodes: plan.nodes, devicesPerNode: plan.devicesPerNode)
        var simulation = try Simulation(
            trace: trace, plan: plan, cost: CostModel(topology: topology, model: model), options: options,
            replanner: replanner, threads: threads)
        try simulation.run()
        return simulation.outcome
    }

    @Test func `the same seed gives the same outcome, another one another`() throws {
        let first = try Self.simulate(try Self.plan())
        #expect(try Self.simulate(try Self.plan()) == first)
        #expect(try Self.simulate(try Self.plan(), threads: 3) == first)
        #expect(try Self.simulate(try Self.plan()) { $0.seed = 2 } != first)
    }

    @Test func `every seat gives a token a step, and every assignment is computed`() throws {
        let outcome = try Self.simulate(try Self.plan())
        #expect(outcome.steps.allSatisfy { $0.tokens == 12 && $0.decoding == 12 })
        #expect(outcome.tokens == 480 && outcome.requestTokens.reduce(0, +) == 480)
        for loads in outcome.loads { #expect(loads.reduce(0, +) == 480 * 2) }
        #expect(outcome.total.lost == 0)
        let crossed = outcome.crossedBytes.reduce(0, +)
        #expect(abs(crossed - outcome.total.bytesBetweenNodes) < 1e-6 * crossed)
        #expect(abs(outcome.seconds - outcome.steps.reduce(0) { $0 + $1.cost.layer.slowest }) < 1e-9)
    }

    @Test func `equal plans compare as equal`() throws {
        let outcome = try Self.simulate(try Self.plan())
        let comparison = RunComparison(outcome, outcome)
        for ratio in [
            comparison.bytesBetweenNodes, comparison.communicationTime, comparison.layerTime, comparison.imbalance,
        ] {
            let ratio = try #require(ratio)
            #expect(abs(ratio.change) < 1e-12 && abs(ratio.low) < 1e-12 && abs(ratio.high) < 1e-12)
        }
    }

    @Test func `requests sent to their experts cross nodes less`() throws {
        let plain = try Self.simulate(try Self.plan())
        let grouped = try Self.simulate(try Self.plan(grouped: true))
        #expect(grouped.total.bytesBetweenNodes < 0.5 * plain.total.bytesBetweenNodes)
        #expect(grouped.bases.keys.contains(.label) && plain.bases.keys.allSatisfy { $0 == .nothing })
        let change = try #require(RunComparison(plain, grouped).bytesBetweenNodes)
        #expect(change.high < 0 && change.low <= change.change && change.change <= change.high)
        let blind = try Self.simulate(try Self.plan(grouped: true)) { $0.knowledge = .nothing }
        #expect(blind.bases.keys.allSatisfy { $0 == .nothing })
        #expect(blind.total.bytesBetweenNodes > grouped.total.bytesBetweenNodes)
    }

    @Test(arguments: SimulationOptions.Phase.allCases)
    func `replays the rows of its phase`(phase: SimulationOptions.Phase) throws {
        let trace = Self.trace(requests: 1, answer: 6...6)
        let outcome = try Self.simulate(try Self.plan(), trace: trace) {
            $0.phase = phase
            $0.batch = 1
            $0.steps = 400
            $0.prefillChunk = 2
        }
        // One request, 3 tokens of prompt and 6 of answer, 4 seats. Chunks of 2 need two steps for a prompt.
        let done = try #require(outcome.finished.first)
        #expect(done.tokens == [.decode: 6, .prefill: 3, .both: 9][phase])
        let steps: Double = [.decode: 6, .prefill: 2, .both: 8][phase] ?? 0
        #expect(abs(Double(outcome.finished.count) - 4 * 400 / steps) <= 8)
    }

    @Test func `requests wait when they come faster than they are served`() throws {
        let slow = try Self.simulate(try Self.plan()) { $0.arrivalRate = 0.001 }
        #expect(slow.finished.allSatisfy { $0.wait < 10 })
        #expect(slow.steps.contains { $0.tokens < 4 })
        let fast = try Self.simulate(try Self.plan()) { $0.arrivalRate = 100 }
        #expect(fast.waiting > 0)
        #expect(fast.steps.dropFirst().allSatisfy { $0.tokens == 12 })
        #expect(fast.finished.contains { $0.wait > 10 })
        for request in fast.finished { #expect(request.latency >= request.wait && request.wait >= 0) }
    }

    @Test func `two plans see the same requests in the same order`() throws {
        let first = try Self.simulate(try Self.plan())
        let second = try Self.simulate(try Self.plan(swapped: true))
        #expect(first.requestTokens == second.requestTokens)
    }

    @Test func `assignments name every request once, and only what may be known decides`() throws {
        let trace = Self.trace()
        var options = SimulationOptions()
        let all = RequestAssignment.all(of: trace, plan: try Self.plan(grouped: true), options: options)
        #expect(Set(all.map(\.request)).count == 12 && all.count == 12)
        for assignment in all {
            #expect(assignment.basis == .label && (assignment.node == 0) == (assignment.label == "even"))
        }
        options.knowledge = .nothing
        let blind = RequestAssignment.all(of: trace, plan: try Self.plan(grouped: true), options: options)
        #expect(blind.allSatisfy { $0.basis == .nothing })
        let counts = [0, 1].map { node in blind.count { $0.node == node } }
        #expect(counts == [6, 6])
    }

    @Test func `what does not fit is refused`() throws {
        let plan = try Self.plan()
        let cost = CostModel(topology: smallTopology(nodes: 3, devicesPerNode: 2), model: Self.model)
        #expect(throws: SimulationError.self) {
            try Simulation(trace: Self.trace(), plan: plan, cost: cost, options: SimulationOptions())
        }
        var tight = smallTopology(nodes: 2, devicesPerNode: 2)
        tight.device.slots = 1
        let small = CostModel(topology: tight, model: Self.model)
        #expect(throws: SimulationError.self) {
            try Simulation(trace: Self.trace(), plan: plan, cost: small, options: SimulationOptions())
        }
        #expect(throws: SimulationError.self) { try Self.simulate(plan) { $0.losses = [.init(node: 2, step: 1)] } }
        #expect(throws: SimulationError.self) { try Self.simulate(plan) { $0.losses = [.init(node: 0, step: 40)] } }
        #expect(throws: SimulationError.self) {
            try Self.simulate(plan) { $0.losses = [.init(node: 0, step: 1), .init(node: 1, step: 1)] }
        }
        let foreign = ReplayTrace(
            shape: TraceShape(blocks: [2], expertCount: 8, topK: 2),
            requests: [RequestTrace(id: "x", prefillTokens: 0, experts: [0, 1])])
        #expect(throws: SimulationError.self) { try Self.simulate(plan, trace: foreign) }
        let answerless = ReplayTrace(
            shape: TraceShape(blocks: [1, 4], expertCount: 8, topK: 2),
            requests: [RequestTrace(id: "x", prefillTokens: 1, experts: [0, 1, 2, 3])])
        #expect(throws: SimulationError.self) { try Self.simulate(plan, trace: answerless) }
    }
}
