import Activations
import Placement
import Testing

/// Eight experts on two to four devices: the best placement is found by trying all.
@Suite struct SmallOptimumTests {
    /// All ways to put the experts on nodes with room for `room` each.
    private func all(experts: Int, nodes: Int, room: Int) -> [[Int]] {
        var result: [[Int]] = [[]]
        for _ in 0..<experts {
            result = result.flatMap { partial in
                (0..<nodes).filter { node in partial.count { $0 == node } < room }.map { partial + [$0] }
            }
        }
        return result
    }

    /// Different nodes that tokens reach in the first layer.
    private func reached(_ trace: PlantedTrace, node: [Int]) -> Int {
        let (width, topK) = (trace.shape.idsPerToken, trace.shape.topK)
        return trace.requests.reduce(0) { sum, request in
            stride(from: 0, to: request.experts.count, by: width).reduce(sum) { sum, start in
                sum + Set(request.experts[start..<start + topK].map { node[Int($0)] }).count
            }
        }
    }

    @Test(arguments: [(2, 1), (2, 2), (3, 1), (4, 1)]) func `bytes are within two percent of the least`(
        nodes: Int, devices: Int
    ) throws {
        var excess = 0.0
        for seed in 0..<12 as Range<UInt64> {
            let trace = PlantedTrace(seed: seed, layers: 1, kinds: 3, requests: 40, liking: 0.6)
            var demand = PlacementDemand(nodes: nodes, devicesPerNode: devices)
            demand.groups = false
            demand.balanceLimit = .none
            demand.seed = seed
            let plan = try trace.plan(demand, turns: 2)
            let node = device(of: plan).map { $0 / devices }
            let slots = (8 + nodes * devices - 1) / (nodes * devices)
            let least = all(experts: 8, nodes: nodes, room: slots * devices).map { reached(trace, node: $0) }.min() ?? 1
            excess += Double(reached(trace, node: node)) / Double(least) - 1
        }
        #expect(excess / 12 < 0.02, "seeds 0…11")
    }

    /// Where each of the experts is, of which there is one copy.
    private func device(of plan: PlacementPlan) -> [Int] {
        var device = [Int](repeating: 0, count: 8)
        for (index, experts) in plan.layers[0].devices.enumerated() {
            for expert in experts { device[expert] = index }
        }
        return device
    }

    /// What the busiest device has to do.
    private func busiest(_ loads: [Double], _ device: [Int], devices: Int) -> Double {
        var work = [Double](repeating: 0, count: devices)
        for (expert, load) in loads.enumerated() { work[device[expert]] += load }
        return work.max() ?? 0
    }

    /// Against all placements that are balanced as well as EPLB's.
    @Test(arguments: [(2, 1), (2, 2), (4, 1)]) func `bytes at EPLB's balance are within two percent of the least`(
        nodes: Int, devices: Int
    ) throws {
        let total = nodes * devices
        let placements = all(experts: 8, nodes: total, room: 8 / total)
        var excess = 0.0
        for seed in 0..<12 as Range<UInt64> {
            let trace = PlantedTrace(seed: seed, layers: 1, kinds: 3, requests: 40, liking: 0.6)
            var demand = PlacementDemand(nodes: nodes, devicesPerNode: devices)
            demand.groups = false
            let loads = trace.training.loads(layer: 0)
            let eplb = try device(of: Baseline.eplb.plan(trace.training, demand))
            let ours = try device(of: LimitLadder.plan(trace.training, demand, turns: 4, until: .unlimited))
            let limit = busiest(loads, eplb, devices: total) * 1.000_001
            #expect(busiest(loads, ours, devices: total) <= limit, "seed \(seed)")
            let least =
                placements.filter { busiest(loads, $0, devices: total) <= limit }
                .map { reached(trace, node: $0.map { $0 / devices }) }.min() ?? 1
            excess += Double(reached(trace, node: ours.map { $0 / devices })) / Double(least) - 1
        }
        #expect(excess / 12 < 0.02, "seeds 0…11")
    }

    /// Other nodes that tokens visit in the first layer, the mean of both nodes as their home.
    private func visits(_ trace: PlantedTrace, held nodes: [Set<Int>]) -> Double {
        let (width, topK) = (trace.shape.idsPerToken, trace.shape.topK)
        let visits = trace.requests.reduce(0) { sum, request in
            stride(from: 0, to: request.experts.count, by: width).reduce(sum) { sum, start in
                let chosen = request.experts[start..<start + topK].map(Int.init)
                return sum + nodes.count { node in !chosen.allSatisfy(node.contains) }
            }
        }
        return Double(visits) / 2
    }

    /// All ways to put copies on two nodes, which hold every expert.
    private func all(experts: Int, copies: Int, room: Int) -> [[Set<Int>]] {
        let sets = (0..<1 << experts).filter { $0.nonzeroBitCount <= room }
        let every = 1 << experts - 1
        return sets.flatMap { first in
            sets.filter { first | $0 == every && first.nonzeroBitCount + $0.nonzeroBitCount <= copies }
                .map { [first, $0].map { set in Set((0..<experts).filter { set >> $0 & 1 == 1 }) } }
        }
    }

    @Test(arguments: [(1, 2), (1, 4), (2, 2), (2, 4)]) func `bytes with redundant copies are within two percent`(
        devices: Int, redundant: Int
    ) throws {
        var excess = 0.0
        let slots = (8 + redundant + 2 * devices - 1) / (2 * devices)
        let placements = all(experts: 8, copies: 8 + redundant, room: slots * devices)
        for seed in 0..<6 as Range<UInt64> {
            let trace = PlantedTrace(seed: seed, layers: 1, kinds: 3, requests: 12, tokens: 20, liking: 0.6)
            var demand = PlacementDemand(nodes: 2, devicesPerNode: devices, redundant: redundant)
            demand.groups = false
            demand.balanceLimit = .none
            demand.seed = seed
            let plan = try trace.plan(demand, turns: 3).layers[0].devices
            let held = [plan[..<devices], plan[devices...]].map { Set($0.joined()) }
            let least = placements.map { visits(trace, held: $0) }.min() ?? 1
            excess += visits(trace, held: held) / least - 1
        }
        #expect(excess / 6 < 0.02, "seeds 0…5")
    }

    @Test(arguments: [(1, 2), (1, 4), (2, 2)]) func `balance is within two percent of the best`(
        nodes: Int, devices: Int
    ) throws {
        var excess = 0.0
        for seed in 0..<12 as Range<UInt64> {
            let trace = PlantedTrace(seed: seed, layers: 1, kinds: 3, requests: 14, liking: 0.7)
            var demand = PlacementDemand(nodes: nodes, devicesPerNode: devices)
            demand.objective = .balance
            demand.groups = false
            let plan = try trace.plan(demand, turns: 2)
            let loads = trace.training.loads(layer: 0)
            let total = nodes * devices
            let best =
                all(experts: 8, nodes: total, room: 8 / total).map { busiest(loads, $0, devices: total) }.min() ?? 1
            let score = try trace.score(plan).layers[0]
            excess += (score.deviceLoads.max() ?? 0) / best - 1
        }
        #expect(excess / 12 < 0.02, "seeds 0…11")
    }
}
