extension PlacementSearch {
    /// Improves a running plan within a number of moved copies.
    ///
    /// Its groups stay as they are. All layers may gain or lose in balance; the objective weighs that as ever.
    /// - Throws: where the plan is of other devices or of another model than the training requests.
    public static func improve(
        _ plan: PlacementPlan, moves: Int, _ training: TrainingSet, _ demand: PlacementDemand,
        until time: SearchTime = .unlimited
    ) throws(PlacementError) -> PlacementPlan {
        guard plan.nodes == demand.nodes, plan.devicesPerNode == demand.devicesPerNode,
            plan.layers.map(\.block) == training.shape.blocks, plan.expertCount == training.shape.expertCount
        else { throw PlacementError(item: "from", reason: "the plan is of other devices, layers or experts") }
        let trainer = GroupingTrainer(training: training, nodes: plan.nodes, band: demand.band)
        let homes = plan.groups.map { trainer.homes($0, seed: demand.seed) }
        let folds = RequestFolds(training, seed: demand.seed &+ 17)
        let slots = max(plan.slotsPerDevice, demand.slotsPerDevice ?? 0)
        let layers = Parallel.map(plan.layers.indices, threads: demand.threads, until: time) { layer in
            let devices = plan.layers[layer].devices
            let room = LayerProblem.Room(
                nodes: plan.nodes, devicesPerNode: plan.devicesPerNode, slotsPerDevice: slots,
                copies: devices.reduce(0) { $0 + $1.count })
            let problem = training.problem(layer: layer, room: room, homes: homes, folds: folds)
            let state = LayerState(problem, cells: .devices(room), held: devices)
            return BoundedMoves(start: state, cost: cost(demand), rule: demand.survivesNodeLoss ? .spread : .none)
        }
        guard let layers else { return plan }
        let devices = BoundedMoves.improve(
            layers, moves: moves, threads: demand.threads, seed: demand.seed, until: time)
        return try PlacementPlan(
            nodes: plan.nodes, devicesPerNode: plan.devicesPerNode,
            layers: zip(plan.layers, devices).map { ExpertLayout(block: $0.block, devices: $1) }, groups: plan.groups)
    }
}
