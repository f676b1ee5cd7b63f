import Activations

/// The work of a turn.
extension PlacementSearch {
    /// - Returns: false where the time was over before; then nothing of this value is of use.
    mutating func turn(until time: SearchTime) -> Bool {
        let started = ContinuousClock.now
        let begins = isStart
        if demand.groups, begins {
            guard let found = clusters(until: time.part(0.3)) else { return false }
            homes = found
        }
        guard place(within: time.part(turns == 0 ? 0.4 : 0.2), until: time) else { return false }
        let placed = ContinuousClock.now
        guard !demand.groups || begins || turns == 0 || keepPlaced(until: time) else { return false }
        guard !demand.groups || regroup(until: time) else { return false }
        guard !demand.groups && limit == nil || judge(until: time) else { return false }
        turns += 1
        keepIfBest()
        took = (.now - placed, .now - started)
        giveLeeway()
        return true
    }

    /// What was placed for the homes of the last turn is a plan with them, and may be better than what comes of it: new
    /// homes, which layers were not placed for, can take it beyond the limit of balance turn after turn.
    ///
    /// - Returns: false where the time was over before.
    private mutating func keepPlaced(until time: SearchTime) -> Bool {
        let placed = states
        guard judge(until: time) else { return false }
        keepIfBest()
        states = placed
        return true
    }

    /// - Returns: false where the time was over before all layers were placed.
    private mutating func place(within part: SearchTime, until time: SearchTime) -> Bool {
        let first = demand.groups ? isStart : turns == 0
        let job = LayerJob(
            training: training, demand: demand, room: room, homes: homes,
            // Other folds than those that judge the turn, so that these tell whether balance came by chance.
            folds: demand.objective == .balance
                ? folds : RequestFolds(training, seed: demand.seed &+ 18 &+ UInt64(turns)),
            trusted: trusted(spreadsRequests: homes == nil), costs: states.indices.map(cost),
            steps: time.left == nil ? tuning.steps : 20 * tuning.steps,
            temperature: (first ? tuning.hot : tuning.warm) * unrest,
            isFirst: first, seed: demand.seed &+ UInt64(turns) &* 1_000_003, time: part)
        let (old, kept) = (states, kept)
        let found = Parallel.map(old.indices, threads: demand.threads, until: time) { layer in
            job.run(layer, from: old[layer], kept: kept[layer])
        }
        guard let found else { return false }
        free = found.map { $0[0] }
        self.kept = found.map { Array($0.dropFirst()) }
        states = cheapest(found)
        return true
    }

    /// With few experts each move changes much, so that only more heat leaves a place where no single move gains.
    private var unrest: Double {
        let ratio = 32 / Double(max(1, training.shape.expertCount))
        return min(max(1, ratio * ratio), 16)
    }

    /// Places the best plan's copies better for the homes it has.
    mutating func settle(until time: SearchTime) {
        let (old, costs, rule) = (bestStates, bestStates.indices.map(cost), demand.survivesNodeLoss)
        let (seed, threads) = (demand.seed &+ UInt64(turns) &* 77, demand.threads)
        let (steps, heat) = (time.left == nil ? tuning.steps : .max, tuning.warm * unrest)
        let trusted = trusted(spreadsRequests: bestModel == nil)
        let found = Parallel.map(old.indices, threads: threads) { layer in
            // EPLB's own states trust no devices, as they need none.
            var problem = old[layer].problem
            problem.trusted = trusted?[layer]
            var search = LayerSearch(
                old[layer].judged(by: problem), cost: costs[layer], rule: rule ? .spread : .none,
                seed: seed &+ UInt64(layer))
            search.run(
                steps: steps, temperature: heat, until: time.share(ofItems: old.count - layer, threads: threads))
            return search.best
        }
        let last = (states, model)
        (states, model) = (found, bestModel)
        keepIfBest()
        (states, model) = last
    }

    func trusted(spreadsRequests: Bool) -> [TrustedDevices]? {
        peer.map { peer in
            peer.layers.map {
                TrustedDevices(
                    $0, experts: training.shape.expertCount, slip: peer.slip, spreadsRequests: spreadsRequests)
            }
        }
    }
}
