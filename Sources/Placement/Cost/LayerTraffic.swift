/// What a batch of tokens did in one layer, counted: who sent how many vectors how far, who computed how much.
public struct LayerTraffic: Sendable, Equatable {
    /// Vectors by device and level, `[devices * 3]`, row-major by device.
    public struct Copies: Sendable, Equatable {
        public internal(set) var sent: [Int32]
        public internal(set) var received: [Int32]

        init(devices: Int) {
            sent = [Int32](repeating: 0, count: devices * 3)
            received = sent
        }

        /// Vectors that travelled at a level.
        public func total(_ level: Topology.Level) -> Int {
            stride(from: level.rawValue, to: sent.count, by: 3).reduce(0) { $0 + Int(sent[$1]) }
        }
    }

    /// Copies of hidden states on their way to experts.
    public internal(set) var dispatch: Copies
    /// Results on their way back: from the devices that computed, to the tokens'.
    public internal(set) var combine: Copies
    /// Assignments that each device computed.
    public internal(set) var assignments: [Int32]
    /// Experts of each device that computed at least one.
    public internal(set) var activeExperts: [Int32]
    /// Assignments to experts that no device holds.
    public internal(set) var lost: Int

    init(devices: Int) {
        dispatch = Copies(devices: devices)
        combine = dispatch
        assignments = [Int32](repeating: 0, count: devices)
        activeExperts = assignments
        lost = 0
    }

    public var deviceCount: Int { assignments.count }

    /// Largest over mean load of the devices in `alive`; 1 where nothing was computed.
    public func imbalance(devices: Int) -> Double {
        let total = assignments.reduce(0) { $0 + Int($1) }
        return total == 0 ? 1 : Double(assignments.max() ?? 0) * Double(devices) / Double(total)
    }
}
