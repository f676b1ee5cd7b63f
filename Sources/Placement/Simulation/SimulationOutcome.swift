/// What a simulation adds up.
public struct SimulationOutcome: Sendable, Equatable {
    public struct Step: Sendable, Equatable {
        public let tokens: Int
        /// Requests that got a token of their answer.
        public let decoding: Int
        /// Sums over the layers; `imbalance` is the mean.
        public var cost = LayerCost()
    }

    /// A request that ran from its beginning to its end.
    public struct Finished: Sendable, Equatable {
        /// Seconds from arrival to the last token, waiting included.
        public let latency: Double
        /// Seconds in the queue.
        public let wait: Double
        public let tokens: Int
    }

    public struct Loss: Sendable, Equatable {
        public let node: Int
        public let step: Int
        /// Requests that lost their node.
        public let requests: Int
        /// Tokens whose cache was lost.
        public let tokensReadAgain: Int
        /// (layer, expert) pairs that no other device held.
        public let expertsLost: Int
        /// Seconds until they are read from disk.
        public let reloadSeconds: Double
    }

    public struct Replan: Sendable, Equatable {
        public let step: Int
        public internal(set) var accepted = false
        /// Seconds a step that the new plan would have saved on the last steps' tokens.
        public internal(set) var savedPerStep = 0.0
        /// Copies of experts that have to move, their bytes, and the time the machines stand still for it.
        public internal(set) var movedExperts = 0
        public internal(set) var movedBytes = 0.0
        public internal(set) var seconds = 0.0
    }

    public internal(set) var steps: [Step] = []
    /// Sums over the steps, by layer of the trace.
    public internal(set) var layers: [LayerCost]
    /// Assignments over all steps, by layer of the trace and device.
    public internal(set) var loads: [[Int]]
    /// By request of the trace: bytes between nodes, and tokens.
    public internal(set) var crossedBytes: [Double]
    public internal(set) var requestTokens: [Int]
    public internal(set) var finished: [Finished] = []
    /// Assignments of requests to nodes, by what they rested on.
    public internal(set) var bases: [GroupingModel.Basis: Int] = [:]
    /// Requests that changed their node after the prompt, and the cache bytes that went with them.
    public internal(set) var moves = 0
    public internal(set) var movedBytes = 0.0
    /// Requests that still wait at the end.
    public internal(set) var waiting = 0
    public internal(set) var losses: [Loss] = []
    public internal(set) var replans: [Replan] = []
    /// Simulated seconds.
    public internal(set) var seconds = 0.0

    init(requests: Int, layers: Int, devices: Int) {
        loads = [[Int]](repeating: [Int](repeating: 0, count: devices), count: layers)
        self.layers = [LayerCost](repeating: LayerCost(), count: layers)
        for index in self.layers.indices { self.layers[index].imbalance = 0 }
        crossedBytes = [Double](repeating: 0, count: requests)
        requestTokens = [Int](repeating: 0, count: requests)
    }

    mutating func finish(_ request: RunningRequest, at clock: Double, rows: Range<Int>) {
        guard let start = request.start else { return }
        finished.append(
            Finished(latency: clock - request.arrival, wait: start - request.arrival, tokens: rows.count))
    }

    /// Largest over mean load of the devices over the whole run, mean of the layers; 1 where nothing was computed.
    ///
    /// - Parameter alive: devices among which the mean is taken.
    public func imbalanceOverall(alive: Int) -> Double {
        let layers = loads.map { loads in
            let total = loads.reduce(0, +)
            return total == 0 ? 1 : Double(loads.max() ?? 0) * Double(alive) / Double(total)
        }
        return layers.reduce(0, +) / Double(max(1, layers.count))
    }

    public var tokens: Int { steps.reduce(0) { $0 + $1.tokens } }
    /// Sums over all steps and layers; `imbalance` is the mean of the steps'.
    public var total: LayerCost {
        var total = LayerCost()
        total.imbalance = 0
        for step in steps { total.add(step.cost) }
        total.imbalance /= Double(max(1, steps.count))
        return total
    }
}
