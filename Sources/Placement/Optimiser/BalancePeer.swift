/// The placement whose balance bounds ours while bytes are made fewer.
struct BalancePeer: Sendable {
    let layers: [[[Int]]]
    let groups: GroupingModel?

    /// What the loads of devices that the peer does not have are multiplied with: a search fits its layout closer to the
    /// training requests than EPLB does, which looks at loads alone, and than groups, which are fitted to them too.
    var slip: Float { groups == nil ? 1.12 : 1.06 }

    /// - Returns: nil where no other placement sets the bound, or all placements are balanced alike, or the time is over.
    init?(
        _ training: TrainingSet, _ room: LayerProblem.Room, _ demand: PlacementDemand, eplb: [[[Int]]],
        until time: SearchTime
    ) throws(PlacementError) {
        let alike = room.slotsPerDevice == 1 && room.copies == training.shape.expertCount
        guard demand.objective == .bytes, !alike else { return nil }
        switch demand.balanceLimit {
        case .eplb:
            layers = eplb
            groups = nil
        case .published:
            guard
                let plan = try PublishedGrouping(training, room, seed: demand.seed, until: time)?.plan()
            else { return nil }
            layers = plan.layers.map(\.devices)
            groups = plan.groups
        case .ratio, .none: return nil
        }
    }

    /// As the peer has them: what it does with requests of labels it does not know.
    func folds(_ folds: RequestFolds) -> RequestFolds {
        var folds = folds
        folds.spreadsNewLabels = groups != nil
        return folds
    }
}
