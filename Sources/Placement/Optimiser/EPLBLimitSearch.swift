/// Looks for fewest bytes at EPLB's balance in two ways, and takes the better.
///
/// The one that `PlacementSearch` has for this limit leans on EPLB's devices, whose balance on other requests is EPLB's.
/// It is the better where a few experts make a device the busiest wherever it is. Where they do not, a search that puts
/// experts wherever it likes finds far fewer visits; it has to be balanced a little better than EPLB on the training
/// requests, as its balance on others is now somewhat better, now somewhat worse.
struct EPLBLimitSearch {
    let training: TrainingSet
    let demand: PlacementDemand
    let turns: Int

    /// Of EPLB's imbalance, what the free search aims at and what it must keep.
    private static let (aim, most) = (0.97, 0.98)

    /// With less time only the first way is tried.
    private static let shortest = Duration.seconds(4)
    /// And where it is less than so many times what it takes to judge the plans.
    private static let judgements = 8

    func plan(
        until time: SearchTime, report: (PlacementSearch) -> Void
    ) throws(PlacementError) -> PlacementPlan {
        let started = ContinuousClock.now
        let limit = time.allows(Self.shortest) ? try freeLimit(until: time.part(0.1)) : nil
        // Both plans are judged at the end, with tokens.
        let judging = (.now - started) * 4
        guard let limit, time.allows(judging * Self.judgements) else {
            return try LimitLadder.search(training, demand, [], turns: turns, until: time, report).best()
        }
        let careful = try LimitLadder.search(training, demand, [], turns: turns, until: time.part(0.5), report)
        guard careful.turns > 1 || time.left == nil else { return try goOn(careful, until: time, report) }
        let plan = try careful.best()
        var other = demand
        other.balanceLimit = .ratio(max(1, limit * Self.aim))
        let free = try LimitLadder.search(training, other, [], turns: turns, until: time.sparing(judging), report)
            .best()
        guard let first = worth(plan, careful.training, .merged), let second = worth(free, careful.training, .merged)
        else { return plan }
        return second.visits < first.visits && second.imbalance <= limit * Self.most ? free : plan
    }

    /// EPLB's imbalance; nil where no plan can be as much better as is asked for, or the time is over before.
    private func freeLimit(until time: SearchTime) throws(PlacementError) -> Double? {
        let plan = try Baseline.eplb.plan(training, demand)
        let room = try demand.room(experts: training.shape.expertCount)
        guard let limit = worth(plan, training, .loads, until: time)?.imbalance, !time.isOver else { return nil }
        let least = CountedBalance(training).bound(devices: room.devices, copies: room.copies)
        return least <= limit * Self.most ? limit : nil
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
    private func worth(
        _ plan: PlacementPlan, _ training: TrainingSet, _ use: TrainingSet.SampleUse,
        until time: SearchTime = .unlimited
    ) -> (visits: Double, imbalance: Double)? {
        guard let room = try? demand.room(experts: training.shape.expertCount) else { return nil }
        // Beside a plan with groups EPLB's has whole requests in turn, whose copies share less evenly than tokens would.
        let homes = demand.groups ? training.homes(plan.groups, room, demand) : nil
        let states = training.states(
            of: plan.layers.map(\.devices), homes: homes, room: room, folds: RequestFolds(all: training),
            demand: demand, use: use, until: time)
        return states.map { states in
            let count = Double(max(1, states.count))
            return (states.reduce(0) { $0 + $1.bytes } / count, states.map(\.imbalance).mean.whole)
        }
    }
}
