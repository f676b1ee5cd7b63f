/// What a search starts from and what bounds it.
struct SearchGround: Sendable {
    /// EPLB's devices, requests spread over the nodes.
    let eplb: [LayerState]
    let peer: BalancePeer?
    /// What each layer may have of imbalance at no cost. Empty where there is no limit.
    let allowed: [Imbalance]
    /// Mean imbalance of the layers that fewest bytes may cost; nil where there is no limit.
    var limit: Imbalance? { allowed.isEmpty ? nil : allowed.mean }

    /// - Parameter devices: EPLB's, layer by layer.
    /// - Returns: nil where the time is over before.
    init?(
        _ training: TrainingSet, _ demand: PlacementDemand, _ room: LayerProblem.Room, devices: [[[Int]]],
        folds: RequestFolds, until time: SearchTime
    ) throws(PlacementError) {
        let states = training.states(
            of: devices, homes: nil, room: room, folds: folds, demand: demand,
            use: demand.objective == .balance ? .none : .merged, until: time)
        guard let states else { return nil }
        eplb = states
        peer = try BalancePeer(training, room, demand, eplb: devices, until: time)
        let peers =
            peer.flatMap {
                training.imbalances(
                    of: $0.layers, groups: $0.groups, room: room, folds: $0.folds(folds), demand: demand, until: time)
            } ?? []
        allowed =
            peer == nil ? Self.limits(demand, room, training, devices, folds, until: time) : peers
        guard !time.isOver else { return nil }
    }

    private static func limits(
        _ demand: PlacementDemand, _ room: LayerProblem.Room, _ training: TrainingSet, _ eplb: [[[Int]]],
        _ folds: RequestFolds, until time: SearchTime
    ) -> [Imbalance] {
        guard demand.objective == .bytes, case .ratio(let ratio) = demand.balanceLimit else { return [] }
        // Meant is the ratio of all requests together; the folds' is higher, as EPLB's is, and layers differ as EPLB's do.
        let imbalances =
            training.imbalances(of: eplb, groups: nil, room: room, folds: folds, demand: demand, until: time) ?? []
        return imbalances.map { $0 * (ratio / imbalances.mean.whole) }
    }
}
