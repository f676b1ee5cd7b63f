import Activations
import Foundation
import Placement
import Testing

@Suite struct CountedBalanceTests {
    /// Experts 0 to 3 of one layer, chosen 8, 4, 2 and 2 times.
    private static let counts = counting([8, 4, 2, 2])

    private static func counting(_ times: [Int]) -> ExpertCounts {
        let ids = times.enumerated().flatMap { [UInt16](repeating: UInt16($0.offset), count: $0.element) }
        return counting(
            TraceShape(blocks: [2], expertCount: times.count, topK: 1),
            [RequestTrace(id: "all", prefillTokens: 0, experts: ids)])
    }

    private static func counting(_ shape: TraceShape, _ requests: [RequestTrace]) -> ExpertCounts {
        ExpertCounts.counting(TraceSample(shape: shape, requests: requests)).counts
    }

    private static func plan(_ devices: [[Int]]) throws -> PlacementPlan {
        try PlacementPlan(nodes: 2, devicesPerNode: 1, layers: [ExpertLayout(block: 2, devices: devices)])
    }

    @Test func `loads worked out by hand`() throws {
        let balance = CountedBalance(Self.counts)
        #expect(try balance.imbalance(Self.plan([[0, 1], [2, 3]])) == 12.0 / 8)
        #expect(try balance.imbalance(Self.plan([[0], [1, 2, 3]])) == 1)
        // Both copies of 0 get 4: 10 and 6.
        #expect(try balance.imbalance(Self.plan([[0, 2, 1], [0, 3]])) == 10.0 / 8)
        #expect(balance.bound(devices: 4, copies: 4) == 2)
        #expect(balance.bound(devices: 4, copies: 5) == 1)
        #expect(throws: PlacementError.self) {
            try CountedBalance(Self.counting([1, 1, 1, 1, 1])).imbalance(Self.plan([[0, 1], [2, 3]]))
        }
    }

    @Test(arguments: 1...6) func `a plan made from counts is no worse than EPLB's and not below the bound`(
        seed: UInt64
    ) throws {
        let planted = PlantedTrace(seed: seed, layers: 3, experts: 12, kinds: 5, liking: 0.9)
        let counts = Self.counting(planted.shape, planted.requests)
        var demand = PlacementDemand(nodes: 2, devicesPerNode: 3, redundant: Int(seed % 3) * 3)
        demand.objective = .balance
        demand.groups = false
        let training = TrainingSet(counts)
        var search = try PlacementSearch(training, demand)
        for _ in 0..<3 { search.improve() }
        let plan = try search.best()
        #expect(plan.layers.map(\.block) == counts.blocks && plan.expertCount == 12 && plan.groups == nil)
        let balance = CountedBalance(counts)
        let ours = try balance.imbalance(plan)
        let eplb = try balance.imbalance(try Baseline.eplb.plan(training, demand))
        let linear = try balance.imbalance(try Baseline.linear.plan(training, demand))
        #expect(ours <= eplb + 1e-9 && ours < linear, "seed \(seed): \(ours), EPLB \(eplb), linear \(linear)")
        #expect(balance.bound(devices: 6, copies: 12 + demand.redundant) <= ours + 1e-9, "seed \(seed)")
    }

    @Test(arguments: 1...4) func `without copies it is what scoring the tokens gives`(seed: UInt64) throws {
        let planted = PlantedTrace(seed: seed)
        let demand = PlacementDemand(nodes: 2, devicesPerNode: 2, redundant: 0)
        let plan = try Baseline.roundRobin.plan(planted.training, demand)
        let counted = try CountedBalance(Self.counting(planted.shape, planted.requests)).imbalance(plan)
        #expect(abs(counted - (try planted.score(plan).imbalance)) < 1e-9, "seed \(seed)")
    }

    @Test func `counts give the loads of the trace they were counted from`() {
        let planted = PlantedTrace(seed: 3)
        let training = TrainingSet(Self.counting(planted.shape, planted.requests))
        for layer in planted.shape.blocks.indices {
            #expect(training.loads(layer: layer) == planted.training.loads(layer: layer))
        }
        #expect(TrainingSet(Self.counting([0, 0])).requests.isEmpty)
    }

    @Test func `counts beyond 32 bits keep their proportions`() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("guildhall-\(UUID()).json")
        defer { try? FileManager.default.removeItem(at: folder) }
        let most = Int64.max / 2
        let text = """
            {"format": "guildhall-counts", "version": 1, "blocks": [0], "expert_count": 3, \
            "counts": [[\(most), \(most / 2), 1]]}
            """
        try Data(text.utf8).write(to: folder)
        let loads = TrainingSet(try ExpertCounts(path: folder.path)).loads(layer: 0)
        #expect(abs(loads[0] / loads[1] - 2) < 1e-6 && loads[2] == 0)
    }
}
