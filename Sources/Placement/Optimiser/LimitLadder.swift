/// Looks for plans at tighter limits of balance than a number that is asked for, too.
///
/// A search at a loose limit can end with more bytes than one at a tighter limit: it takes other ways. What the tighter
/// ones find is within the loose limit as well, so the best of all is taken.
public enum LimitLadder {
    /// Multiples of EPLB's imbalance, whatever is asked for, so that looser limits have all that tighter ones have.
    private static let rungs = [1, 1.06, 1.15, 1.3, 1.6, 2.5]
    /// Who asks for the imbalance that was printed of EPLB's means that.
    private static let rounding = 0.0005
    /// Of the time, where there is an end to it, the share for tighter limits.
    private static let share = 0.3

    /// The best plan after so many turns at each limit, or by time; at EPLB's balance `EPLBLimitSearch` looks for it.
    ///
    /// - Parameters:
    ///   - turns: of a search where `time` has no end.
    ///   - report: called after every turn, or now and then.
    /// - Throws: as `PlacementSearch`.
    public static func plan(
        _ training: TrainingSet, _ demand: PlacementDemand, turns: Int, until time: SearchTime,
        report: (PlacementSearch) -> Void = { _ in }
    ) throws(PlacementError) -> PlacementPlan {
        if demand.objective == .bytes, demand.balanceLimit == .eplb {
            return try EPLBLimitSearch(training: training, demand: demand, turns: turns)
                .plan(until: time, report: report)
        }
        let limits = try tighter(training, demand)
        let part = time.part(share)
        var found: [PlacementPlan] = []
        for (index, limit) in limits.enumerated() {
            var other = demand
            other.balanceLimit = limit
            let time = part.share(ofItems: limits.count - index, threads: 1)
            guard !time.isOver else { break }
            // As it would be if this limit were asked for.
            found.append(try search(training, other, found, turns: turns, until: time, report).best())
        }
        return try search(training, demand, found, turns: turns, until: time, report).best()
    }

    /// - Returns: the search when its turns or its time are over.
    static func search(
        _ training: TrainingSet, _ demand: PlacementDemand, _ found: [PlacementPlan], turns: Int,
        until time: SearchTime, _ report: (PlacementSearch) -> Void
    ) throws(PlacementError) -> PlacementSearch {
        if time.left != nil {
            var search = try TimedSearch(training, demand, found, until: time)
            search.improve(until: time, report: report)
            return search.search
        }
        var search = try PlacementSearch(training, demand, until: time)
        for plan in found { search.consider(plan) }
        while !time.isOver, search.turns < turns {
            search.improve(until: time)
            report(search)
        }
        return search
    }

    /// Limits below the one that is asked for, the tightest first: EPLB's and some above it.
    static func tighter(
        _ training: TrainingSet, _ demand: PlacementDemand
    ) throws(PlacementError) -> [PlacementDemand.BalanceLimit] {
        guard demand.objective == .bytes, case .ratio(let asked) = demand.balanceLimit else { return [] }
        let eplb = try CountedBalance(training).imbalance(Baseline.eplb.plan(training, demand))
        guard eplb <= asked + Self.rounding else { return [] }
        return [.eplb] + rungs.map { $0 * eplb }.filter { $0 < asked }.map { .ratio($0) }
    }
}

extension PlacementSearch {
    /// Takes a plan that was found otherwise if it is better than the best so far; the search goes its own way.
    mutating func consider(_ plan: PlacementPlan) {
        guard ground != nil else { return }
        let last = (states, model, homes)
        carryOn(plan)
        keepIfBest()
        (states, model, homes) = last
    }
}
