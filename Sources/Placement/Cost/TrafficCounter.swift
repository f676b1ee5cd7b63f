/// Counts what a batch does in a layer. It keeps its scratch memory from call to call.
///
/// Work is in proportion to the batch's assignments and the layer's copies: nothing is kept per pair of devices, so
/// thousands of devices are no trouble. `TrafficCounterTests` compare it with counting by sets.
public struct TrafficCounter: Sendable {
    public private(set) var traffic: LayerTraffic
    private let topology: Topology
    private let communication: Communication
    /// Node and place within it of each device.
    private let nodes: [Int32]
    private let places: [Int32]
    /// Number of the token that last went to a device or node: what tells a second copy from a first.
    private var deviceStamps: [UInt32]
    private var nodeStamps: [UInt32]
    private var stamp: UInt32 = 0
    /// Assignments that each copy computed.
    private var copyLoads: [Int32] = []
    /// Copy that computes each of the token's assignments; -1 where none does.
    private var chosen: [Int]

    public init(topology: Topology, communication: Communication, topK: Int) {
        self.topology = topology
        self.communication = communication
        let devices = topology.deviceCount
        traffic = LayerTraffic(devices: devices)
        nodes = (0..<devices).map { Int32($0 / topology.devicesPerNode) }
        places = (0..<devices).map { Int32($0 % topology.devicesPerNode) }
        deviceStamps = [UInt32](repeating: 0, count: devices)
        nodeStamps = [UInt32](repeating: 0, count: topology.nodes)
        chosen = [Int](repeating: -1, count: topK)
    }

    /// Counts one layer; the result is in `traffic`.
    ///
    /// - Parameters:
    ///   - batch: tokens; `rows` index into `ids`.
    ///   - ids: logical expert ids; those at `rows[t] + offset ..< + topK` are token `t`'s in this layer.
    ///   - copies: where the layer's experts are. Ids that it does not know (`noExpert`) are no assignments.
    ///   - crossed: by request, bytes between nodes, to which this layer's are added.
    public mutating func count(
        _ batch: TokenBatch, ids: [UInt16], offset: Int, copies: CopyTable, vectorBytes: (dispatch: Double, combine: Double),
        crossed: inout [Double]
    ) {
        clear(copies: copies.copyCount)
        for token in 0..<batch.count {
            let home = Int(batch.devices[token])
            choose(ids: ids, row: batch.rows[token] + offset, home: home, turn: token, copies: copies)
            let out = send(from: home, copies: copies, by: communication.deduplication, combine: false)
            let back =
                communication.preReduction == communication.deduplication
                ? out : send(from: home, copies: copies, by: communication.preReduction, combine: true)
            crossed[Int(batch.requests[token])] +=
                Double(out) * vectorBytes.dispatch + Double(back) * vectorBytes.combine
        }
        if communication.preReduction == communication.deduplication {
            traffic.combine.sent = traffic.dispatch.received
            traffic.combine.received = traffic.dispatch.sent
        }
        sumLoads(copies)
    }

    private mutating func clear(copies: Int) {
        traffic.dispatch.clear()
        traffic.combine.clear()
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
    private mutating func choose(ids: [UInt16], row: Int, home: Int, turn: Int, copies: CopyTable) {
        var open = 0
        if communication.copyRule == .joining { nextStamp() }
        for slot in chosen.indices {
            let expert = Int(ids[row + slot])
            chosen[slot] = -1
            guard expert < copies.expertCount else { continue }
            let all = Int(copies.starts[expert])..<Int(copies.starts[expert + 1])
            if all.isEmpty {
                traffic.lost += 1
                continue
            }
            if all.count == 1 {
                chosen[slot] = all.lowerBound
            } else if let copy = pick(expert, of: all, home: home, turn: turn, copies: copies) {
                chosen[slot] = copy
            } else {
                open += 1
                continue
            }
            take(chosen[slot], copies)
        }
        if open > 0 { chooseJoining(ids: ids, row: row, turn: turn, copies: copies) }
    }

    private mutating func take(_ copy: Int, _ copies: CopyTable) {
        copyLoads[copy] += 1
        if communication.copyRule == .joining { nodeStamps[Int(nodes[Int(copies.devices[copy])])] = stamp }
    }

    /// A copy on the home node, or by the rule another; nil where `joining` has to see the token's other nodes first.
    private func pick(_ expert: Int, of all: Range<Int>, home: Int, turn: Int, copies: CopyTable) -> Int? {
        let width = Int32(topology.devicesPerNode)
        let firstDevice = nodes[home] * width
        let local = copies.copies(of: expert, on: firstDevice..<firstDevice + width)
        if !local.isEmpty {
            if communication.copyRule == .nearest {
                let own = copies.copies(of: expert, on: Int32(home)..<Int32(home) + 1)
                if let copy = own.first { return copy }
            }
            return Self.inTurn(local, turn, expert)
        }
        switch communication.copyRule {
        case .even: return Self.inTurn(all, turn, expert)
        case .joining: return nil
        case .nearest:
            let rack = Int32(topology.nodesPerRack) * width
            let firstOfRack = nodes[home] / Int32(topology.nodesPerRack) * rack
            let near = copies.copies(of: expert, on: firstOfRack..<firstOfRack + rack)
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
            chosen[slot] = joined ?? Self.inTurn(all, turn, expert)
            take(chosen[slot], copies)
        }
    }

    /// One of several, evenly over turns. The number of turns is mixed so that tokens that come in a pattern (every
    /// eighth one on the same device) do not meet the same copy each time.
    private static func inTurn(_ range: Range<Int>, _ turn: Int, _ expert: Int) -> Int {
        let mixed = (UInt64(truncatingIfNeeded: turn) &+ UInt64(truncatingIfNeeded: expert) &* 31) &* 0x9E37_79B9_7F4A_7C15
        return range.lowerBound + Int((mixed >> 32) % UInt64(range.count))
    }
}

// MARK: - Who sends to whom

extension TrafficCounter {
    /// Counts the copies of one token, or the sums that come back to it, and returns how many crossed nodes.
    private mutating func send(from home: Int, copies: CopyTable, by granularity: CopyGranularity, combine: Bool) -> Int {
        nextStamp()
        var crossings = 0
        let homeNode = nodes[home]
        for copy in chosen where copy >= 0 {
            let device = Int(copies.devices[copy])
            let node = nodes[device]
            if granularity != .assignment {
                if deviceStamps[device] == stamp { continue }
                deviceStamps[device] = stamp
            }
            if granularity == .node, node != homeNode {
                let relay = Int(node) * topology.devicesPerNode + Int(places[home])
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

    /// One vector on the way of dispatch; in combine it goes the other way.
    private mutating func record(_ source: Int, _ destination: Int, _ combine: Bool) {
        let level = topology.level(fromNode: Int(nodes[source]), toNode: Int(nodes[destination])).rawValue
        if combine {
            traffic.combine.sent[destination * 3 + level] += 1
            traffic.combine.received[source * 3 + level] += 1
        } else {
            traffic.dispatch.sent[source * 3 + level] += 1
            traffic.dispatch.received[destination * 3 + level] += 1
        }
    }
}
