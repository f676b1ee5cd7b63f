extension TrainingSet {
    /// Imbalance of each layer.
    ///
    /// - Parameters:
    ///   - layers: experts of each device, layer by layer.
    ///   - groups: nil spreads the requests' tokens over the nodes.
    /// - Returns: nil where the time is over before.
    func imbalances(
        of layers: [[[Int]]], groups: GroupingModel?, room: LayerProblem.Room, folds: RequestFolds,
        demand: PlacementDemand, until time: SearchTime = .unlimited
    ) -> [Imbalance]? {
        let homes = groups.map { self.homes($0, room, demand) }
        return states(of: layers, homes: homes, room: room, folds: folds, demand: demand, use: .loads, until: time)?
            .map(\.imbalance)
    }

    /// The same with visits, for `use` that has tokens.
    ///
    /// - Parameter homes: nil spreads the requests' tokens over the nodes.
    func states(
        of layers: [[[Int]]], homes: [Int]?, room: LayerProblem.Room, folds: RequestFolds, demand: PlacementDemand,
        use: SampleUse, until time: SearchTime
    ) -> [LayerState]? {
        Parallel.map(layers.indices, threads: demand.threads, until: time) { layer in
            let problem = problem(layer: layer, room: room, homes: homes, folds: folds, use: use)
            return LayerState(problem, cells: .devices(room), held: layers[layer])
        }
    }

    /// Where groups, or without them the nodes in turn, have the requests.
    func homes(_ groups: GroupingModel?, _ room: LayerProblem.Room, _ demand: PlacementDemand) -> [Int] {
        GroupingTrainer(training: self, nodes: room.nodes, band: demand.band).homes(groups, seed: demand.seed)
    }
}
