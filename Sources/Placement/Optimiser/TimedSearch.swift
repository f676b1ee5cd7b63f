/// Looks for a plan for as long as it is told to.
///
/// It begins with few tokens of each request, so that at least one turn fits the time, and takes more of them once turns
/// are short against what is left. Expert counts are always those of all tokens. Unlike `PlacementSearch` by turns, what
/// is found depends on the machine's speed.
public struct TimedSearch: Sendable {
    private let training: TrainingSet
    private let demand: PlacementDemand
    public private(set) var search: PlacementSearch
    /// Of so many sampled tokens of a request one is looked at.
    private(set) var thinning: Int
    /// Turns made with this thinning.
    private var turns = 0

    /// - Parameter time: EPLB's plan is made in any case.
    /// - Throws: as `PlacementSearch`.
    public init(_ training: TrainingSet, _ demand: PlacementDemand, until time: SearchTime) throws(PlacementError) {
        try self.init(training, demand, [], until: time)
    }

    /// - Parameter found: plans that may be better than what this search finds.
    init(
        _ training: TrainingSet, _ demand: PlacementDemand, _ found: [PlacementPlan], until time: SearchTime
    ) throws(PlacementError) {
        self.training = training
        self.demand = demand
        thinning = Self.thinning(training, demand, time.left)
        search = try PlacementSearch(training.thinned(thinning), demand, until: time)
        for plan in found where !time.isOver { search.consider(plan) }
    }

    /// The best plan so far.
    public func best() throws(PlacementError) -> PlacementPlan { try search.best() }

    /// Improves the plan until the time is over, which must have an end or be interrupted.
    ///
    /// - Parameter report: called now and then.
    public mutating func improve(until time: SearchTime, report: (PlacementSearch) -> Void = { _ in }) {
        while !time.isOver {
            let before = search.turns
            search.improve(until: time)
            turns += search.turns - before
            report(search)
            if thinning > 1, turns >= 2 { refine(until: time) }
        }
    }

    /// Tokens of a layer that a thread gets through a turn with in a second.
    private static let speed = 100_000.0

    private static func thinning(_ training: TrainingSet, _ demand: PlacementDemand, _ left: Duration?) -> Int {
        guard let left, demand.objective != .balance, training.shape.layerCount > 0 else { return 1 }
        let tokens = speed * Double(demand.threads) * (left / .seconds(1)) / Double(training.shape.layerCount)
        let longest = training.requests.reduce(1) { max($0, $1.sampled.count) }
        return Int(min(max(1, Double(training.sampleRequest.count) / max(tokens, 1)), Double(longest)))
    }

    /// Goes on with more tokens where there is time for some turns with them.
    private mutating func refine(until time: SearchTime) {
        let finer = thinning / 4
        let slower = Double(thinning) / Double(max(1, finer))
        guard time.allows(search.took.homes * (20 * slower)),
            let next = search.continued(on: training.thinned(max(1, finer)), until: time)
        else { return }
        (search, thinning, turns) = (next, max(1, finer), 0)
    }
}
