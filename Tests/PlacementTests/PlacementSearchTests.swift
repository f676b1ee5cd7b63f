import Activations
import Placement
import Randomness
import Testing

@Suite struct PlacementSearchTests {
    @Test(arguments: 0..<4) func `groups and places better than the baselines`(seed: UInt64) throws {
        let trace = PlantedTrace(seed: seed, experts: 16, topK: 3, kinds: 4, requests: 80)
        var demand = PlacementDemand(nodes: 4, devicesPerNode: 2, redundant: 4)
        demand.seed = seed
        let eplb = try trace.score(Baseline.eplb.plan(trace.training, demand))
        demand.balanceLimit = .ratio(eplb.imbalance * 1.2)
        let ours = try trace.score(trace.plan(demand, turns: 6))
        #expect(ours.imbalance < eplb.imbalance * 1.25, "seed \(seed)")
        for baseline in Baseline.allCases where baseline != .published {
            let other = try trace.score(baseline.plan(trace.training, demand))
            #expect(ours.remoteNodesPerToken < 0.8 * other.remoteNodesPerToken, "\(baseline), seed \(seed)")
        }
    }

    @Test(arguments: 0..<4) func `keeps EPLB's balance unless told otherwise`(seed: UInt64) throws {
        let trace = PlantedTrace(seed: seed, experts: 16, topK: 3, kinds: 4, requests: 80)
        let demand = PlacementDemand(nodes: 4, devicesPerNode: 2, redundant: 4)
        let eplb = try trace.score(Baseline.eplb.plan(trace.training, demand))
        #expect(try trace.score(trace.plan(demand)).imbalance < eplb.imbalance * 1.03, "seed \(seed)")
    }

    @Test func `prompts tell the home where labels are missing`() throws {
        let trace = PlantedTrace(seed: 5, experts: 16, topK: 3, kinds: 4, requests: 80, prompt: 12, labelled: false)
        let demand = PlacementDemand(nodes: 4, devicesPerNode: 2)
        let plan = try trace.plan(demand)
        var trial = try PlanTrial(plan: plan, shape: trace.shape)
        let decisions = trace.requests.map { trial.add($0) }
        #expect(decisions.allSatisfy { $0.basis == .activations })
        var blind = try PlanTrial(
            plan: PlacementPlan(nodes: 4, devicesPerNode: 2, layers: plan.layers), shape: trace.shape)
        // In the order of the trace kinds take turns as nodes do, which is as good as knowing them.
        var random = SplitMix64(seed: 6)
        for request in trace.requests.shuffled(using: &random) { blind.add(request) }
        #expect(trial.score.remoteNodesPerToken < 0.9 * blind.score.remoteNodesPerToken)
        #expect(trial.homeImbalance <= 1.35)
    }

    @Test func `the same seed gives the same plan on any number of threads`() throws {
        let trace = PlantedTrace(seed: 3, experts: 16)
        var demand = PlacementDemand(nodes: 2, devicesPerNode: 4, redundant: 3)
        let plan = try trace.plan(demand)
        demand.threads = 1
        #expect(try trace.plan(demand).json() == plan.json())
    }

    /// 58 layers of 256 experts: 320 devices with fewer copies than devices, as many as, and 9 or 10 to a device.
    @Test(arguments: [(40, 8, 32), (40, 8, 64), (4, 8, 32), (9, 8, 32), (4, 8, 64)])
    func `within a second no worse balanced than EPLB`(nodes: Int, devices: Int, redundant: Int) throws {
        let trace = PlantedTrace(seed: 9, layers: 58, experts: 256, topK: 8, kinds: 3, requests: 6, tokens: 40)
        var demand = PlacementDemand(nodes: nodes, devicesPerNode: devices, redundant: redundant)
        demand.objective = .balance
        demand.groups = false
        let training = trace.training
        let end = ContinuousClock.now + .seconds(1)
        var search = try PlacementSearch(training, demand)
        search.improve(until: SearchTime(until: end))
        let eplb = try Baseline.eplb.plan(training, demand)
        #expect(try evenImbalance(search.best(), training) <= evenImbalance(eplb, training) * (1 + 1e-6))
    }

    /// Largest over mean device load where an expert's copies share its load evenly; mean of the layers.
    private func evenImbalance(_ plan: PlacementPlan, _ training: TrainingSet) -> Double {
        plan.layers.indices.reduce(0) { sum, layer in
            let devices = plan.layers[layer].devices
            let loads = training.loads(layer: layer)
            let copies = loads.indices.map { expert in Double(devices.count { $0.contains(expert) }) }
            let work = devices.map { $0.reduce(0) { $0 + loads[$1] / copies[$1] } }
            return sum + (work.max() ?? 0) * Double(work.count) / work.reduce(0, +) / Double(plan.layers.count)
        }
    }

    @Test(arguments: 0..<6) func `every expert survives the loss of a node`(seed: UInt64) throws {
        let trace = PlantedTrace(seed: seed, experts: 9, requests: 20)
        var demand = PlacementDemand(nodes: 3, devicesPerNode: 2, redundant: 9 + Int(seed % 3))
        demand.survivesNodeLoss = true
        demand.seed = seed
        let plan = try trace.plan(demand)
        for layout in plan.layers {
            for expert in 0..<9 {
                let nodes = Set(layout.devices.indices.filter { layout.devices[$0].contains(expert) }.map { $0 / 2 })
                #expect(nodes.count >= 2, "expert \(expert), seed \(seed)")
            }
        }
        demand.redundant = 8
        #expect(throws: PlacementError.self) { try PlacementSearch(trace.training, demand) }
    }

    @Test(arguments: [0, 1, 2, 7, 40]) func `moves no more copies than it may`(moves: Int) throws {
        let trace = PlantedTrace(seed: 4, layers: 3, experts: 16, kinds: 4)
        let demand = PlacementDemand(nodes: 4, devicesPerNode: 2, redundant: 4)
        let old = try Baseline.linear.plan(trace.training, demand)
        let new = try PlacementSearch.improve(old, moves: moves, trace.training, demand)
        #expect(new.moves(from: old) <= moves)
        let (before, after) = (try trace.score(old), try trace.score(new))
        let cost = { (score: PlanScore) in score.remoteNodesPerToken / 3 + 0.3 * score.imbalance }
        #expect(moves < 2 ? cost(after) <= cost(before) + 0.02 : cost(after) < cost(before))
    }

    @Test(arguments: 0..<8) func `no plan is below the lower bound`(seed: UInt64) throws {
        let trace = PlantedTrace(seed: seed, experts: 12, kinds: 3, requests: 12, liking: 0.9)
        var demand = PlacementDemand(nodes: 3, devicesPerNode: 2, redundant: Int(seed % 4))
        demand.balanceLimit = .none
        let bound = try trace.training.lowerBound(demand)
        let visits = try trace.score(trace.plan(demand)).remoteNodesPerToken
        #expect(bound > 0 && bound <= visits, "seed \(seed)")
    }

    @Test func `demands that nothing meets are refused`() {
        let training = PlantedTrace(seed: 1).training
        #expect(throws: PlacementError.self) {
            try PlacementSearch(training, PlacementDemand(nodes: 2, devicesPerNode: 1, slotsPerDevice: 3))
        }
        #expect(throws: PlacementError.self) {
            try PlacementSearch(training, PlacementDemand(nodes: 2, devicesPerNode: 1, redundant: 9))
        }
        #expect(throws: PlacementError.self) {
            try PlacementSearch(TrainingSet(shape: training.shape), PlacementDemand(nodes: 2, devicesPerNode: 4))
        }
    }
}
