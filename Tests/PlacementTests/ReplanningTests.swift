import Activations
import Placement
import Testing

/// Traffic that changes: first all requests of one kind, then all of another, and so on. The plan that runs at the
/// beginning was made for the first kind.
@Suite struct ReplanningTests {
    private static let planted = PlantedTrace(
        seed: 11, layers: 2, experts: 12, kinds: 2, requests: 320, tokens: 30, liking: 0.9)
    private static let trace = ReplayTrace(shape: planted.shape, requests: planted.requests)

    /// A step takes about 20 µs; experts of 0.8 MB (with four bits a number) cross the network in 16.
    private static func cost(bits: Double = 4) -> CostModel {
        CostModel(
            topology: Topology(
                name: "two nodes", nodes: 2, devicesPerNode: 2,
                device: Topology.Device(name: "d", memory: 1e9, memoryBandwidth: 3e12, compute: 1e14),
                intraNode: Topology.Link(kind: "bus", bandwidth: 2e11, latency: 1e-6),
                interNode: Topology.Link(kind: "network", bandwidth: 5e10, latency: 2e-6),
                interRack: Topology.Link(kind: "network", bandwidth: 5e10, latency: 4e-6), callOverhead: 1e-6,
                storageBandwidth: 3e9),
            model: ModelDimensions(
                name: "small", moeLayers: 2, experts: 12, expertsPerToken: 2, hiddenSize: 8192, expertWidth: 64,
                bitsPerWeight: bits, attentionParameters: 1e6, cacheBytesPerToken: 1024))
    }

    /// Made from requests of kind 0 alone.
    private static func firstPlan() throws -> PlacementPlan {
        var training = TrainingSet(shape: planted.shape)
        for request in planted.requests where request.domain == "kind 0" { training.add(request) }
        var demand = PlacementDemand(nodes: 2, devicesPerNode: 2, redundant: 6)
        demand.objective = cost().timeObjective(tokensPerDevice: 8)
        var search = try PlacementSearch(training, demand)
        for _ in 0..<4 { search.improve() }
        return try search.best()
    }

    private func run(
        _ plan: PlacementPlan, moves: Int?, every: Int?, margin: Double = 1.5, bits: Double = 4
    ) throws -> SimulationOutcome {
        let cost = Self.cost(bits: bits)
        var options = SimulationOptions()
        options.order = .domain
        options.batch = 8
        options.steps = 600
        options.replanning = every.map { SimulationOptions.Replanning(every: $0, margin: margin) }
        var simulation = try Simulation(
            trace: Self.trace, plan: plan, cost: cost, options: options,
            replanner: SearchReplanner(moves: moves, turns: 4, objective: cost.timeObjective(tokensPerDevice: 8)))
        try simulation.run()
        return simulation.outcome
    }

    @Test(arguments: [24, nil]) func `following the traffic is faster than staying, migrations included`(
        moves: Int?
    ) throws {
        let plan = try Self.firstPlan()
        let fixed = try run(plan, moves: moves, every: nil)
        let adaptive = try run(plan, moves: moves, every: 50)
        #expect(adaptive.tokens == fixed.tokens)
        #expect(adaptive.seconds < fixed.seconds)
        #expect(adaptive.total.bytesBetweenNodes < fixed.total.bytesBetweenNodes)
        #expect(adaptive.replans.contains { $0.accepted } && adaptive.replans.contains { !$0.accepted })
    }

    /// Experts eight times as large: what a move saves until the next look is less than it costs.
    @Test func `moving for any gain costs more than it saves, the margin prevents that`() throws {
        let plan = try Self.firstPlan()
        let fixed = try run(plan, moves: 24, every: nil, bits: 32)
        let calm = try run(plan, moves: 24, every: 25, bits: 32)
        let restless = try run(plan, moves: 24, every: 25, margin: 0, bits: 32)
        #expect(restless.replans.count { $0.accepted } > calm.replans.count { $0.accepted })
        #expect(restless.seconds > fixed.seconds * 1.01)
        #expect(calm.seconds <= fixed.seconds)
    }
}
