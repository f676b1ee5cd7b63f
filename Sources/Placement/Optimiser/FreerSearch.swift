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

    /// With less time only the first way is tried.
    private static let shortest = Duration.seconds(4)

    func plan(
        until time: SearchTime, report: (PlacementSearch) -> Void
    ) throws(PlacementError) -> PlacementPlan {
        guard time.allows(Self.shortest), let limit = try freeLimit() else {
            return try LimitLadder.search(training, demand, [], turns: turns, until: time, report).best()
        }
        let careful = try LimitLadder.search(training, demand, [], turns: turns, until: time.part(0.5), report)
        guard careful.turns > 1 || time.left == nil else { return try goOn(careful, until: time, report) }
        let plan = try careful.best()
        var other = demand
        other.balanceLimit = .ratio(max(1, limit * Self.aim))
        let free = try LimitLadder.search(training, other, [], turns: turns, until: time, report).best()
        guard let first = worth(plan, careful.training), let second = worth(free, careful.training) else { return plan }
        return second.visits < first.visits && second.imbalance <= limit * Self.most ? free : plan
    }

    /// EPLB's imbalance, of the tokens of all training requests spread over the nodes; nil where no plan can be as much
    /// better as is asked for.
    private func freeLimit() throws(PlacementError) -> Double? {
        let plan = try Baseline.eplb.plan(training, demand)
        let room = try demand.room(experts: training.shape.expertCount)
        var (eplb, least) = (0.0, 0.0)
        for (layer, layout) in plan.layers.enumerated() {
            let loads = training.loads(layer: layer)
            let mean = max(1, loads.reduce(0, +)) / Double(room.devices)
            let shares = Self.shares(loads, copies: layout.devices.flatMap { $0 })
            eplb += (layout.devices.map { $0.reduce(0) { $0 + shares[$1] } }.max() ?? 0) / mean
            // The busiest copy alone, where copies are given to experts so that it has as little as can be.
            let copies = EPLB.replicate(loads, copies: room.copies, most: room.devices)
            least += max(1, (Self.shares(loads, copies: copies).max() ?? 0) / mean)
        }
        let count = Double(max(1, plan.layers.count))
        return least <= eplb * Self.most ? eplb / count : nil
    }

    /// Load of a copy of each expert.
    private static func shares(_ loads: [Double], copies experts: [Int]) -> [Double] {
        var copies = [Double](repeating: 0, count: loads.count)
        for expert in experts { copies[expert] += 1 }
        return zip(loads, copies).map { $0 / max(1, $1) }
    }

    /// Turns are slow: all of the time is for the way that is sure to be of use.
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

    /// Visits a token and layer, and largest over mean device load, both of all training requests.
    private func worth(_ plan: PlacementPlan, _ training: TrainingSet) -> (visits: Double, imbalance: Double)? {
        guard let room = try? demand.room(experts: training.shape.expertCount) else { return nil }
        let states = training.states(
            of: plan.layers.map(\.devices), groups: plan.groups, room: room, folds: RequestFolds(all: training),
            demand: demand, use: .merged, until: .unlimited)
        return states.map { states in
            let count = Double(max(1, states.count))
            return (states.reduce(0) { $0 + $1.bytes } / count, states.map(\.imbalance).mean.whole)
        }
    }
}
