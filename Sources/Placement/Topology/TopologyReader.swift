extension Topology {
    /// Reads a topology's YAML: the schema is in `docs/topology.md`.
    ///
    /// - Parameter file: name of the file, for messages.
    /// - Throws: ``YAMLFileError`` with the key and line of what is missing, unknown, out of range or without its unit.
    public init(yaml text: String, file: String) throws(YAMLFileError) {
        var root = try StrictYAML(text: text, file: file)
        _ = try root.integer("version", in: 1...1)
        let name = try root.text("name")
        let nodes = try root.integer("nodes", in: 1...Topology.deviceLimit)
        let devicesPerNode = try root.integer("devices_per_node", in: 1...(Topology.deviceLimit / nodes))
        let nodesPerRack = root.has("nodes_per_rack") ? try root.integer("nodes_per_rack", in: 1...nodes) : nil
        let device = try Device(root.mapping("device"))
        var links = try root.mapping("links")
        let intraNode = try Link(links.mapping("intra_node"))
        let interNode = try Link(links.mapping("inter_node"))
        let interRack = links.has("inter_rack") ? try Link(links.mapping("inter_rack")) : nil
        try links.finish()
        let overhead = try root.quantity("call_overhead", .duration, zeroAllowed: true)
        let storage = root.has("storage_bandwidth") ? try root.quantity("storage_bandwidth", .bandwidth) : 3e9
        try root.finish()
        self.init(
            name: name, nodes: nodes, devicesPerNode: devicesPerNode, nodesPerRack: nodesPerRack, device: device,
            intraNode: intraNode, interNode: interNode, interRack: interRack, callOverhead: overhead,
            storageBandwidth: storage)
    }
}

extension Topology.Device {
    fileprivate init(_ source: StrictYAML) throws(YAMLFileError) {
        var map = source
        name = try map.text("name")
        slots = map.has("slots") ? try map.integer("slots", in: 1...65_535) : nil
        memory = try map.quantity("memory", .size)
        memoryBandwidth = try map.quantity("memory_bandwidth", .bandwidth)
        compute = try map.quantity("compute", .compute)
        efficiency = map.has("efficiency") ? try map.number("efficiency", in: 0.01...1) : 1
        try map.finish()
    }
}

extension Topology.Link {
    fileprivate init(_ source: StrictYAML) throws(YAMLFileError) {
        var map = source
        kind = try map.text("kind")
        bandwidth = try map.quantity("bandwidth", .bandwidth)
        efficiency = map.has("efficiency") ? try map.number("efficiency", in: 0.01...1) : 1
        relayedEfficiency =
            map.has("relayed_efficiency") ? try map.number("relayed_efficiency", in: 0.01...1) : efficiency
        latency = try map.quantity("latency", .duration, zeroAllowed: true)
        sharing = map.has("shared_by") ? try map.choice("shared_by", Topology.Sharing.self) : .device
        try map.finish()
    }
}
