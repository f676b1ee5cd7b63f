import Activations

/// Makes new plans with the placement search, from the requests that were just seen alone.
public struct SearchReplanner: Replanner {
    private let turns: Int
    private let seed: UInt64
    private let threads: Int

    /// - Parameter turns: turns of the search: more take longer and find better plans.
    public init(turns: Int = 2, seed: UInt64 = 1, threads: Int = 2) {
        self.turns = turns
        self.seed = seed
        self.threads = threads
    }

    public func plan(
        recent: [RequestTrace], shape: TraceShape, current: PlacementPlan
    ) throws -> PlacementPlan? {
        var training = TrainingSet(shape: shape)
        for request in recent { training.add(request) }
        guard training.tokens > 0, let layout = current.layers.first else { return nil }
        let copies = layout.devices.reduce(0) { $0 + $1.count }
        var demand = PlacementDemand(
            nodes: current.nodes, devicesPerNode: current.devicesPerNode, redundant: copies - current.expertCount)
        demand.seed = seed
        demand.threads = threads
        demand.groups = current.groups != nil
        var search = try PlacementSearch(training, demand)
        for _ in 0..<turns { search.improve { false } }
        return try search.best()
    }
}
