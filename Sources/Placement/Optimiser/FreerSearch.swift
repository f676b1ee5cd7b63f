/// Looks for fewest bytes at EPLB's balance in two ways, and takes the better.
///
/// The one that `PlacementSearch` has for this limit leans on EPLB's devices, whose balance on other requests is EPLB's.
/// It is the better where a few experts make a device the busiest wherever it is. Where they do not, a search that puts
/// experts wherever it likes finds far fewer visits; it has to be balanced a little better than EPLB on the training
/// requests, as its balance on others is now somewhat better, now somewhat worse.
struct FreerSearch {
    let training: TrainingSet
    let demand: PlacementDemand
    let turns: Int

    /// Of EPLB's imbalance, what the free search aims at and what it must keep.
    private static let (aim, most) = (0.98, 0.99)

    func plan(
        until time: SearchTime, report: (PlacementSearch) -> Void
    ) throws(PlacementError) -> PlacementPlan {
        let careful = try LimitLadder.search(training, demand, [], turns: turns, until: time.part(0.5), report)
        let plan = try careful.best()
        // With little time, all of it is for what is sure to be of use.
        guard careful.turns > 1 || time.left == nil else { return try goOn(careful, until: time, report) }
        let judge = careful.training
        guard let eplb = worth(try Baseline.eplb.plan(judge, demand), judge, until: time),
            try leastImbalance(judge) <= eplb.imbalance * Self.most,
            let first = worth(plan, judge, until: time)
        else { return try goOn(careful, until: time, report) }
        var other = demand
        other.balanceLimit = .ratio(max(1, eplb.imbalance * Self.aim))
        let free = try LimitLadder.search(training, other, [], turns: turns, until: time, report).best()
        guard let second = worth(free, judge, until: .unlimited) else { return plan }
        return second.visits < first.visits && second.imbalance <= eplb.imbalance * Self.most ? free : plan
    }

    private func goOn(
        _ search: PlacementSearch, until time: SearchTime, _ report: (PlacementSearch) -> Void
    ) throws(PlacementError) -> PlacementPlan {
        var search = search
        while time.left != nil, !time.isOver {
            search.improve(until: time)
            report(search)
        }
        return try search.best()
    }

    /// No plan has less: the busiest copy alone, where copies are given to experts so that it has as little as can be.
    private func leastImbalance(_ training: TrainingSet) throws(PlacementError) -> Double {
        let room = try demand.room(experts: training.shape.expertCount)
        let layers = training.shape.blocks.indices.map { layer in
            let loads = training.loads(layer: layer)
            var copies = [Double](repeating: 0, count: loads.count)
            for expert in EPLB.replicate(loads, copies: room.copies, most: room.devices) { copies[expert] += 1 }
            let busiest = loads.indices.map { loads[$0] / copies[$0] }.max() ?? 0
            return max(1, busiest * Double(room.devices) / max(1, loads.reduce(0, +)))
        }
        return layers.reduce(0, +) / Double(max(1, layers.count))
    }

    /// Visits a token and layer, and largest over mean device load, both of all training requests.
    private func worth(
        _ plan: PlacementPlan, _ training: TrainingSet, until time: SearchTime
    ) -> (visits: Double, imbalance: Double)? {
        guard let room = try? demand.room(experts: training.shape.expertCount) else { return nil }
        let states = training.states(
            of: plan.layers.map(\.devices), groups: plan.groups, room: room, folds: RequestFolds(all: training),
            demand: demand, use: .merged, until: time)
        return states.map { states in
            let count = Double(max(1, states.count))
            return (states.reduce(0) { $0 + $1.bytes } / count, states.map(\.imbalance).mean.whole)
        }
    }
}
