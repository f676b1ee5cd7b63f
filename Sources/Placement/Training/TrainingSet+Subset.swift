extension TrainingSet {
    /// These requests alone, in this order.
    ///
    /// - Parameter thinning: of so many sampled tokens one is kept; expert counts stay whole.
    func subset(_ chosen: [Int], thinning: Int = 1) -> TrainingSet {
        let experts = shape.expertCount
        var ranges: [Range<Int>] = []
        var tokens: [Int] = []
        for request in chosen {
            let (first, sampled) = (tokens.count, requests[request].sampled)
            let middle = min((thinning - 1) / 2, max(0, sampled.count - 1))
            tokens += stride(from: sampled.lowerBound + middle, to: sampled.upperBound, by: thinning)
            ranges.append(first..<tokens.count)
        }
        return TrainingSet(
            self,
            requests: zip(chosen, ranges).map { index, range in
                let request = requests[index]
                return Request(label: request.label, tokens: request.tokens, prompt: request.prompt, sampled: range)
            },
            counts: chosen == Array(requests.indices)
                ? counts : counts.map { layer in chosen.flatMap { layer[$0 * experts..<($0 + 1) * experts] } },
            sample: sample.map { layer in tokens.flatMap { layer[$0 * shape.topK..<($0 + 1) * shape.topK] } },
            sampleRequest: zip(chosen.indices, ranges).flatMap { repeatElement(Int32($0), count: $1.count) })
    }

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
        states(of: layers, groups: groups, room: room, folds: folds, demand: demand, use: .loads, until: time)?
            .map(\.imbalance)
    }

    /// The same with visits, for `use` that has tokens.
    func states(
        of layers: [[[Int]]], groups: GroupingModel?, room: LayerProblem.Room, folds: RequestFolds,
        demand: PlacementDemand, use: SampleUse, until time: SearchTime
    ) -> [LayerState]? {
        let trainer = GroupingTrainer(training: self, nodes: room.nodes, band: demand.band)
        let homes = groups.map { trainer.homes($0, seed: demand.seed) }
        return Parallel.map(layers.indices, threads: demand.threads, until: time) { layer in
            let problem = problem(layer: layer, room: room, homes: homes, folds: folds, use: use)
            return LayerState(problem, cells: .devices(room), held: layers[layer])
        }
    }
}
