/// Topologies of common machines, as the YAML that `guildhall topology NAME` prints.
///
/// Bandwidths are the makers'; the efficiencies of links and the call overhead are measured on H800 machines
/// (``DeepEPBenchmark``) and carried over to the others, which is a guess that their comments mark.
public enum MachineCatalog {
    public static let names = machines.map(\.name)

    /// The YAML of a machine; nil if there is none of that name.
    public static func yaml(_ name: String) -> String? { machines.first { $0.name == name }.map(\.yaml) }

    /// - Throws: if the catalogue itself is wrong, which a test rules out.
    public static func topology(_ name: String) throws(YAMLFileError) -> Topology? {
        guard let yaml = yaml(name) else { return nil }
        return try Topology(yaml: yaml, file: "built-in topology \(name)")
    }

    private static let machines = gpuServers + cpuHosts

    private static let gpuServers: [(name: String, yaml: String)] = [
        (
            "h100-ib400",
            server(
                "h100-ib400", "H100 SXM", device: ("80 GB", "3.35 TB/s", "989 TFLOP/s"),
                fabric: ("NVLink 4", "450 GB/s"), network: ("InfiniBand NDR", "400 Gb/s", "2 us"),
                source:
                    "NVIDIA H100 and DGX H100 data sheets: dense BF16, 900 GB/s NVLink both ways, a ConnectX-7 a GPU")
        ),
        (
            "h800-ib400",
            server(
                "h800-ib400", "H800 SXM", device: ("80 GB", "3.35 TB/s", "989 TFLOP/s"),
                fabric: ("NVLink 4", "200 GB/s"), network: ("InfiniBand NDR", "400 Gb/s", "2 us"),
                source:
                    "DeepSeek-V3 report (400 GB/s NVLink both ways); efficiencies and overhead fitted to DeepEP's table",
                measured: true)
        ),
        (
            "h100-roce200",
            server(
                "h100-roce200", "H100 SXM", device: ("80 GB", "3.35 TB/s", "989 TFLOP/s"),
                fabric: ("NVLink 4", "450 GB/s"), network: ("RoCE", "200 Gb/s", "3 us"),
                source: "NVIDIA H100 data sheet; one 200 Gb/s Ethernet port a GPU")
        ),
        (
            "mi300x-roce400",
            server(
                "mi300x-roce400", "MI300X", device: ("192 GB", "5.3 TB/s", "1307 TFLOP/s"),
                fabric: ("Infinity Fabric", "448 GB/s"), network: ("RoCE", "400 Gb/s", "3 us"),
                source:
                    "AMD Instinct MI300X data sheet: dense BF16, seven links of 64 GB/s a direction to the other seven GPUs"
            )
        ),
        (
            "gb200-nvl72",
            server(
                "gb200-nvl72", "GB200 (one GPU)", nodes: 2, devicesPerNode: 72,
                device: ("186 GB", "8 TB/s", "2500 TFLOP/s"), fabric: ("NVLink 5", "900 GB/s"),
                network: ("InfiniBand NDR", "400 Gb/s", "2 us"),
                source:
                    "NVIDIA GB200 NVL72 data sheet: dense BF16, 1.8 TB/s NVLink both ways; a node is the NVLink domain of 72"
            )
        ),
    ]

    private static let cpuHosts: [(name: String, yaml: String)] = [
        ("cpu-10gbe", host("cpu-10gbe", "10 Gb/s", latency: "30 us")),
        ("cpu-25gbe", host("cpu-25gbe", "25 Gb/s", latency: "25 us")),
        ("cpu-100gbe", host("cpu-100gbe", "100 Gb/s", latency: "20 us")),
    ]

    private static func server(
        _ name: String, _ deviceName: String, nodes: Int = 4, devicesPerNode: Int = 8,
        device: (memory: String, bandwidth: String, compute: String), fabric: (kind: String, bandwidth: String),
        network: (kind: String, bandwidth: String, latency: String), source: String, measured: Bool = false
    ) -> String {
        let origin = measured ? "" : "  # as measured on H800"
        return """
            # \(source)
            version: 1
            name: \(name)
            nodes: \(nodes)
            devices_per_node: \(devicesPerNode)
            call_overhead: 36 us\(origin)
            storage_bandwidth: 6 GB/s  # one PCIe 4 NVMe drive
            device:
              name: \(deviceName)
              memory: \(device.memory)
              memory_bandwidth: \(device.bandwidth)
              compute: \(device.compute)
            links:  # bandwidth of one direction
              intra_node:
                kind: \(fabric.kind)
                bandwidth: \(fabric.bandwidth)
                efficiency: 0.885\(origin)
                relayed_efficiency: 0.71\(origin)
                latency: 1 us
              inter_node:
                kind: \(network.kind)
                bandwidth: \(network.bandwidth)
                efficiency: 0.977\(origin)
                latency: \(network.latency)

            """
    }

    private static func host(_ name: String, _ bandwidth: String, latency: String) -> String {
        """
        # Two sockets of 64 Zen 4 cores: 12 channels of DDR5-4800 each, 64 BF16 operations a core and cycle at 3.1 GHz
        # (AMD EPYC 9554 data sheet); latencies of kernel TCP, measured on veth pairs; efficiencies are guesses
        version: 1
        name: \(name)
        nodes: 4
        devices_per_node: 2
        call_overhead: 50 us
        storage_bandwidth: 3 GB/s
        device:
          name: EPYC 9554 socket
          memory: 384 GB
          memory_bandwidth: 460.8 GB/s
          compute: 12.7 TFLOP/s
          efficiency: 0.7
        links:  # bandwidth of one direction
          intra_node:
            kind: xGMI
            bandwidth: 96 GB/s
            efficiency: 0.7
            latency: 1 us
          inter_node:
            kind: Ethernet
            bandwidth: \(bandwidth)
            efficiency: 0.9
            latency: \(latency)
            shared_by: node

        """
    }
}
