import Activations
import Placement
import Synchronization
import Testing

@Suite struct AnytimeTests {
    /// Time that is over when it has been asked so many times.
    private func time(ends calls: Int, after end: Duration? = nil) -> SearchTime {
        let counter = Counter()
        let isOver: @Sendable () -> Bool = { counter.next() > calls }
        return end.map { SearchTime(until: .now + $0, isInterrupted: isOver) } ?? SearchTime(isInterrupted: isOver)
    }

    private final class Counter: Sendable {
        private let calls = Atomic(0)
        func next() -> Int { calls.wrappingAdd(1, ordering: .relaxed).newValue }
    }

    private static let objectives = [PlacementDemand.Objective.bytes, .balance, .time(visit: 1, imbalance: 0.3)]
    /// Every count up to a hundred ends another part of a search; beyond, the parts come again.
    private static let calls = Array(0..<100) + stride(from: 100, to: 1200, by: 37)

    private func demand(_ objective: PlacementDemand.Objective) -> PlacementDemand {
        var demand = PlacementDemand(nodes: 3, devicesPerNode: 2, redundant: 3)
        demand.objective = objective
        demand.groups = objective != .balance
        return demand
    }

    private func check(_ plan: PlacementPlan, _ trace: PlantedTrace, copies: Int, _ comment: Comment) throws {
        for layout in plan.layers {
            #expect(layout.devices.joined().count == copies, comment)
            #expect(Set(layout.devices.joined()).count == trace.shape.expertCount, comment)
            #expect(layout.devices.allSatisfy { Set($0).count == $0.count }, comment)
        }
        #expect(plan.layers.count == trace.shape.layerCount, comment)
        // The file of a plan is read back with all checks.
        #expect(try PlacementPlan(json: plan.json(), source: "plan") == plan, comment)
    }

    @Test(arguments: objectives) func `wherever a turn is cut short there is a plan no worse than EPLB's`(
        objective: PlacementDemand.Objective
    ) throws {
        let trace = PlantedTrace(seed: 11, layers: 3, experts: 12, topK: 2, kinds: 3, requests: 72, tokens: 8)
        var demand = demand(objective)
        demand.threads = 1
        let eplb = try trace.score(Baseline.eplb.plan(trace.training, demand))
        let training = trace.training
        for calls in Self.calls {
            let time = time(ends: calls)
            var search = try PlacementSearch(training, demand, until: time)
            search.tuning.steps = 64
            for _ in 0..<3 { search.improve(until: time) }
            let plan = try search.best()
            try check(plan, trace, copies: 15, "\(calls) calls")
            let score = try trace.score(plan)
            switch objective {
            case .balance: #expect(score.imbalance <= eplb.imbalance * 1.02, "\(calls) calls")
            case .bytes: #expect(score.remoteNodesPerToken <= eplb.remoteNodesPerToken * 1.01, "\(calls) calls")
            case .time(let visit, let price):
                let cost = { (score: PlanScore) in
                    score.remoteNodesPerToken * visit / 3 + score.imbalance * price
                }
                #expect(cost(score) <= cost(eplb) * 1.02, "\(calls) calls")
            }
        }
    }

    @Test(arguments: objectives) func `a search by time ends wherever it is interrupted`(
        objective: PlacementDemand.Objective
    ) throws {
        let trace = PlantedTrace(seed: 12, layers: 3, experts: 12, topK: 2, kinds: 3, requests: 72, tokens: 8)
        let demand = demand(objective)
        let training = trace.training
        for calls in Self.calls {
            let time = time(ends: calls, after: .seconds(600))
            var search = try TimedSearch(training, demand, until: time)
            search.improve(until: time)
            try check(try search.best(), trace, copies: 15, "\(calls) calls")
        }
    }

    @Test func `a search by time finds what a search by turns does`() throws {
        let trace = PlantedTrace(seed: 13, layers: 3, experts: 16, topK: 3, kinds: 4, requests: 80)
        var demand = PlacementDemand(nodes: 4, devicesPerNode: 2, redundant: 4)
        demand.balanceLimit = .none
        let eplb = try trace.score(Baseline.eplb.plan(trace.training, demand))
        let time = SearchTime(until: .now + .milliseconds(400))
        var search = try TimedSearch(trace.training, demand, until: time)
        search.improve(until: time)
        #expect(try trace.score(search.best()).remoteNodesPerToken < 0.8 * eplb.remoteNodesPerToken)
    }

    @Test func `no time at all gives EPLB's plan, and a peer that is not there in time no other`() throws {
        let trace = PlantedTrace(seed: 14, layers: 3, experts: 12, kinds: 3)
        var demand = PlacementDemand(nodes: 3, devicesPerNode: 2, redundant: 3)
        let over = SearchTime { true }
        for limit in [PlacementDemand.BalanceLimit.eplb, .published, .ratio(1.5), .none] {
            demand.balanceLimit = limit
            var search = try PlacementSearch(trace.training, demand, until: over)
            search.improve(until: over)
            #expect(try search.best() == Baseline.eplb.plan(trace.training, demand))
        }
        #expect(try Baseline.published.plan(trace.training, demand, until: over) == nil)
        let moved = try PlacementSearch.improve(
            Baseline.linear.plan(trace.training, demand), moves: 9, trace.training, demand, until: over)
        #expect(try moved == Baseline.linear.plan(trace.training, demand))
    }
}
