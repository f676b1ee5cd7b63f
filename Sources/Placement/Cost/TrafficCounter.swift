/// Counts what a batch does in a layer. It keeps its scratch memory from call to call.
///
/// Work is in proportion to the batch's assignments and the layer's copies: nothing is kept per pair of devices, so
/// thousands of devices are no trouble. `TrafficCounterTests` compare it with counting by sets.
public struct TrafficCounter: Sendable {
    public private(set) var traffic: LayerTraffic
    private let communication: Communication
    /// Node, rack and place within the node of each device.
    private let nodes: [Int32]
    private let racks: [Int32]
    private let places: [Int32]
    private let devicesPerNode: Int32
    private let devicesPerRack: Int32
    /// Vectors by device and level: `device * 8 + level` sent, 4 more received, in the direction of dispatch.
    private var tally: [Int32]
    /// The same of combine, where it is not dispatch turned round.
    private var combineTally: [Int32]
    /// Number of the token that last went to a device or node: what tells a second copy from a first.
    private var deviceStamps: [UInt32]
    private var nodeStamps: [UInt32]
    private var stamp: UInt32 = 0
    /// Assignments that each copy computed.
    private var copyLoads: [Int32] = []
    /// Device that computes each of the token's assignments; -1 where none does.
    private var chosen: [Int32]

    public init(topology: Topology, communication: Communication, topK: Int) {
        self.communication = communication
        let devices = topology.deviceCount
        traffic = LayerTraffic(devices: devices)
        devicesPerNode = Int32(topology.devicesPerNode)
        devicesPerRack = Int32(topology.devicesPerNode * topology.nodesPerRack)
        nodes = (0..<devices).map { Int32($0 / topology.devicesPerNode) }
        racks = (0..<devices).map { Int32(topology.rack(ofNode: $0 / topology.devicesPerNode)) }
        places = (0..<devices).map { Int32($0 % topology.devicesPerNode) }
        tally = [Int32](repeating: 0, count: devices * 8)
        combineTally = tally
        deviceStamps = [UInt32](repeating: 0, count: devices)
        nodeStamps = [UInt32](repeating: 0, count: topology.nodes)
        chosen = [Int32](repeating: -1, count: topK)
    }

    /// Counts one layer; the result is in `traffic`.
    ///
    /// - Parameters:
    ///   - batch: tokens; `rows` index into `ids`.
    ///   - ids: logical expert ids; those at `rows[t] + offset ..< + topK` are token `t`'s in this layer.
    ///   - copies: where the layer's experts are. Ids that it does not know (`noExpert`) are no assignments.
    ///   - crossed: by request, bytes between nodes, to which this layer's are added.
    public mutating func count(
        _ batch: TokenBatch, ids: [UInt16], offset: Int, copies: CopyTable,
        vectorBytes: (dispatch: Double, combine: Double),
        crossed: inout [Double]
    ) {
        clear(copies: copies.copyCount)
        let sameWay = communication.preReduction == communication.deduplication
        for token in 0..<batch.count {
            let home = batch.devices[token]
            choose(ids: ids, row: batch.rows[token] + offset, home: home, turn: token, copies: copies)
            let out = send(from: home, by: communication.deduplication, combine: false)
            let back = sameWay ? out : send(from: home, by: communication.preReduction, combine: true)
            crossed[Int(batch.requests[token])] +=
                Double(out) * vectorBytes.dispatch + Double(back) * vectorBytes.combine
        }
        traffic.dispatch.set(tally, turned: false)
        traffic.combine.set(sameWay ? tally : combineTally, turned: true)
        sumLoads(copies)
    }

    private mutating func clear(copies: Int) {
        for index in tally.indices {
            tally[index] = 0
            combineTally[index] = 0
        }
        for index in traffic.assignments.indices {
            traffic.assignments[index] = 0
            traffic.activeExperts[index] = 0
        }
        traffic.lost = 0
        copyLoads.removeAll(keepingCapacity: true)
        copyLoads.append(contentsOf: repeatElement(0, count: copies))
    }

    private mutating func sumLoads(_ copies: CopyTable) {
        for (copy, load) in copyLoads.enumerated() where load > 0 {
            let device = Int(copies.devices[copy])
            traffic.assignments[device] += load
            traffic.activeExperts[device] += 1
        }
    }

    private mutating func nextStamp() {
        if stamp == .max {
            for index in deviceStamps.indices { deviceStamps[index] = 0 }
            for index in nodeStamps.indices { nodeStamps[index] = 0 }
            stamp = 0
        }
        stamp += 1
    }
}

// MARK: - Which copy computes

extension TrafficCounter {
    /// Fills `chosen` for one token.
    private mutating func choose(ids: [UInt16], row: Int, home: Int32, turn: Int, copies: CopyTable) {
        var open = 0
        if communication.copyRule == .joining { nextStamp() }
        for slot in chosen.indices {
            let expert = Int(ids[row + slot])
            chosen[slot] = -1
            guard expert < copies.expertCount else { continue }
            let all = Int(copies.starts[expert])..<Int(copies.starts[expert + 1])
            if all.count == 1 {
                take(all.lowerBound, slot, copies)
            } else if all.isEmpty {
                traffic.lost += 1
            } else if let copy = pick(expert, of: all, home: home, turn: turn, copies: copies) {
                take(copy, slot, copies)
            } else {
                open += 1
            }
        }
        if open > 0 { chooseJoining(ids: ids, row: row, turn: turn, copies: copies) }
    }

    private mutating func take(_ copy: Int, _ slot: Int, _ copies: CopyTable) {
        let device = copies.devices[copy]
        chosen[slot] = device
        copyLoads[copy] += 1
        if communication.copyRule == .joining { nodeStamps[Int(nodes[Int(device)])] = stamp }
    }

    /// A copy on the home node, or by the rule another; nil where `joining` has to see the token's other nodes first.
    private func pick(_ expert: Int, of all: Range<Int>, home: Int32, turn: Int, copies: CopyTable) -> Int? {
        let firstDevice = nodes[Int(home)] * devicesPerNode
        let local = copies.copies(all, on: firstDevice..<firstDevice + devicesPerNode)
        if !local.isEmpty {
            if communication.copyRule == .nearest, let own = local.first(where: { copies.devices[$0] == home }) {
                return own
            }
            return Self.inTurn(local, turn, expert)
        }
        switch communication.copyRule {
        case .even: return Self.inTurn(all, turn, expert)
        case .joining: return nil
        case .nearest:
            let firstOfRack = racks[Int(home)] * devicesPerRack
            let near = copies.copies(all, on: firstOfRack..<firstOfRack + devicesPerRack)
            return Self.inTurn(near.isEmpty ? all : near, turn, expert)
        }
    }

    /// Fills what `pick` left open: nodes that the token goes to anyway first.
    private mutating func chooseJoining(ids: [UInt16], row: Int, turn: Int, copies: CopyTable) {
        for slot in chosen.indices where chosen[slot] < 0 {
            let expert = Int(ids[row + slot])
            guard expert < copies.expertCount, copies.starts[expert] < copies.starts[expert + 1] else { continue }
            let all = Int(copies.starts[expert])..<Int(copies.starts[expert + 1])
            let joined = all.first { nodeStamps[Int(nodes[Int(copies.devices[$0])])] == stamp }
            take(joined ?? Self.inTurn(all, turn, expert), slot, copies)
        }
    }

    /// One of several, evenly over turns. Turn and expert are mixed well (as in SplitMix64), so that neither tokens that
    /// come in a pattern nor the experts of one token meet copies in a pattern.
    private static func inTurn(_ range: Range<Int>, _ turn: Int, _ expert: Int) -> Int {
        guard range.count > 1 else { return range.lowerBound }
        var mixed = UInt64(truncatingIfNeeded: turn &<< 16 &+ expert) &* 0x9E37_79B9_7F4A_7C15
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return range.lowerBound + Int(((mixed >> 32) &* UInt64(range.count)) >> 32)
    }
}

// MARK: - Who sends to whom

extension TrafficCounter {
    /// Counts the vectors of one token in the direction of dispatch, and returns how many crossed nodes.
    private mutating func send(from home: Int32, by granularity: CopyGranularity, combine: Bool) -> Int {
        nextStamp()
        var crossings = 0
        let homeNode = nodes[Int(home)]
        for device in chosen where device >= 0 {
            let node = nodes[Int(device)]
            if granularity != .assignment {
                if deviceStamps[Int(device)] == stamp { continue }
                deviceStamps[Int(device)] = stamp
            }
            if granularity == .node, node != homeNode {
                let relay = node * devicesPerNode + places[Int(home)]
                if nodeStamps[Int(node)] != stamp {
                    nodeStamps[Int(node)] = stamp
                    record(home, relay, combine)
                    crossings += 1
                }
                if device != relay { record(relay, device, combine) }
            } else if device != home {
                record(home, device, combine)
                crossings += node == homeNode ? 0 : 1
            }
        }
        return crossings
    }

    private mutating func record(_ source: Int32, _ destination: Int32, _ combine: Bool) {
        let (source, destination) = (Int(source), Int(destination))
        let level = nodes[source] == nodes[destination] ? 0 : racks[source] == racks[destination] ? 1 : 2
        if combine {
            combineTally[source * 8 + level] += 1
            combineTally[destination * 8 + 4 + level] += 1
        } else {
            tally[source * 8 + level] += 1
            tally[destination * 8 + 4 + level] += 1
        }
    }
}

extension LayerTraffic.Copies {
    /// Takes over a tally; turned round, who received has sent.
    fileprivate mutating func set(_ tally: [Int32], turned: Bool) {
        for device in 0..<sent.count / 3 {
            for level in 0..<3 {
                let (out, back) = (tally[device * 8 + level], tally[device * 8 + 4 + level])
                sent[device * 3 + level] = turned ? back : out
                received[device * 3 + level] = turned ? out : back
            }
        }
    }
}
