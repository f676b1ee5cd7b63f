import Placement
import Randomness
import Testing

/// Counts the same as `TrafficCounter`, with sets and without its tricks.
private struct SlowCount {
    var sent: [[Int]]
    var received: [[Int]]
    var assignments: [Int]
    var active: [Set<Int>]
    var crossings = 0
    let topology: Topology

    init(_ topology: Topology) {
        self.topology = topology
        sent = (0..<topology.deviceCount).map { _ in [0, 0, 0] }
        received = sent
        assignments = sent.map { _ in 0 }
        active = sent.map { _ in [] }
    }

    mutating func vector(_ source: Int, _ destination: Int) {
        guard source != destination else { return }
        let nodes = (source / topology.devicesPerNode, destination / topology.devicesPerNode)
        let racks = (nodes.0 / topology.nodesPerRack, nodes.1 / topology.nodesPerRack)
        let level = nodes.0 == nodes.1 ? 0 : racks.0 == racks.1 ? 1 : 2
        sent[source][level] += 1
        received[destination][level] += 1
        crossings += level > 0 ? 1 : 0
    }

    /// One token at `home` whose assignments run on `devices`.
    mutating func token(home: Int, devices: [Int], by granularity: CopyGranularity) {
        let width = topology.devicesPerNode
        switch granularity {
        case .assignment: for device in devices { vector(home, device) }
        case .device: for device in Set(devices) { vector(home, device) }
        case .node:
            for node in Set(devices.map { $0 / width }) {
                let entry = node == home / width ? home : node * width + home % width
                vector(home, entry)
                for device in Set(devices.filter { $0 / width == node }) { vector(entry, device) }
            }
        }
    }
}

@Suite struct TrafficCounterTests {
    /// A small case drawn from a seed: every expert on at least one device.
    private struct Case {
        let topology: Topology
        let layout: ExpertLayout
        let experts: Int
        let topK: Int
        var batch = TokenBatch()
        var ids: [UInt16] = []

        init(seed: UInt64, copies: ClosedRange<Int> = 1...3) {
            var random = SplitMix64(seed: seed)
            func pick(_ range: ClosedRange<Int>) -> Int { range.lowerBound + Int(random.next() % UInt64(range.count)) }
            let nodes = pick(1...5)
            let width = pick(1...3)
            topology = smallTopology(nodes: nodes, devicesPerNode: width, nodesPerRack: pick(1...nodes))
            experts = pick(1...9)
            topK = pick(1...min(4, experts))
            var devices = [[Int]](repeating: [], count: nodes * width)
            for expert in 0..<experts {
                let count = min(pick(copies), devices.count)
                for device in (0..<devices.count).shuffled(using: &random).prefix(count) {
                    devices[device].append(expert)
                }
            }
            layout = ExpertLayout(block: 0, devices: devices)
            for _ in 0..<pick(0...40) {
                batch.append(device: pick(0...(nodes * width - 1)), row: ids.count, request: pick(0...2))
                var chosen = (0..<experts).shuffled(using: &random).prefix(topK).map { UInt16($0) }
                if pick(0...9) == 0 { chosen[0] = UInt16.max }
                ids += chosen
            }
        }

        func count(_ communication: Communication) -> (LayerTraffic, crossed: [Double]) {
            var counter = TrafficCounter(topology: topology, communication: communication, topK: topK)
            var crossed = [0.0, 0, 0]
            counter.count(
                batch, ids: ids, offset: 0, copies: CopyTable(layout: layout, experts: experts), vectorBytes: (10, 1),
                crossed: &crossed)
            return (counter.traffic, crossed)
        }
    }

    @Test(arguments: 0..<300, CopyGranularity.allCases)
    func `agrees with counting by sets where every expert has one copy`(seed: Int, granularity: CopyGranularity) {
        let sample = Case(seed: UInt64(seed), copies: 1...1)
        let (traffic, crossed) = sample.count(Communication(deduplication: granularity, preReduction: .assignment))
        var dispatch = SlowCount(sample.topology)
        var combine = SlowCount(sample.topology)
        for token in 0..<sample.batch.count {
            let row = sample.batch.rows[token]
            let chosen = sample.ids[row..<row + sample.topK].filter { $0 != .max }.map(Int.init)
            let devices = chosen.map { expert in
                sample.layout.devices.firstIndex { $0.contains(expert) } ?? -1
            }
            dispatch.token(home: Int(sample.batch.devices[token]), devices: devices, by: granularity)
            combine.token(home: Int(sample.batch.devices[token]), devices: devices, by: .assignment)
            for (expert, device) in zip(chosen, devices) {
                dispatch.assignments[device] += 1
                dispatch.active[device].insert(expert)
            }
        }
        #expect(traffic.dispatch.sent.map(Int.init) == dispatch.sent.flatMap { $0 }, "seed \(seed)")
        #expect(traffic.dispatch.received.map(Int.init) == dispatch.received.flatMap { $0 }, "seed \(seed)")
        #expect(traffic.combine.sent.map(Int.init) == combine.received.flatMap { $0 }, "seed \(seed)")
        #expect(traffic.combine.received.map(Int.init) == combine.sent.flatMap { $0 }, "seed \(seed)")
        #expect(traffic.assignments.map(Int.init) == dispatch.assignments, "seed \(seed)")
        #expect(traffic.activeExperts.map(Int.init) == dispatch.active.map(\.count), "seed \(seed)")
        #expect(crossed.reduce(0, +) == Double(10 * dispatch.crossings + combine.crossings), "seed \(seed)")
    }

    @Test(arguments: 0..<200, CopyRule.allCases)
    func `conserves vectors and assignments and takes the home node first`(seed: Int, rule: CopyRule) {
        let sample = Case(seed: UInt64(seed))
        let (traffic, _) = sample.count(
            Communication(deduplication: .assignment, preReduction: .node, copyRule: rule))
        let assignments = sample.ids.count { $0 != .max }
        #expect(traffic.assignments.reduce(0) { $0 + Int($1) } == assignments, "seed \(seed)")
        #expect(traffic.lost == 0)
        for copies in [traffic.dispatch, traffic.combine] {
            for level in 0..<3 {
                let sent = stride(from: level, to: copies.sent.count, by: 3).reduce(0) { $0 + copies.sent[$1] }
                let received = stride(from: level, to: copies.sent.count, by: 3).reduce(0) { $0 + copies.received[$1] }
                #expect(sent == received, "seed \(seed)")
            }
        }
        // What must leave the node: assignments without a copy on it.
        let width = sample.topology.devicesPerNode
        var remote = 0
        for token in 0..<sample.batch.count {
            let node = Int(sample.batch.devices[token]) / width
            let local = Set(sample.layout.devices[node * width..<(node + 1) * width].flatMap { $0 })
            let row = sample.batch.rows[token]
            remote += sample.ids[row..<row + sample.topK].count { $0 != .max && !local.contains(Int($0)) }
        }
        #expect(traffic.dispatch.total(.interNode) + traffic.dispatch.total(.interRack) == remote, "seed \(seed)")
    }

    @Test(arguments: 0..<200)
    func `sends no more the more copies are shared`(seed: Int) {
        let sample = Case(seed: UInt64(seed))
        func crossings(_ granularity: CopyGranularity, _ rule: CopyRule = .even) -> Int {
            let (traffic, _) = sample.count(
                Communication(deduplication: granularity, preReduction: granularity, copyRule: rule))
            return traffic.dispatch.total(.interNode) + traffic.dispatch.total(.interRack)
        }
        #expect(crossings(.device) <= crossings(.assignment), "seed \(seed)")
        #expect(crossings(.node) <= crossings(.device), "seed \(seed)")
    }

    @Test func `joining goes to a node that is visited anyway`() {
        // Expert 0 lives on node 1 alone, expert 1 on nodes 1 and 2: a token of node 0 needs one crossing.
        let topology = smallTopology(nodes: 3, devicesPerNode: 1)
        let layout = ExpertLayout(block: 0, devices: [[2], [0, 1], [1]])
        var batch = TokenBatch()
        for token in 0..<64 { batch.append(device: 0, row: 2 * token, request: 0) }
        let ids = (0..<64).flatMap { token -> [UInt16] in token.isMultiple(of: 2) ? [0, 1] : [1, 0] }
        func crossings(_ rule: CopyRule) -> Int {
            var counter = TrafficCounter(topology: topology, communication: Communication(copyRule: rule), topK: 2)
            var crossed = [0.0]
            counter.count(
                batch, ids: ids, offset: 0, copies: CopyTable(layout: layout, experts: 3), vectorBytes: (1, 1),
                crossed: &crossed)
            return counter.traffic.dispatch.total(.interNode)
        }
        #expect(crossings(.joining) == 64)
        #expect((80...112).contains(crossings(.even)))
    }

    @Test func `spreads over equal copies evenly`() {
        let topology = smallTopology(nodes: 1, devicesPerNode: 4)
        let layout = ExpertLayout(block: 0, devices: [[0], [0], [0], [0]])
        var batch = TokenBatch()
        for token in 0..<4000 { batch.append(device: token % 4, row: 0, request: 0) }
        var counter = TrafficCounter(topology: topology, communication: Communication(), topK: 1)
        var crossed = [0.0]
        counter.count(
            batch, ids: [0], offset: 0, copies: CopyTable(layout: layout, experts: 1), vectorBytes: (1, 1),
            crossed: &crossed)
        for load in counter.traffic.assignments { #expect((900...1100).contains(load)) }
        #expect(counter.traffic.imbalance(devices: 4) < 1.1)
    }

    @Test func `counts what no device can compute`() {
        let topology = smallTopology(nodes: 2, devicesPerNode: 1)
        let layout = ExpertLayout(block: 0, devices: [[0], [1]])
        let copies = CopyTable(layout: layout, experts: 2, without: [1])
        #expect(copies.missing == [1])
        var batch = TokenBatch()
        batch.append(device: 0, row: 0, request: 0)
        var counter = TrafficCounter(topology: topology, communication: Communication(), topK: 2)
        var crossed = [0.0]
        counter.count(batch, ids: [1, 0], offset: 0, copies: copies, vectorBytes: (1, 1), crossed: &crossed)
        #expect(counter.traffic.lost == 1)
        #expect(counter.traffic.assignments == [1, 0])
    }
}

/// Round numbers: 100 B/s in a node, 10 between nodes, 1 between racks; latencies 0.1, 0.2 and 0.3 s.
func smallTopology(nodes: Int, devicesPerNode: Int, nodesPerRack: Int? = nil) -> Topology {
    Topology(
        name: "small", nodes: nodes, devicesPerNode: devicesPerNode, nodesPerRack: nodesPerRack,
        device: Topology.Device(name: "d", memory: 1e6, memoryBandwidth: 1000, compute: 10_000),
        intraNode: Topology.Link(kind: "bus", bandwidth: 100, latency: 0.1),
        interNode: Topology.Link(kind: "wire", bandwidth: 10, latency: 0.2),
        interRack: Topology.Link(kind: "fibre", bandwidth: 1, latency: 0.3), callOverhead: 1, storageBandwidth: 500)
}
