/// The machines a model runs on: nodes of equal devices, in racks, and what their links and memories can do.
///
/// A node is the set of devices that a fast fabric joins: a server with NVLink, a whole NVL72 rack, a host with two
/// sockets. Devices are numbered through the nodes: device `d` is in node `d / devicesPerNode`.
public struct Topology: Sendable, Equatable {
    /// How far apart two devices are.
    public enum Level: Int, Sendable, CaseIterable {
        /// In one node.
        case intraNode
        /// In two nodes of one rack.
        case interNode
        /// In two racks.
        case interRack
    }

    /// Who shares a link's bandwidth.
    public enum Sharing: String, Sendable, CaseIterable {
        /// Each device has a link of its own.
        case device
        /// The devices of a node share one.
        case node
        /// The nodes of a rack share one.
        case rack
    }

    /// What carries bytes at one level, full duplex.
    public struct Link: Sendable, Equatable {
        /// The medium's name, for people.
        public var kind: String
        /// Bytes a second in each direction, as its maker states it.
        public var bandwidth: Double
        /// Share of `bandwidth` that kernels get, in (0, 1].
        public var efficiency: Double
        /// The share that kernels get which send one copy per node and forward it there.
        public var relayedEfficiency: Double
        /// Seconds that the first byte takes.
        public var latency: Double
        public var sharing: Sharing

        public init(
            kind: String, bandwidth: Double, efficiency: Double = 1, relayedEfficiency: Double? = nil,
            latency: Double, sharing: Sharing = .device
        ) {
            self.kind = kind
            self.bandwidth = bandwidth
            self.efficiency = efficiency
            self.relayedEfficiency = relayedEfficiency ?? efficiency
            self.latency = latency
            self.sharing = sharing
        }

        /// Bytes a second that kernels get.
        public func goodput(relayed: Bool) -> Double { bandwidth * (relayed ? relayedEfficiency : efficiency) }
    }

    /// What computes.
    public struct Device: Sendable, Equatable {
        public var name: String
        /// Experts of one layer that a device has room for; nil where only memory limits them.
        public var slots: Int?
        /// Bytes.
        public var memory: Double
        /// Bytes a second.
        public var memoryBandwidth: Double
        /// Floating-point operations a second in the number format of the experts.
        public var compute: Double
        /// Share of both that kernels get, in (0, 1].
        public var efficiency: Double

        public init(
            name: String, slots: Int? = nil, memory: Double, memoryBandwidth: Double, compute: Double,
            efficiency: Double = 1
        ) {
            self.name = name
            self.slots = slots
            self.memory = memory
            self.memoryBandwidth = memoryBandwidth
            self.compute = compute
            self.efficiency = efficiency
        }
    }

    /// Most devices of a topology.
    public static let deviceLimit = 65_536

    public var name: String
    public var nodes: Int
    public var devicesPerNode: Int
    /// Nodes of a rack; the last rack may have fewer.
    public var nodesPerRack: Int
    public var device: Device
    public var intraNode: Link
    public var interNode: Link
    public var interRack: Link
    /// Seconds that one dispatch or combine takes however little it moves: launch, counting, waiting for all.
    public var callOverhead: Double
    /// Bytes a second at which a node reads weights from its disk.
    public var storageBandwidth: Double

    public init(
        name: String, nodes: Int, devicesPerNode: Int, nodesPerRack: Int? = nil, device: Device, intraNode: Link,
        interNode: Link, interRack: Link? = nil, callOverhead: Double, storageBandwidth: Double = 3e9
    ) {
        precondition(nodes > 0 && devicesPerNode > 0 && nodes * devicesPerNode <= Topology.deviceLimit)
        self.name = name
        self.nodes = nodes
        self.devicesPerNode = devicesPerNode
        self.nodesPerRack = nodesPerRack ?? nodes
        self.device = device
        self.intraNode = intraNode
        self.interNode = interNode
        self.interRack = interRack ?? interNode
        self.callOverhead = callOverhead
        self.storageBandwidth = storageBandwidth
    }

    public var deviceCount: Int { nodes * devicesPerNode }
    public var rackCount: Int { (nodes + nodesPerRack - 1) / nodesPerRack }

    public func node(ofDevice device: Int) -> Int { device / devicesPerNode }
    public func rack(ofNode node: Int) -> Int { node / nodesPerRack }

    /// How far apart two nodes are.
    public func level(fromNode source: Int, toNode destination: Int) -> Level {
        if source == destination { return .intraNode }
        return rack(ofNode: source) == rack(ofNode: destination) ? .interNode : .interRack
    }

    public func link(_ level: Level) -> Link {
        switch level {
        case .intraNode: intraNode
        case .interNode: interNode
        case .interRack: interRack
        }
    }

    /// The same machines in another number; racks keep their size where they had one.
    public func resized(nodes: Int, devicesPerNode: Int? = nil) -> Topology {
        var copy = self
        copy.nodesPerRack = nodesPerRack == self.nodes ? nodes : nodesPerRack
        copy.nodes = nodes
        copy.devicesPerNode = devicesPerNode ?? self.devicesPerNode
        return copy
    }
}
