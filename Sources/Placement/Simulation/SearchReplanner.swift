import Activations

/// Makes new plans with the placement search, from the requests that were just seen alone.
public struct SearchReplanner: Replanner {
    private let moves: Int?
    private let turns: Int
    private let seed: UInt64
    private let threads: Int

    /// - Parameters:
    ///   - moves: copies that a new plan may move, with the groups as they are; nil for a whole new plan.
    ///   - turns: turns of the search for a whole new plan.
    public init(moves: Int? = 64, turns: Int = 4, seed: UInt64 = 1, threads: Int = 2) {
        self.moves = moves
        self.turns = turns
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
        demand.groups = current.groups != nil
        if let moves {
            let running = try PlacementPlan(
                nodes: current.nodes, devicesPerNode: current.devicesPerNode, layers: layers, groups: current.groups)
            return try PlacementSearch.improve(running, moves: moves, training, demand) { false }
        }
        var search = try PlacementSearch(training, demand)
        for _ in 0..<turns { search.improve { false } }
        return try search.best()
    }
}
