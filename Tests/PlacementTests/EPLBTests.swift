import Placement
import Randomness
import Testing

@Suite struct EPLBTests {
    /// The example published with the algorithm: 12 experts in 4 groups, 16 copies, 2 nodes of 4 devices.
    @Test func `gives the published answer`() {
        let shape = EPLB.Shape(copies: 16, groups: 4, nodes: 2, devices: 8)
        let first = EPLB.place([90, 132, 40, 61, 104, 165, 39, 4, 73, 56, 183, 86], shape)
        let second = EPLB.place([20, 107, 104, 64, 19, 197, 187, 157, 172, 86, 16, 27], shape)
        #expect(first.flatMap { $0 } == [5, 6, 5, 7, 8, 4, 3, 4, 10, 9, 10, 2, 0, 1, 11, 1])
        #expect(second.flatMap { $0 } == [7, 10, 6, 8, 6, 11, 8, 9, 2, 4, 5, 1, 5, 0, 3, 1])
    }

    @Test func `copies what is hottest per copy`() {
        #expect(EPLB.replicate([10, 60, 29], copies: 6) == [0, 1, 2, 1, 1, 2])
        #expect(EPLB.replicate([1, 60, 2], copies: 6, most: 2) == [0, 1, 2, 1, 2, 0])
    }

    @Test(arguments: 0..<30) func `plans are valid for any number of devices`(seed: Int) throws {
        var random = SplitMix64(seed: UInt64(seed))
        let experts = Int(random.next() % 40) + 2
        let nodes = Int(random.next() % 5) + 1
        let trace = PlantedTrace(seed: UInt64(seed), layers: 1, experts: experts, requests: 6, tokens: 4)
        let demand = PlacementDemand(
            nodes: nodes, devicesPerNode: Int(random.next() % 9) + 1, redundant: nodes == 1 ? 0 : experts / 4)
        for baseline in Baseline.allCases {
            let plan = try baseline.plan(trace.training, demand)
            let copies = plan.layers[0].devices.reduce(0) { $0 + $1.count }
            #expect(copies == experts + demand.redundant, "\(baseline), seed \(seed)")
            let devices = plan.deviceCount
            #expect(plan.slotsPerDevice <= (copies + devices - 1) / devices, "\(baseline), seed \(seed)")
        }
    }
}
