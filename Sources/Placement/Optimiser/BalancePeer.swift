import Foundation

/// The placement whose balance bounds ours while bytes are made fewer.
struct BalancePeer: Sendable {
    let layers: [[[Int]]]
    let groups: GroupingModel?

    /// What the loads of devices that the peer does not have are multiplied with: a search fits its layout closer to the
    /// training requests than EPLB does, which looks at loads alone, and than groups, which are fitted to them too.
    let slip: Float

    /// The more experts, the more placements there are to find a close fit among: each doubling from few experts on adds
    /// to the slip, until it is what 32 experts were seen to need.
    private static func slip(experts: Int, besideGroups: Bool) -> Float {
        let doublings = log2(Float(max(experts, 1)) / Float(RequestFolds.fewExperts))
        return 1 + 0.06 * min(max(doublings, 0), besideGroups ? 1 : 2)
    }

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
        slip = Self.slip(experts: training.shape.expertCount, besideGroups: groups != nil)
    }

    /// As the peer has them: what it does with requests of labels it does not know.
    func folds(_ folds: RequestFolds) -> RequestFolds {
        var folds = folds
        folds.spreadsNewLabels = groups != nil
        return folds
    }
}
