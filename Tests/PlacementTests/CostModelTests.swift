import Placement
import Randomness
import Testing

@Suite struct CostModelTests {
    /// 4 numbers in 16 bits are 8 bytes; an expert of 3 matrices of 4 × 2 is 24 parameters, 48 bytes.
    private static let tiny = ModelDimensions(
        name: "tiny", moeLayers: 1, experts: 4, expertsPerToken: 2, hiddenSize: 4, expertWidth: 2, bitsPerWeight: 16,
        attentionParameters: 50, cacheBytesPerToken: 10)

    private func cost(
        _ topology: Topology, _ communication: Communication, tokens: [(device: Int, experts: [UInt16])],
        layout: [[Int]], model: ModelDimensions = tiny
    ) -> LayerCost {
        let cost = CostModel(topology: topology, model: model, communication: communication)
        var batch = TokenBatch()
        var ids: [UInt16] = []
        var perDevice = [Int32](repeating: 0, count: topology.deviceCount)
        for token in tokens {
            batch.append(device: token.device, row: ids.count, request: 0)
            ids += token.experts
            perDevice[token.device] += 1
        }
        var counter = TrafficCounter(
            topology: topology, communication: communication, topK: tokens.first?.experts.count ?? 1)
        var crossed = [0.0]
        counter.count(
            batch, ids: ids, offset: 0, copies: CopyTable(layout: ExpertLayout(block: 0, devices: layout), experts: 4),
            vectorBytes: cost.vectorBytes, crossed: &crossed)
        return cost.cost(
            of: counter.traffic, tokens: perDevice, positions: perDevice.map { Double($0) * 7 },
            alive: topology.deviceCount)
    }

    /// Two nodes of two devices, expert e on device e. Two tokens on device 0 go to experts 2 and 3, in the other node.
    @Test func `a case worked out by hand`() {
        let plain = Communication(
            dispatchFormat: .bf16, combineFormat: .fp32, deduplication: .node, preReduction: .node)
        let tokens: [(device: Int, experts: [UInt16])] = [(0, [2, 3]), (0, [2, 3])]
        let cost = cost(
            smallTopology(nodes: 2, devicesPerNode: 2), plain, tokens: tokens, layout: [[0], [1], [2], [3]])
        // One copy a token crosses to device 2, which forwards it to device 3: 2 vectors on each level, 8 bytes out, 16 back.
        #expect(cost.bytes == [2 * 24, 2 * 24, 0])
        // Overhead 1, latency 0.2, 16 bytes at 10 B/s; the forwarding takes 0.1 + 0.16 meanwhile.
        #expect(abs(cost.dispatch.slowest - 2.8) < 1e-12)
        #expect(abs(cost.combine.slowest - 4.4) < 1e-12)
        // Four devices share the vectors: a quarter of the time.
        #expect(abs(cost.dispatch.mean - (1.2 + 1.6 / 4)) < 1e-12)
        // Devices 2 and 3 read 48 bytes at 1000 B/s; two assignments of 48 FLOP at 10,000 take less.
        #expect(abs(cost.experts.slowest - 0.048) < 1e-12)
        #expect(abs(cost.experts.mean - 0.024) < 1e-12)
        // Device 0 reads 100 bytes of attention and 14 positions of 10 bytes.
        #expect(abs(cost.attention.slowest - 0.24) < 1e-12)
        #expect(cost.imbalance == 2)
        #expect(abs(cost.layer.slowest - (2.8 + 4.4 + 0.048 + 0.24)) < 1e-12)
    }

    @Test func `the busiest node counts where its devices share a link`() {
        let plain = Communication(
            dispatchFormat: .bf16, combineFormat: .bf16, deduplication: .assignment, preReduction: .assignment)
        var shared = smallTopology(nodes: 2, devicesPerNode: 2)
        let tokens: [(device: Int, experts: [UInt16])] = [(0, [2]), (1, [3])]
        let own = cost(shared, plain, tokens: tokens, layout: [[0], [1], [2], [3]])
        shared.interNode.sharing = .node
        let together = cost(shared, plain, tokens: tokens, layout: [[0], [1], [2], [3]])
        #expect(abs(own.dispatch.slowest - (1.2 + 0.8)) < 1e-12)
        #expect(abs(together.dispatch.slowest - (1.2 + 1.6)) < 1e-12)
    }

    @Test func `what leaves the rack also goes through the network link`() {
        let plain = Communication(dispatchFormat: .bf16, combineFormat: .bf16)
        var racks = smallTopology(nodes: 2, devicesPerNode: 1, nodesPerRack: 1)
        racks.interRack.bandwidth = 1000
        let far = cost(racks, plain, tokens: [(0, [1])], layout: [[0, 2, 3], [1]])
        #expect(far.bytes == [0, 0, 16])
        #expect(abs(far.dispatch.slowest - (1 + 0.2 + 0.8)) < 1e-12)
    }

    @Test func `one device needs no communication`() {
        let cost = cost(
            smallTopology(nodes: 1, devicesPerNode: 1), Communication(), tokens: [(0, [0, 1])], layout: [[0, 1, 2, 3]])
        #expect(cost.communication == PaddedTime())
        #expect(cost.bytes == [0, 0, 0])
    }

    @Test(arguments: 0..<100)
    func `more bandwidth is never slower, and the mean never above the slowest`(seed: Int) {
        var random = SplitMix64(seed: UInt64(seed))
        let topology = smallTopology(nodes: 3, devicesPerNode: 2, nodesPerRack: 2)
        let tokens = (0..<20).map { _ in
            (
                device: Int(random.next() % 6),
                experts: (0..<4).map { UInt16($0) }.shuffled(using: &random).prefix(2).map { $0 }
            )
        }
        let layout = [[0], [1], [2], [3], [0], [1]]
        let base = cost(topology, Communication(), tokens: tokens, layout: layout)
        #expect(base.layer.mean <= base.layer.slowest + 1e-12, "seed \(seed)")
        for change in 0..<5 {
            var better = topology
            switch change {
            case 0: better.intraNode.bandwidth *= 3
            case 1: better.interNode.bandwidth *= 3
            case 2: better.interRack.bandwidth *= 3
            case 3: better.device.memoryBandwidth *= 3
            default: better.device.compute *= 3
            }
            let faster = cost(better, Communication(), tokens: tokens, layout: layout)
            #expect(faster.layer.slowest <= base.layer.slowest + 1e-12, "seed \(seed), change \(change)")
            #expect(faster.bytes == base.bytes)
        }
    }

    @Test func `vectors of each format`() {
        #expect(VectorFormat.bf16.bytes(7168) == 14336)
        #expect(VectorFormat.fp8.bytes(7168) == 7168 + 224)
        #expect(VectorFormat.fp4.bytes(7168) == 3584 + 448)
        #expect(VectorFormat.fp32.bytes(3) == 12)
        #expect(VectorFormat.fp8.bytes(129) == 129 + 8)
    }

    /// The documentation's table: held-out rows of the low-latency kernels within 8 %, of the normal ones within 11 %.
    @Test func `stays near DeepEP's published times`() throws {
        let rows = try DeepEPBenchmark.rows()
        #expect(rows.count == 20)
        for row in rows {
            let limit = row.fitted ? 0.02 : row.kernel == .lowLatency ? 0.08 : 0.11
            #expect(abs(row.error) < limit, "\(row)")
        }
    }
}
