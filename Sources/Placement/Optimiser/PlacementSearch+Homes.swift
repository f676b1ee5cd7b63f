/// Where requests are at home, for the placement there is.
extension PlacementSearch {
    /// Begins with the placement that sets the limit where it has groups of its own, so that what is found is no worse.
    mutating func startFromPeer() {
        guard let peer, let groups = peer.groups, demand.groups, !demand.survivesNodeLoss else { return }
        let trainer = GroupingTrainer(training: training, nodes: room.nodes, band: demand.band)
        let homes = trainer.homes(groups, seed: demand.seed)
        let (training, room, folds) = (training, room, folds)
        self.homes = homes
        model = groups
        states = Parallel.map(peer.layers.indices, threads: demand.threads) { layer in
            let problem = training.problem(layer: layer, room: room, homes: homes, folds: folds)
            return LayerState(problem, cells: .devices(room), held: peer.layers[layer])
        }
    }

    /// First homes, before anything is placed: clusters of requests that use the same experts.
    func clusters() -> [Int] {
        let share = (training.requests.count + room.nodes - 1) / room.nodes
        return SphericalClusters.best(
            of: 4, prompted ? training.vectors() : training.labelVectors(),
            width: training.shape.layerCount * training.shape.expertCount, clusters: room.nodes,
            capacity: share + Int(Double(share) * demand.band), seed: demand.seed &+ UInt64(turns)
        ).cluster
    }

    private var prompted: Bool { training.requests.contains { !$0.prompt.isEmpty } }

    /// Homes by what the placement makes of each, and the states' costs with them.
    mutating func regroup() {
        let trainer = GroupingTrainer(training: training, nodes: room.nodes, band: demand.band)
        let costs = homeCosts()
        let fitted = trainer.fit(costs: costs.visits, savings: prompted ? signatures(costs.savings) : nil)
        model = fitted
        let homes = trainer.homes(fitted, seed: demand.seed &+ UInt64(turns) &* 31)
        self.homes = homes
        states = cheaper(judged(free), whole.map(judged))
    }

    /// The same placements with the homes of now, and by other folds than those they were made for.
    private func judged(_ old: [LayerState]) -> [LayerState] {
        let (training, homes, room, folds, trusted) = (training, homes, room, folds, trusted())
        return Parallel.map(old.indices, threads: demand.threads) { layer in
            var problem = training.problem(layer: layer, room: room, homes: homes, folds: folds)
            problem.trusted = trusted?[layer]
            return LayerState(problem, cells: old[layer].cells, held: old[layer].held.map { $0.map(Int.init) })
        }
    }

    /// Visits per token and layer for every request and home.
    private func homeCosts() -> HomeCosts {
        let (training, states, room, folds) = (training, states, room, folds)
        let count = training.requests.count
        let parts = Parallel.map(states.indices, threads: demand.threads) { layer in
            let problem = training.problem(layer: layer, room: room, homes: nil, folds: folds, use: .single)
            var state = LayerState(problem, cells: .nodes(room), held: states[layer].heldByNode())
            return state.homeCosts(requests: training.sampleRequest, count: count)
        }
        var sum = HomeCosts(visits: [Double](repeating: 0, count: count * room.nodes), savings: [])
        for part in parts {
            for index in part.visits.indices { sum.visits[index] += part.visits[index] }
            sum.savings += part.savings
        }
        for index in sum.visits.indices {
            let sampled = training.requests[index / room.nodes].sampled.count * states.count
            sum.visits[index] /= Double(max(1, sampled))
        }
        return sum
    }

    /// From `[layers][nodes * experts]` to `[nodes][layers * experts]`.
    private func signatures(_ savings: [[Float]]) -> [[Float]] {
        let experts = training.shape.expertCount
        return (0..<room.nodes).map { node in
            savings.flatMap { $0[node * experts..<(node + 1) * experts].map { ($0 * 1e4).rounded() / 1e4 } }
        }
    }
}
