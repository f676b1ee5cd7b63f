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

    /// Copies wherever they may be and, where `oldWhole` is given, its devices as they are.
    func run(_ layer: Int, from old: LayerState, _ oldWhole: LayerState?) -> (free: LayerState, whole: LayerState?) {
        let time = time.share(ofItems: costs.count - layer, threads: demand.threads)
        let free = place(layer, from: old, until: oldWhole == nil ? time : time.part(0.5))
        return (free, oldWhole.map { placeWhole(layer, from: $0, until: time) })
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
    private func placeWhole(_ layer: Int, from old: LayerState, until time: SearchTime) -> LayerState {
        let state = LayerState(problem(layer, use: .merged), cells: old.cells, held: old.held.map { $0.map(Int.init) })
        return search(state, layer, steps: steps / 4, rule: .wholeDevices, until: time)
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
