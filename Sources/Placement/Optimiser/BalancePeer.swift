/// The placement whose balance bounds ours while bytes are made fewer.
struct BalancePeer: Sendable {
    let layers: [[[Int]]]
    let groups: GroupingModel?

    /// - Returns: nil where no other placement sets the bound, or all placements are balanced alike.
    init?(_ training: TrainingSet, _ room: LayerProblem.Room, _ demand: PlacementDemand) throws(PlacementError) {
        let alike = room.slotsPerDevice == 1 && room.copies == training.shape.expertCount
        guard demand.objective == .bytes, !alike else { return nil }
        switch demand.balanceLimit {
        case .eplb:
            layers = training.shape.blocks.indices.map { EPLBPlan.devices(training.loads(layer: $0), room) }
            groups = nil
        case .published:
            let plan = try PublishedGrouping(training, room, seed: demand.seed).plan()
            layers = plan.layers.map(\.devices)
            groups = plan.groups
        case .ratio, .none: return nil
        }
    }
}
