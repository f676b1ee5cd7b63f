/// Turns counts into bytes and seconds: α–β times of dispatch and combine, a roofline for what computes.
///
/// Formulas, and how far they are from measurements: `docs/simulation.md`.
public struct CostModel: Sendable, Equatable {
    public var topology: Topology
    public var model: ModelDimensions
    public var communication: Communication

    public init(topology: Topology, model: ModelDimensions, communication: Communication = Communication()) {
        self.topology = topology
        self.model = model
        self.communication = communication
    }

    /// Bytes of one vector on its way to an expert, and of one on its way back.
    public var vectorBytes: (dispatch: Double, combine: Double) {
        (
            communication.dispatchFormat.bytes(model.hiddenSize) + communication.headerBytes,
            communication.combineFormat.bytes(model.hiddenSize) + communication.headerBytes
        )
    }

    /// What a layer costs.
    ///
    /// - Parameters:
    ///   - tokens: tokens on each device, `[devices]`.
    ///   - positions: sum of the positions of each device's tokens: cache entries that attention reads.
    ///   - alive: devices that take part.
    public func cost(
        of traffic: LayerTraffic, tokens: [Int32], positions: [Double], alive: Int
    ) -> LayerCost {
        let bytes = vectorBytes
        var cost = LayerCost()
        cost.dispatch = communicationTime(
            traffic.dispatch, vectorBytes: bytes.dispatch, relayed: communication.deduplication == .node, alive: alive)
        cost.combine = communicationTime(
            traffic.combine, vectorBytes: bytes.combine, relayed: communication.preReduction == .node, alive: alive)
        cost.experts = expertTime(traffic, tokens: tokens, alive: alive)
        cost.attention = attentionTime(tokens: tokens, positions: positions, alive: alive)
        for level in Topology.Level.allCases {
            cost.bytes[level.rawValue] =
                Double(traffic.dispatch.total(level)) * bytes.dispatch
                + Double(traffic.combine.total(level)) * bytes.combine
        }
        cost.imbalance = traffic.imbalance(devices: alive)
        cost.lost = traffic.lost
        return cost
    }
}

/// A time that all wait for, and what it would be if work were spread equally.
public struct PaddedTime: Sendable, Equatable {
    /// Seconds until the slowest device, node or rack is done.
    public var slowest: Double = 0
    /// Seconds of the mean.
    public var mean: Double = 0

    public init(slowest: Double = 0, mean: Double = 0) {
        self.slowest = slowest
        self.mean = mean
    }

    public static func + (a: PaddedTime, b: PaddedTime) -> PaddedTime {
        PaddedTime(slowest: a.slowest + b.slowest, mean: a.mean + b.mean)
    }

    public static func += (a: inout PaddedTime, b: PaddedTime) { a = a + b }
}

/// Bytes and seconds of one layer in one step, or sums of them.
public struct LayerCost: Sendable, Equatable {
    /// Bytes that travelled, by level: in a node, between nodes of a rack, between racks. Both directions.
    public var bytes: [Double] = [0, 0, 0]
    public var dispatch = PaddedTime()
    public var combine = PaddedTime()
    public var experts = PaddedTime()
    public var attention = PaddedTime()
    /// Largest over mean assignments of the devices.
    public var imbalance = 1.0
    /// Assignments that no device could compute.
    public var lost = 0

    public var communication: PaddedTime { dispatch + combine }
    /// The parts one after the other: nothing overlaps.
    public var layer: PaddedTime { attention + dispatch + experts + combine }
    /// Bytes between nodes, in a rack or beyond.
    public var bytesBetweenNodes: Double { bytes[1] + bytes[2] }

    public init() {}

    /// Adds everything; `imbalance` becomes a sum, too.
    public mutating func add(_ other: LayerCost) {
        for level in bytes.indices { bytes[level] += other.bytes[level] }
        dispatch += other.dispatch
        combine += other.combine
        experts += other.experts
        attention += other.attention
        imbalance += other.imbalance
        lost += other.lost
    }
}

extension CostModel {
    /// α + the slowest level: α is the call's overhead and the level's latency, a level's time the bytes of its
    /// busiest sharer in its busier direction over the goodput. Levels move at the same time.
    ///
    /// What crosses racks goes through the node's network link, too.
    public func communicationTime(
        _ copies: LayerTraffic.Copies, vectorBytes: Double, relayed: Bool, alive: Int
    ) -> PaddedTime {
        guard topology.deviceCount > 1 else { return PaddedTime() }
        var slowest = PaddedTime()
        for level in Topology.Level.allCases {
            let link = topology.link(level)
            let (most, mean) = busiest(copies, level: level, sharing: link.sharing, alive: alive)
            guard most > 0 else { continue }
            let scale = vectorBytes / link.goodput(relayed: relayed)
            slowest.slowest = max(slowest.slowest, link.latency + most * scale)
            slowest.mean = max(slowest.mean, link.latency + mean * scale)
        }
        return PaddedTime(
            slowest: topology.callOverhead + slowest.slowest, mean: topology.callOverhead + slowest.mean)
    }

    /// Vectors of the sharer of a link that sends or receives most, and of the mean sharer.
    private func busiest(
        _ copies: LayerTraffic.Copies, level: Topology.Level, sharing: Topology.Sharing, alive: Int
    ) -> (most: Double, mean: Double) {
        let group = devicesSharing(sharing)
        var most: Int32 = 0
        var total = 0
        for start in stride(from: 0, to: topology.deviceCount, by: group) {
            var sent: Int32 = 0
            var received: Int32 = 0
            for device in start..<min(start + group, topology.deviceCount) {
                sent += through(copies.sent, device: device, level: level)
                received += through(copies.received, device: device, level: level)
            }
            most = max(most, sent, received)
            total += Int(sent)
        }
        return (Double(most), Double(total) * Double(min(group, alive)) / Double(alive))
    }

    private func devicesSharing(_ sharing: Topology.Sharing) -> Int {
        switch sharing {
        case .device: 1
        case .node: topology.devicesPerNode
        case .rack: topology.devicesPerNode * topology.nodesPerRack
        }
    }

    private func through(_ counts: [Int32], device: Int, level: Topology.Level) -> Int32 {
        let own = counts[device * 3 + level.rawValue]
        return level == .interNode ? own + counts[device * 3 + Topology.Level.interRack.rawValue] : own
    }
}

extension CostModel {
    /// Each device reads the weights of the experts it needs once and multiplies every assignment: the longer of the
    /// two. The shared expert runs where the token is.
    func expertTime(_ traffic: LayerTraffic, tokens: [Int32], alive: Int) -> PaddedTime {
        let shared = model.sharedParameters
        var times = PaddedTime()
        for device in 0..<traffic.deviceCount {
            let own = Double(tokens[device])
            let parameters = model.expertParameters * Double(traffic.activeExperts[device]) + (own > 0 ? shared : 0)
            let flops = 2 * (model.expertParameters * Double(traffic.assignments[device]) + shared * own)
            add(roofline(bytes: parameters * model.bitsPerWeight / 8, flops: flops), to: &times, alive: alive)
        }
        return times
    }

    /// Each device reads the attention weights once and its tokens' caches, and multiplies every token.
    func attentionTime(tokens: [Int32], positions: [Double], alive: Int) -> PaddedTime {
        var times = PaddedTime()
        for (count, positions) in zip(tokens, positions) where count > 0 {
            let bytes = model.attentionParameters * model.attentionBits / 8 + positions * model.cacheBytesPerToken
            add(roofline(bytes: bytes, flops: 2 * model.attentionParameters * Double(count)), to: &times, alive: alive)
        }
        return times
    }

    private func roofline(bytes: Double, flops: Double) -> Double {
        let device = topology.device
        return max(bytes / device.memoryBandwidth, flops / device.compute) / device.efficiency
    }

    private func add(_ time: Double, to times: inout PaddedTime, alive: Int) {
        times.slowest = max(times.slowest, time)
        times.mean += time / Double(alive)
    }
}
