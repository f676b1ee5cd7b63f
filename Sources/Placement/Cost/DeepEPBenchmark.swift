/// What DeepEP V1 published of its dispatch and combine kernels, and what the cost model says to the same cases.
///
/// Published: deepseek-ai/DeepEP `docs/legacy.md`, H800 with one ConnectX-7 (400 Gb/s) a GPU. Low-latency kernels:
/// 128 tokens a device, hidden size 7,168, top-8 of 256 random experts, FP8 dispatch, BF16 combine, a copy per
/// assignment. Normal kernels: 4,096 tokens, experts of at most four nodes, one copy per node, forwarded inside it;
/// their table gives bandwidths, from which times follow by the benchmark's own way of counting bytes (every node of
/// a token counts, its own too).
public enum DeepEPBenchmark {
    public enum Kernel: String, Sendable {
        case lowLatency = "low latency"
        case normal
    }

    public struct Row: Sendable, Equatable {
        public let kernel: Kernel
        public let combine: Bool
        public let devices: Int
        /// Seconds, as published or as they follow from the published bandwidth.
        public let published: Double
        /// Whether the constants of `h800-ib400` were fitted to it; the others are held out.
        public let fitted: Bool
        /// Seconds that the cost model says.
        public let predicted: Double

        /// Signed error as a share of the published time.
        public var error: Double { predicted / published - 1 }
    }

    /// Low-latency times in microseconds: devices, dispatch, combine.
    private static let lowLatency: [(devices: Int, dispatch: Double, combine: Double)] = [
        (8, 77, 114), (16, 118, 195), (32, 155, 273), (64, 173, 314), (128, 192, 369), (256, 194, 360),
    ]
    /// Bottleneck bandwidths of the normal kernels in GB/s: NVLink for 8 devices, RDMA beyond.
    private static let normal: [(devices: Int, dispatch: Double, combine: Double)] = [
        (8, 153, 158), (16, 43, 43), (32, 58, 57), (64, 51, 50),
    ]
    /// The rows that the constants were fitted to: overhead and two efficiencies to the low-latency ones, the
    /// relayed efficiency to the normal ones.
    private static func fittedDevices(_ kernel: Kernel) -> [Int] { kernel == .lowLatency ? [8, 16] : [8] }

    /// Every published row with its prediction. Tokens are drawn with a fixed seed.
    public static func rows() throws(YAMLFileError) -> [Row] {
        guard let machine = try MachineCatalog.topology("h800-ib400"),
            let model = ModelCatalog.model(named: "deepseek-v3")
        else { return [] }
        let quick = lowLatency.flatMap { row in
            rows(.lowLatency, machine, model, devices: row.devices) { combine, _ in
                (combine ? row.combine : row.dispatch) * 1e-6
            }
        }
        let thorough = normal.flatMap { row in
            rows(.normal, machine, model, devices: row.devices) { combine, logicalBytes in
                logicalBytes / ((combine ? row.combine : row.dispatch) * 1e9)
            }
        }
        return quick + thorough
    }

    private static func rows(
        _ kernel: Kernel, _ machine: Topology, _ model: ModelDimensions, devices: Int,
        published: (_ combine: Bool, _ logicalBytes: Double) -> Double
    ) -> [Row] {
        let nodes = devices / machine.devicesPerNode
        let granularity: CopyGranularity = kernel == .lowLatency ? .assignment : .node
        let cost = CostModel(
            topology: machine.resized(nodes: nodes), model: model,
            communication: Communication(
                deduplication: granularity, preReduction: granularity, headerBytes: kernel == .lowLatency ? 16 : 0))
        // Of the normal kernels' 4,096 tokens a quarter is drawn and counted four times: so many differ little.
        let tokens = kernel == .lowLatency ? 128 : 1024
        let scale = kernel == .lowLatency ? 1.0 : 4.0
        let traffic = LayerTraffic.random(
            topology: cost.topology, communication: cost.communication, experts: 256, topK: 8, perDevice: tokens,
            groups: kernel == .lowLatency ? (1, 1) : (nodes, min(4, nodes)), seed: 1)
        let bytes = cost.vectorBytes
        return [false, true].map { combine in
            let copies = combine ? traffic.combine : traffic.dispatch
            let vector = (combine ? bytes.combine : bytes.dispatch) * scale
            let logical = logicalVectors(traffic, nodes: nodes, devices: devices) * vector
            return Row(
                kernel: kernel, combine: combine, devices: devices, published: published(combine, logical),
                fitted: fittedDevices(kernel).contains(devices),
                predicted: cost.communicationTime(
                    copies, vectorBytes: vector, relayed: kernel == .normal, alive: devices
                )
                .slowest)
        }
    }

    /// Vectors a device of the normal kernels' benchmark counts: by devices reached in one node, by nodes reached
    /// beyond, the own one included.
    private static func logicalVectors(_ traffic: LayerTraffic, nodes: Int, devices: Int) -> Double {
        if nodes == 1 {
            // A token is as likely to use its own device as any of the other seven.
            return Double(traffic.dispatch.total(.intraNode)) / Double(devices) * 8 / 7
        }
        // And as likely to use its own node as any other.
        let crossings = Double(traffic.dispatch.total(.interNode)) / Double(devices)
        return crossings * Double(nodes) / Double(nodes - 1)
    }
}
