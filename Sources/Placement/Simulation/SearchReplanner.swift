import Activations

/// Makes new plans with the placement search, from the requests that were just seen alone.
public struct SearchReplanner: Replanner {
    private let moves: Int?
    private let turns: Int
    private let objective: PlacementDemand.Objective
    private let seed: UInt64
    private let threads: Int

    /// - Parameters:
    ///   - moves: copies that a new plan may move, with the groups as they are; nil for a whole new plan.
    ///   - turns: turns of the search for a whole new plan. Homes settle in the first few; fewer may end with a layout
    ///     as EPLB makes it.
    ///   - objective: a plan is taken for the time it saves, so that is what to ask for; see `CostModel.timeObjective`.
    public init(
        moves: Int? = 64, turns: Int = 8, objective: PlacementDemand.Objective = .bytes, seed: UInt64 = 1,
        threads: Int = 2
    ) {
        self.moves = moves
        self.turns = turns
        self.objective = objective
        self.seed = seed
        self.threads = threads
    }

    public func plan(
        recent: [RequestTrace], shape: TraceShape, current: PlacementPlan
    ) throws -> PlacementPlan? {
        var training = TrainingSet(shape: shape)
        for request in recent { training.add(request) }
        let layers = shape.blocks.compactMap { block in current.layers.first { $0.block == block } }
        guard training.tokens > 0, let copies = layers.map({ $0.devices.reduce(0) { $0 + $1.count } }).max() else {
            return nil
        }
        var demand = PlacementDemand(
            nodes: current.nodes, devicesPerNode: current.devicesPerNode, redundant: copies - current.expertCount)
        demand.seed = seed
        demand.threads = threads
        demand.objective = objective
        demand.groups = current.groups != nil
        let running = try PlacementPlan(
            nodes: current.nodes, devicesPerNode: current.devicesPerNode, layers: layers, groups: current.groups)
        if let moves {
            return try PlacementSearch.improve(running, moves: moves, training, demand, keepsCopies: true)
        }
        // A plan that survives the loss of a node is followed by such plans; it stays where none is found.
        demand.survivesNodeLoss = running.survivesNodeLoss
        guard var search = try? PlacementSearch(training, demand) else { return nil }
        for _ in 0..<turns { search.improve() }
        return try search.best()
    }
}
