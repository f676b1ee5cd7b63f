import Activations

/// Placements that others make, for comparison on the same room: as many copies, as many slots.
public enum Baseline: String, CaseIterable, Sendable {
    /// Experts in order, as many to each device.
    case linear
    /// Expert by expert to the next device.
    case roundRobin = "round-robin"
    /// See `EPLB`.
    case eplb
    /// Grouping by K-means on decode vectors, then placement by use under capacity; see `PublishedGrouping`.
    case published

    /// The plan for the training requests.
    ///
    /// - Throws: as `PlacementDemand.room`.
    public func plan(_ training: TrainingSet, _ demand: PlacementDemand) throws(PlacementError) -> PlacementPlan {
        guard let plan = try plan(training, demand, until: .unlimited) else {
            preconditionFailure("time that is unlimited is not over")
        }
        return plan
    }

    /// The same; nil where the time is over before. All but the published grouping take next to none.
    public func plan(
        _ training: TrainingSet, _ demand: PlacementDemand, until time: SearchTime
    ) throws(PlacementError) -> PlacementPlan? {
        let room = try demand.room(experts: training.shape.expertCount)
        if self == .published {
            return try PublishedGrouping(training, room, seed: demand.seed, until: time)?.plan()
        }
        var layers: [ExpertLayout] = []
        for (layer, block) in training.shape.blocks.enumerated() {
            let devices =
                switch self {
                case .linear: Self.linear(training.shape.expertCount, room)
                case .roundRobin: Self.roundRobin(training.shape.expertCount, room)
                case .eplb, .published: EPLBPlan.devices(training.loads(layer: layer), room)
                }
            layers.append(ExpertLayout(block: block, devices: devices))
        }
        return try PlacementPlan(nodes: room.nodes, devicesPerNode: room.devicesPerNode, layers: layers)
    }

    /// Copy `i` is of expert `i` modulo their number, as serving engines number them at start; consecutive copies share
    /// a device.
    private static func linear(_ experts: Int, _ room: LayerProblem.Room) -> [[Int]] {
        var devices = [[Int]](repeating: [], count: room.devices)
        for copy in 0..<room.copies { devices[copy * room.devices / room.copies].append(copy % experts) }
        return EPLBPlan.withoutTwins(devices, loads: [Double](repeating: 1, count: experts))
    }

    private static func roundRobin(_ experts: Int, _ room: LayerProblem.Room) -> [[Int]] {
        var devices = [[Int]](repeating: [], count: room.devices)
        for copy in 0..<room.copies { devices[copy % room.devices].append(copy % experts) }
        return EPLBPlan.withoutTwins(devices, loads: [Double](repeating: 1, count: experts))
    }
}
