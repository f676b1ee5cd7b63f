/// One turn's work on a layer.
struct LayerJob: Sendable {
    let training: TrainingSet
    let demand: PlacementDemand
    let room: LayerProblem.Room
    let homes: [Int]?
    let folds: RequestFolds
    /// By layer.
    let trusted: [TrustedDevices]?
    /// By layer.
    let costs: [SearchCost]
    let steps: Int
    let temperature: Double
    /// Whether what was before is of other homes.
    let isFirst: Bool
    let seed: UInt64
    /// Of all layers together.
    let time: SearchTime

    /// How devices that are kept as they are may be moved, in the order of `kept`.
    private static let exchanges: [LayerSearch.Rule] = [.wholeDevices, .evenDevices]

    /// Copies wherever they may be, then, for each of `kept`, its devices as they are.
    ///
    /// - Parameter kept: a placement for each way to move whole devices, or none.
    func run(_ layer: Int, from old: LayerState, kept: [LayerState]) -> [LayerState] {
        let time = time.share(ofItems: costs.count - layer, threads: demand.threads)
        var found = [place(layer, from: old, until: kept.isEmpty ? time : time.part(0.5))]
        for (index, (old, rule)) in zip(kept, Self.exchanges).enumerated() {
            let part = time.share(ofItems: kept.count - index, threads: 1)
            found.append(exchange(layer, from: old, rule, until: part))
        }
        return found
    }

    private func place(_ layer: Int, from old: LayerState, until time: SearchTime) -> LayerState {
        let balance = demand.objective == .balance
        let problem = problem(layer, use: balance ? .none : .merged)
        let held =
            isFirst && (!balance || demand.survivesNodeLoss)
            ? InitialCells(problem: problem, survivesNodeLoss: demand.survivesNodeLoss).byAffinity()
            : old.heldByNode()
        return search(
            LayerState(problem, cells: .nodes(room), held: held), layer, steps: steps,
            rule: demand.survivesNodeLoss ? .spread : .none, until: time)
    }

    /// Each device on the node where it serves best.
    private func exchange(
        _ layer: Int, from old: LayerState, _ rule: LayerSearch.Rule, until time: SearchTime
    ) -> LayerState {
        let state = old.judged(by: problem(layer, use: .merged))
        return search(state, layer, steps: steps / 4, rule: rule, until: time)
    }

    private func problem(_ layer: Int, use: TrainingSet.SampleUse) -> LayerProblem {
        var problem = training.problem(layer: layer, room: room, homes: homes, folds: folds, use: use)
        problem.trusted = trusted?[layer]
        return problem
    }

    private func search(
        _ state: LayerState, _ layer: Int, steps: Int, rule: LayerSearch.Rule, until time: SearchTime
    ) -> LayerState {
        var search = LayerSearch(state, cost: costs[layer], rule: rule, seed: seed &+ UInt64(layer) &* 7919)
        search.run(steps: steps, temperature: temperature, until: time)
        return search.best
    }
}
