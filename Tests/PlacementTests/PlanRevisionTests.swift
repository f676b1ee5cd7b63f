import Activations
import Foundation
import Placement
import Testing

/// A running plan gets what is asked for, by few moves, or an error says what that takes.
@Suite struct PlanRevisionTests {
    private static let trace = PlantedTrace(seed: 21, layers: 3, experts: 12, topK: 2, kinds: 3, requests: 60)

    private func demand(_ redundant: Int, survives: Bool = false, nodes: Int = 3) -> PlacementDemand {
        var demand = PlacementDemand(nodes: nodes, devicesPerNode: 2, redundant: redundant)
        demand.survivesNodeLoss = survives
        return demand
    }

    private func linear(_ redundant: Int, nodes: Int = 3) throws -> PlacementPlan {
        try Baseline.linear.plan(Self.trace.training, demand(redundant, nodes: nodes))
    }

    private func check(_ plan: PlacementPlan, copies: Int, slots: Int, _ comment: Comment) {
        for layout in plan.layers {
            #expect(layout.devices.joined().count == copies, comment)
            #expect(layout.devices.allSatisfy { $0.count <= slots }, comment)
        }
    }

    @Test(arguments: [(0, 4), (0, 12), (4, 0), (6, 3), (12, 1), (3, 6)])
    func `copies are as many as asked, on devices with room`(before: Int, after: Int) throws {
        let old = try linear(before)
        let new = try PlacementSearch.improve(old, moves: 60, Self.trace.training, demand(after))
        check(new, copies: 12 + after, slots: (12 + after + 5) / 6, "from \(before) to \(after)")
        #expect(new.moves(from: old) <= 60)
        // What is taken away is not sent; what is put down is, once.
        let few = max(0, after - before) * 3
        let least = try PlacementSearch.improve(old, moves: few + 9, Self.trace.training, demand(after))
        #expect(least.moves(from: old) <= few + 9)
        check(least, copies: 12 + after, slots: (12 + after + 5) / 6, "from \(before) to \(after), few moves")
    }

    @Test(arguments: [2, 3, 4], [0, 5, 12, 14]) func `every expert comes to two nodes`(nodes: Int, before: Int) throws {
        let old = try linear(before, nodes: nodes)
        for redundant in [12, 14] {
            let new = try PlacementSearch.improve(
                old, moves: 80, Self.trace.training, demand(redundant, survives: true, nodes: nodes))
            #expect(new.survivesNodeLoss && new.moves(from: old) <= 80, "\(nodes) nodes, \(before) to \(redundant)")
            let slots = (12 + redundant + 2 * nodes - 1) / (2 * nodes)
            check(new, copies: 12 + redundant, slots: slots, "\(nodes) nodes, \(before) to \(redundant)")
        }
    }

    @Test func `too few moves are refused with the number that is needed`() throws {
        let refused = { (moves: Int, demand: PlacementDemand) in
            let error = #expect(throws: PlacementError.self) {
                try PlacementSearch.improve(linear(0), moves: moves, Self.trace.training, demand)
            }
            return error?.description ?? ""
        }
        let needs = refused(35, demand(12, survives: true))
        #expect(needs.contains("are needed to get to 24 copies"))
        // No less than the copies that there are not yet, and what is said suffices.
        let least = try #require(needs.split(separator: " ").dropFirst().first.flatMap { Int($0) })
        #expect((36..<44).contains(least))
        #expect(
            refused(least - 1, demand(12, survives: true))
                == needs.replacing("35 are allowed", with: "\(least - 1) are allowed"))
        let spread = try PlacementSearch.improve(
            linear(0), moves: least, Self.trace.training, demand(12, survives: true))
        #expect(spread.survivesNodeLoss)
        #expect(refused(11, demand(4)).hasPrefix("moves: 12 are needed to get to 16 copies"))
        let plan = try PlacementSearch.improve(linear(0), moves: 12, Self.trace.training, demand(4))
        #expect(try plan.moves(from: linear(0)) == 12)
    }

    @Test func `a plan that survives the loss of a node keeps that`() throws {
        let trace = Self.trace
        let running = try trace.plan(demand(12, survives: true), turns: 1)
        #expect(try running.survivesNodeLoss && !linear(5).survivesNodeLoss)
        // Other traffic than the plan was made for, so that there is something to gain.
        let other = PlantedTrace(seed: 99, layers: 3, experts: 12, topK: 2, kinds: 2, requests: 40, liking: 0.95)
        for moves in [0, 8, 60] {
            let new = try PlacementSearch.improve(running, moves: moves, other.training, demand(12))
            #expect(new.survivesNodeLoss, "\(moves) moves")
        }
        for moves in [8, 60, nil] {
            let replanner = SearchReplanner(moves: moves, turns: 2)
            let plan = try replanner.plan(recent: other.requests, shape: other.shape, current: running)
            #expect(try #require(plan).survivesNodeLoss, "\(moves ?? -1) moves")
        }
        // Copies that do not suffice are what was asked for.
        let fewer = try PlacementSearch.improve(running, moves: 60, trace.training, demand(2))
        #expect(!fewer.survivesNodeLoss)
    }

    @Test func `layers are found in any order, and what does not fit is said`() throws {
        let old = try linear(4)
        let reversed = try PlacementPlan(nodes: 3, devicesPerNode: 2, layers: old.layers.reversed())
        let new = try PlacementSearch.improve(reversed, moves: 5, Self.trace.training, demand(4))
        #expect(try new == PlacementSearch.improve(old, moves: 5, Self.trace.training, demand(4)))
        let fewer = try PlacementPlan(nodes: 3, devicesPerNode: 2, layers: Array(old.layers.dropLast()))
        for (plan, nodes, said) in [(fewer, 3, "has no layer 5"), (old, 4, "is for 3 nodes of 2 devices")] {
            let error = #expect(throws: PlacementError.self) {
                try PlacementSearch.improve(plan, moves: 5, Self.trace.training, demand(4, nodes: nodes))
            }
            #expect(error?.description.contains(said) ?? false)
        }
    }

    @Test func `a time of any length can be asked for`() {
        for seconds in [Double.infinity, 1e30, 1e9, 0.5] { #expect(!SearchTime(seconds: seconds).isOver) }
        for seconds in [0, -1, -Double.infinity, .nan] { #expect(SearchTime(seconds: seconds).isOver) }
    }

    @Test func `experts that no device has memory for are refused`() throws {
        let model = ModelDimensions(
            name: "m", moeLayers: 3, experts: 12, expertsPerToken: 2, hiddenSize: 1000, expertWidth: 1000,
            expertMatrices: 1, bitsPerWeight: 8, attentionParameters: 1, cacheBytesPerToken: 1)
        // A copy has 1 MB, six devices have room for seven each.
        var topology = smallTopology(nodes: 3, devicesPerNode: 2)
        topology.device.memory = 7e6
        let cost = CostModel(topology: topology, model: model)
        try cost.checkMemory(copies: 14, layers: 3)
        #expect(throws: PlacementError.self) { try cost.checkMemory(copies: 15, layers: 3) }
        // Nine on a device that holds three in every layer.
        let warning = try cost.memoryWarning(linear(2))
        #expect(warning?.hasPrefix("experts take 0.009 GB of a device that has 0.007") ?? false)
        #expect(try cost.memoryWarning(linear(0)) == nil)
    }
}
