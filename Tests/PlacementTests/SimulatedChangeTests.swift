import Activations
import Placement
import Testing

/// Hands out one plan whatever it sees, and remembers nothing.
private struct FixedPlan: Replanner {
    let proposal: PlacementPlan?

    func plan(recent: [RequestTrace], shape: TraceShape, current: PlacementPlan) throws -> PlacementPlan? {
        #expect(!recent.isEmpty && Set(recent.map(\.id)).count == recent.count)
        return proposal
    }
}

@Suite struct SimulatedChangeTests {
    @Test func `a lost node's experts are missing until they are read again`() throws {
        let plan = try SimulationTests.plan()
        let outcome = try SimulationTests.simulate(plan) { $0.losses = [.init(node: 1, step: 10)] }
        let loss = try #require(outcome.losses.first)
        // Node 1 held experts 4 to 7 of both layers alone: 8 times 192 bytes at 500 B/s.
        #expect(loss.expertsLost == 8)
        #expect(abs(loss.reloadSeconds - 8 * 192 / 500) < 1e-9)
        #expect((3...9).contains(loss.requests) && loss.tokensReadAgain > 0)
        let lost = outcome.steps.map(\.cost.lost)
        #expect(lost[..<10].allSatisfy { $0 == 0 } && lost[10] > 0 && lost[39] == 0)
        // All assignments are computed or counted as lost.
        let computed = outcome.loads.reduce(0) { $0 + $1.reduce(0, +) }
        #expect(computed + outcome.total.lost == outcome.tokens * 4)
        #expect(outcome.loads.allSatisfy { $0[2] + $0[3] < outcome.tokens })
    }

    @Test func `nothing is missing where every expert has a copy on another node`() throws {
        let outcome = try SimulationTests.simulate(try SimulationTests.plan(copies: 3)) {
            $0.losses = [.init(node: 0, step: 5)]
        }
        #expect(outcome.losses.first?.expertsLost == 0 && outcome.total.lost == 0)
        #expect(outcome.steps.last?.cost.bytesBetweenNodes == 0)
    }

    @Test func `requests of a lost node read again what they had`() throws {
        let whole = try SimulationTests.simulate(try SimulationTests.plan())
        let outcome = try SimulationTests.simulate(try SimulationTests.plan()) {
            $0.losses = [.init(node: 1, step: 10)]
            $0.prefillChunk = 4
        }
        #expect(outcome.steps[10].tokens > whole.steps[10].tokens)
        #expect(outcome.steps[10].decoding < 12)
        #expect(outcome.finished.count < whole.finished.count)
    }

    @Test func `a better plan is taken if it pays for its move in time`() throws {
        // All requests use experts 0 to 3. The old plan has them on node 0's two devices, the new one on all four.
        let requests = (0..<8).map { index -> RequestTrace in
            var ids: [UInt16] = []
            for token in 0..<40 + index {
                for _ in 0..<2 { ids += [UInt16(token % 4), UInt16((token + 1) % 4)] }
            }
            return RequestTrace(id: "r\(index)", prefillTokens: 0, experts: ids)
        }
        let trace = ReplayTrace(shape: TraceShape(blocks: [1, 4], expertCount: 8, topK: 2), requests: requests)
        let old = try SimulationTests.plan()
        let layers = [1, 4].map { ExpertLayout(block: $0, devices: [[0, 4], [1, 5], [2, 6], [3, 7]]) }
        let new = try PlacementPlan(nodes: 2, devicesPerNode: 2, layers: layers)
        func run(_ proposal: PlacementPlan?, margin: Double, every: Int = 10) throws -> SimulationOutcome {
            try SimulationTests.simulate(old, trace: trace, replanner: FixedPlan(proposal: proposal)) {
                $0.replanning = .init(every: every, margin: margin)
            }
        }
        let taken = try run(new, margin: 0.01)
        let first = try #require(taken.replans.first)
        #expect(first.accepted && first.step == 10 && first.savedPerStep > 0)
        // Six slots of each layer get another expert.
        #expect(first.movedExperts == 12 && first.movedBytes == 12 * 192)
        #expect(taken.replans.dropFirst().allSatisfy { !$0.accepted && $0.movedExperts == 0 })
        let kept = try run(new, margin: 1e9)
        #expect(kept.replans.allSatisfy { !$0.accepted })
        #expect(taken.steps[20].cost.layer.slowest < kept.steps[20].cost.layer.slowest)
        #expect(try run(nil, margin: 1).replans.isEmpty)
        #expect(abs(taken.seconds - taken.steps.reduce(0) { $0 + $1.cost.layer.slowest } - first.seconds) < 1e-9)
    }

    @Test func `a plan that is no better is not taken`() throws {
        let plan = try SimulationTests.plan()
        let outcome = try SimulationTests.simulate(plan, replanner: FixedPlan(proposal: plan)) {
            $0.replanning = .init(every: 10)
        }
        #expect(outcome.replans.count == 3)
        #expect(outcome.replans.allSatisfy { !$0.accepted && $0.movedBytes == 0 && $0.savedPerStep == 0 })
    }
}

extension SimulatedChangeTests {
    @Test func `the search moves no more copies than it may`() throws {
        let plan = try SimulationTests.plan(grouped: true, copies: 2)
        let shape = TraceShape(blocks: [1, 4], expertCount: 8, topK: 2)
        let requests = (0..<6).map { index in
            RequestTrace(
                id: "r\(index)", domain: "odd", prefillTokens: 0,
                experts: [UInt16](repeating: 0, count: 80).indices.map { UInt16($0 % 2 + 2 * (index % 2)) })
        }
        for moves in [0, 2, 5] {
            let replanner = SearchReplanner(moves: moves)
            let new = try #require(try replanner.plan(recent: requests, shape: shape, current: plan))
            var moved = 0
            for (old, new) in zip(plan.layers, new.layers) {
                for (before, after) in zip(old.devices, new.devices) { moved += Set(after).subtracting(before).count }
            }
            #expect(moved <= moves && new.groups == plan.groups)
            #expect(try replanner.plan(recent: requests, shape: shape, current: plan) == new)
        }
        #expect(try SearchReplanner().plan(recent: [], shape: shape, current: plan) == nil)
    }
}
