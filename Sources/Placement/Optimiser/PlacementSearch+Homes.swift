/// Where requests are at home, for the placement there is.
extension PlacementSearch {
    /// Begins with the placement that sets the limit where it has groups of its own, so that what is found is no worse.
    ///
    /// - Returns: false where there is no such placement.
    mutating func startFromPeer() -> Bool {
        guard let peer, let groups = peer.groups, demand.groups, !demand.survivesNodeLoss else { return false }
        start(peer.layers, groups, folds: peer.folds(folds))
        return true
    }

    /// Begins with a plan that was found before.
    mutating func carryOn(_ plan: PlacementPlan) {
        start(plan.layers.map(\.devices), plan.groups, folds: folds)
    }

    private mutating func start(_ layers: [[[Int]]], _ groups: GroupingModel?, folds: RequestFolds) {
        homes = groups.map { training.homes($0, room, demand) }
        model = groups
        states =
            training.states(
                of: layers, homes: homes, room: room, folds: folds, demand: demand, use: .merged, until: .unlimited)
            ?? []
    }

    /// First homes, before anything is placed: clusters of requests that use the same experts; nil where the time is
    /// over before.
    func clusters(until time: SearchTime) -> [Int]? {
        let share = (training.requests.count + room.nodes - 1) / room.nodes
        let stride = clusteredStride
        return SphericalClusters.best(
            of: 4, prompted ? training.vectors(stride: stride) : training.labelVectors(stride: stride),
            width: training.width(stride: stride), clusters: room.nodes,
            capacity: share + Int(Double(share) * demand.band), seed: demand.seed &+ UInt64(turns), until: time
        )?.cluster
    }

    /// Of so many layers one is looked at for clusters, which large traces would else take minutes for.
    private var clusteredStride: Int {
        let shape = training.shape
        let work = training.requests.count * shape.layerCount * shape.expertCount * room.nodes
        return max(1, min(work / 100_000_000, shape.layerCount / 4))
    }

    private var prompted: Bool { training.requests.contains { !$0.prompt.isEmpty } }

    /// Homes by what the placement makes of each.
    ///
    /// - Returns: false where the time was over before.
    mutating func regroup(until time: SearchTime) -> Bool {
        let trainer = GroupingTrainer(training: training, nodes: room.nodes, band: demand.band)
        guard let costs = homeCosts(until: time) else { return false }
        let savings = prompted ? signatures(costs.savings) : nil
        guard let fitted = trainer.fit(costs: costs.visits, savings: savings, until: time) else { return false }
        model = fitted
        homes = trainer.homes(fitted, seed: demand.seed &+ UInt64(turns) &* 31)
        return true
    }

    /// Takes of what the turn found what is best with the homes of now.
    ///
    /// - Returns: false where the time was over before.
    mutating func judge(until time: SearchTime) -> Bool {
        let found = candidates
        // Layers of the best plan may be the better part of a new one, for the homes of now.
        let all = limit != nil ? zip(found, bestStates).map { $0 + [$1] } : found
        guard let judged = judged(all, until: time) else { return false }
        reached = imbalance(cheapest(zip(judged, found).map { Array($0.prefix($1.count)) }))
        states = bestTogether(judged)
        return true
    }

    /// Placements of each layer with the homes of now, and by other folds than those they were made for.
    private func judged(_ old: [[LayerState]], until time: SearchTime) -> [[LayerState]]? {
        let (training, homes, room, folds) = (training, homes, room, folds)
        let trusted = trusted(spreadsRequests: homes == nil)
        return Parallel.map(old.indices, threads: demand.threads, until: time) { layer in
            var problem = training.problem(layer: layer, room: room, homes: homes, folds: folds)
            problem.trusted = trusted?[layer]
            return old[layer].map { $0.judged(by: problem) }
        }
    }

    /// Visits per token and layer for every request and home.
    private func homeCosts(until time: SearchTime) -> HomeCosts? {
        let (training, states, room, folds, savings) = (training, states, room, folds, prompted)
        let count = training.requests.count
        let parts = Parallel.map(states.indices, threads: demand.threads, until: time) { layer in
            let problem = training.problem(layer: layer, room: room, homes: nil, folds: folds, use: .single)
            var state = LayerState(problem, cells: .nodes(room), held: states[layer].heldByNode())
            return state.homeCosts(requests: training.sampleRequest, count: count, savings: savings)
        }
        guard let parts else { return nil }
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
