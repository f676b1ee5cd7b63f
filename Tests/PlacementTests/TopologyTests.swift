import Foundation
import Placement
import Testing

@Suite struct TopologyTests {
    private static let valid = """
        version: 1
        name: two racks
        nodes: 4
        devices_per_node: 2
        nodes_per_rack: 3
        call_overhead: 20 us
        storage_bandwidth: 6 GB/s
        device:
          name: d
          slots: 9
          memory: 80 GiB
          memory_bandwidth: 3.35 TB/s
          compute: 989 TFLOP/s
          efficiency: 0.5
        links:
          intra_node: {kind: NVLink, bandwidth: 450 GB/s, latency: 500 ns, efficiency: 0.9, relayed_efficiency: 0.7}
          inter_node: {kind: Ethernet, bandwidth: 25 Gb/s, latency: 2 us, shared_by: node}
          inter_rack: {kind: Ethernet, bandwidth: 10 Gb/s, latency: 0.01 ms, shared_by: rack}

        """

    @Test func `reads every key in its unit`() throws {
        let topology = try Topology(yaml: Self.valid, file: "t.yaml")
        #expect(topology.nodes == 4 && topology.devicesPerNode == 2 && topology.deviceCount == 8)
        #expect(topology.rackCount == 2 && topology.rack(ofNode: 3) == 1)
        #expect(topology.device.slots == 9)
        #expect(topology.device.memory == 80 * 1_073_741_824)
        #expect(topology.device.memoryBandwidth == 3.35e12)
        #expect(topology.device.compute == 989e12)
        #expect(topology.intraNode.goodput(relayed: false) == 405e9)
        #expect(abs(topology.intraNode.goodput(relayed: true) - 315e9) < 1)
        #expect(topology.interNode.bandwidth == 25e9 / 8)
        #expect(topology.interNode.sharing == .node && topology.interRack.sharing == .rack)
        #expect(abs(topology.interRack.latency - 1e-5) < 1e-15)
        #expect(abs(topology.callOverhead - 2e-5) < 1e-15)
        #expect(topology.level(fromNode: 0, toNode: 0) == .intraNode)
        #expect(topology.level(fromNode: 0, toNode: 2) == .interNode)
        #expect(topology.level(fromNode: 2, toNode: 3) == .interRack)
    }

    /// What to replace, by what, and what the error must say.
    @Test(arguments: [
        ("nodes: 4", "nodes: 0", "t.yaml:3: 'nodes' must be a whole number from 1"),
        ("nodes: 4", "nodes: 40000000000000000000", "'nodes' must be"),
        ("devices_per_node: 2", "devices_per_node: 70000", "'devices_per_node' must be"),
        ("devices_per_node: 2\n", "", "'devices_per_node' is missing"),
        (
            "latency: 500 ns", "latency: 500",
            "'links.intra_node.latency' must be a duration with its unit, such as 2 us"
        ),
        ("bandwidth: 450 GB/s", "bandwidth: 450 GB", "t.yaml:16: 'links.intra_node.bandwidth' must be"),
        ("bandwidth: 450 GB/s", "bandwidth: -450 GB/s", "found '-450 GB/s'"),
        ("bandwidth: 450 GB/s", "bandwidth: 0 GB/s", "found '0 GB/s'"),
        ("bandwidth: 450 GB/s", "bandwidth: nan GB/s", "found 'nan GB/s'"),
        ("bandwidth: 450 GB/s", "bandwidth: 1e308 TB/s", "found '1e308 TB/s'"),
        ("slots: 9", "slot: 9", "t.yaml:10: unknown key 'device.slot'"),
        (
            "shared_by: node", "shared_by: friends",
            "'links.inter_node.shared_by' must be device, node, rack (one of them)"
        ),
        ("efficiency: 0.5", "efficiency: 1.5", "'device.efficiency' must be a number from 0.01 to 1.0"),
        ("version: 1", "version: 2", "'version' must be"),
        ("name: two racks", "name: [a, b]", "'name' must be a text"),
        ("device:\n", "device: &a\n", "t.yaml:8: anchors, aliases and tags are not read"),
        ("name: two racks", "name: *a", "anchors, aliases and tags are not read"),
        ("name: two racks", "name: two\nname: racks", "t.yaml:2: not YAML: a key is given twice: 'name', first here"),
        (
            "shared_by: node", "latency: 2 us, shared_by: node",
            "t.yaml:17: not YAML: a key is given twice: 'latency', first here"
        ),
        ("nodes: 4", "nodes: {", "t.yaml"),
        ("nodes: 4", "nodes: [[[[[[[[[1]]]]]]]]]", "nested too deeply"),
        ("nodes: 4", "- - - - - - - - - - 4", "nested too deeply"),
        ("nodes_per_rack: 3", "nodes_per_rack: 5", "'nodes_per_rack' must be a whole number from 1 to 4"),
    ])
    func `says what is wrong and where`(old: String, new: String, message: String) throws {
        let text = try #require(Self.valid.range(of: old).map { Self.valid.replacingCharacters(in: $0, with: new) })
        let error = try #require(throws: YAMLFileError.self) { try Topology(yaml: text, file: "t.yaml") }
        #expect(error.description.contains(message), "\(error)")
    }

    @Test(arguments: ["", "\n\n", "- 1", "just text", "\u{0}", "a: b: c", String(repeating: "x", count: 70_000)])
    func `refuses what is no mapping`(text: String) {
        #expect(throws: YAMLFileError.self) { try Topology(yaml: text, file: "t.yaml") }
    }

    @Test(arguments: MachineCatalog.names)
    func `built-in machines can be read and make sense`(name: String) throws {
        let topology = try #require(try MachineCatalog.topology(name))
        #expect(topology.name == name)
        #expect(topology.intraNode.bandwidth > topology.interNode.bandwidth)
        #expect(topology.device.memoryBandwidth > topology.intraNode.bandwidth)
        let bigger = topology.resized(nodes: 9)
        #expect(bigger.nodes == 9 && bigger.rackCount == 1)
    }

    @Test(arguments: ModelCatalog.models)
    func `built-in models survive their own YAML`(model: ModelDimensions) throws {
        #expect(try ModelDimensions(yaml: model.yaml, file: "m.yaml") == model)
    }

    @Test func `finds a model by its experts`() {
        #expect(ModelCatalog.model(experts: 32, perToken: 4, layers: 24)?.name == "gpt-oss-20b")
        #expect(ModelCatalog.model(experts: 128, perToken: 8, layers: 48)?.name == "qwen3-30b-a3b")
        #expect(ModelCatalog.model(experts: 128, perToken: 8, layers: 50) == nil)
        #expect(ModelCatalog.model(experts: 16, perToken: 4, layers: 6)?.name == "apprentice")
        #expect(ModelCatalog.model(experts: 16, perToken: 4, layers: 24) == nil)
        #expect(ModelCatalog.model(experts: 5, perToken: 2, layers: 3) == nil)
    }
}
