/// Where the experts of every MoE layer live, and which node serves which request.
///
/// Devices are numbered across nodes: device `d` belongs to node `d / devicesPerNode`.
public struct PlacementPlan: Sendable, Equatable {
    /// Number of the file format this type writes and reads.
    public static let formatVersion = 1

    public let nodes: Int
    public let devicesPerNode: Int
    /// In model order; each has `nodes * devicesPerNode` devices.
    public let layers: [ExpertLayout]
    /// How a request finds its home node; nil where requests are spread over the nodes whatever they are.
    public let groups: GroupingModel?

    public var deviceCount: Int { nodes * devicesPerNode }

    /// Checks the plan as `validate()` does.
    public init(nodes: Int, devicesPerNode: Int, layers: [ExpertLayout], groups: GroupingModel? = nil)
        throws(PlacementError)
    {
        self.nodes = nodes
        self.devicesPerNode = devicesPerNode
        self.layers = layers
        self.groups = groups
        try validate()
    }

    /// Experts of a layer: one more than the largest id, as every expert has a device.
    public var expertCount: Int { layers.first.map(Self.expertCount) ?? 0 }

    /// The most experts that any device holds in any layer.
    public var slotsPerDevice: Int { layers.flatMap(\.devices).map(\.count).max() ?? 0 }

    static func expertCount(_ layout: ExpertLayout) -> Int {
        min(layout.devices.lazy.compactMap { $0.max() }.max() ?? -1, mostExperts) + 1
    }
}

extension PlacementPlan {
    /// More devices than any installation has; a plan beyond is a mistake or an attack.
    static let mostDevices = 1 << 16
    /// More experts than any model has in a layer.
    static let mostExperts = 1 << 16

    /// - Throws: where a layer has a wrong number of devices, an id is out of range, a device holds an expert twice,
    ///   an expert has no device, a layer occurs twice, or layers differ in their number of experts.
    func validate() throws(PlacementError) {
        guard (1...Self.mostDevices).contains(nodes), (1...Self.mostDevices).contains(devicesPerNode),
            nodes * devicesPerNode <= Self.mostDevices
        else {
            throw PlacementError(
                item: "nodes, devices_per_node", reason: "must be 1 or more and at most \(Self.mostDevices) devices")
        }
        guard !layers.isEmpty else { throw PlacementError(item: "layers", reason: "is empty") }
        var blocks: Set<Int> = []
        for layout in layers {
            guard blocks.insert(layout.block).inserted else {
                throw PlacementError(item: "layer \(layout.block)", reason: "occurs twice")
            }
            try validate(layout)
        }
        try groups?.validate(nodes: nodes)
    }

    private func validate(_ layout: ExpertLayout) throws(PlacementError) {
        let name = "layer \(layout.block)"
        guard layout.devices.count == deviceCount else {
            throw PlacementError(item: name, reason: "has \(layout.devices.count) devices instead of \(deviceCount)")
        }
        var copies = [Int](repeating: 0, count: max(0, min(Self.expertCount(layout), Self.mostExperts)))
        for (device, experts) in layout.devices.enumerated() {
            var seen: Set<Int> = []
            for expert in experts {
                guard copies.indices.contains(expert) else {
                    throw PlacementError(item: "\(name), device \(device)", reason: "no expert can be \(expert)")
                }
                guard seen.insert(expert).inserted else {
                    throw PlacementError(item: "\(name), device \(device)", reason: "holds expert \(expert) twice")
                }
                copies[expert] += 1
            }
        }
        if let missing = copies.firstIndex(of: 0) {
            throw PlacementError(item: name, reason: "expert \(missing) is on no device")
        }
        guard copies.count == expertCount else {
            throw PlacementError(item: name, reason: "has \(copies.count) experts, the first layer \(expertCount)")
        }
    }
}
