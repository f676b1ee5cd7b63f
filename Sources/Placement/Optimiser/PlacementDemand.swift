/// What a placement is asked for.
public struct PlacementDemand: Sendable {
    public enum Objective: Sendable, Equatable {
        /// Fewest inter-node bytes at a device balance no worse than EPLB's.
        case bytes
        /// The least largest-over-mean device load.
        case balance
        /// The least time: seconds a layer that one visit per token costs, and that 1 more in largest over mean costs.
        case time(visit: Double, imbalance: Double)
    }

    /// What bounds the imbalance while bytes are made fewer.
    public enum BalanceLimit: Sendable, Equatable {
        /// That of EPLB with as many copies.
        case eplb
        /// That of the published grouping with as many copies, which is often looser; see `Baseline.published`.
        case published
        case ratio(Double)
        case none
    }

    public var nodes: Int
    public var devicesPerNode: Int
    /// Copies of experts in a layer beyond one of each.
    public var redundant: Int
    /// Most experts of a device; nil for the least that has room for all copies.
    public var slotsPerDevice: Int?
    public var objective = Objective.bytes
    public var balanceLimit = BalanceLimit.eplb
    /// Whether requests are grouped; else they are spread over the nodes whatever they are.
    public var groups = true
    /// Whether every expert must have copies on two nodes.
    public var survivesNodeLoss = false
    /// How far above the mean the load of a node may be for new requests to be sent there.
    public var band = 0.25
    public var seed: UInt64 = 1
    public var threads = 2

    public init(nodes: Int, devicesPerNode: Int, redundant: Int = 0, slotsPerDevice: Int? = nil) {
        self.nodes = nodes
        self.devicesPerNode = devicesPerNode
        self.redundant = redundant
        self.slotsPerDevice = slotsPerDevice
    }

    /// - Throws: where the devices have no room for the copies, or too few copies to survive the loss of a node.
    func room(experts: Int) throws(PlacementError) -> LayerProblem.Room {
        guard nodes >= 1, devicesPerNode >= 1, redundant >= 0, experts >= 1, nodes <= PlacementPlan.mostDevices,
            devicesPerNode <= PlacementPlan.mostDevices, nodes * devicesPerNode <= PlacementPlan.mostDevices
        else { throw PlacementError(reason: "needs nodes, devices and experts, and redundant copies of 0 or more") }
        let devices = nodes * devicesPerNode
        let copies = experts + redundant
        guard copies <= experts * devices else {
            throw PlacementError(
                item: "redundant", reason: "\(copies) copies are more than one of each of \(experts) experts a device")
        }
        let needed = (copies + devices - 1) / devices
        if let slotsPerDevice, slotsPerDevice < needed {
            throw PlacementError(
                item: "slots", reason: "\(devices) devices of \(slotsPerDevice) have no room for \(copies) copies")
        }
        if survivesNodeLoss, nodes < 2 || copies < 2 * experts {
            throw PlacementError(
                item: "survive-node-loss",
                reason: "needs 2 nodes and \(experts) redundant copies, there are \(nodes) and \(redundant)")
        }
        return LayerProblem.Room(
            nodes: nodes, devicesPerNode: devicesPerNode, slotsPerDevice: needed, copies: copies)
    }
}
