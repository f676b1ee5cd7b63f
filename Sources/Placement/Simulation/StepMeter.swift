/// The tokens of one step, and what each device has of them.
struct StepTokens: Sendable {
    var batch = TokenBatch()
    /// Tokens on each device.
    var tokens: [Int32]
    /// Sum of the positions of each device's tokens: what attention reads of the cache.
    var positions: [Double]
    /// Requests that get a token of their answer.
    var decoding = 0

    init(devices: Int) {
        tokens = [Int32](repeating: 0, count: devices)
        positions = [Double](repeating: 0, count: devices)
    }

    mutating func clear() {
        batch.removeAll()
        decoding = 0
        for index in tokens.indices {
            tokens[index] = 0
            positions[index] = 0
        }
    }
}

/// Counts and costs all layers of a step.
struct StepMeter: Sendable {
    private let cost: CostModel
    private let topK: Int
    private var counter: TrafficCounter

    init(cost: CostModel, topK: Int) {
        self.cost = cost
        self.topK = topK
        counter = TrafficCounter(topology: cost.topology, communication: cost.communication, topK: topK)
    }

    /// - Parameters:
    ///   - crossed: by request, bytes between nodes, to which the step's are added.
    ///   - byLayer: costs to which each layer's is added.
    ///   - loads: by layer and device, assignments to which the step's are added.
    mutating func measure(
        _ step: StepTokens, ids: [UInt16], on placement: LivePlacement, crossed: inout [Double],
        byLayer: inout [LayerCost], loads: inout [[Int]]
    ) -> SimulationOutcome.Step {
        var record = SimulationOutcome.Step(tokens: step.batch.count, decoding: step.decoding)
        let alive = cost.topology.deviceCount - placement.lostDevices.count
        for (layer, copies) in placement.copies.enumerated() {
            counter.count(
                step.batch, ids: ids, offset: layer * topK, copies: copies, vectorBytes: cost.vectorBytes,
                crossed: &crossed)
            let layerCost = cost.cost(
                of: counter.traffic, tokens: step.tokens, positions: step.positions, alive: alive)
            byLayer[layer].add(layerCost)
            for (device, assignments) in counter.traffic.assignments.enumerated() {
                loads[layer][device] += Int(assignments)
            }
            record.cost.add(layerCost)
        }
        record.cost.imbalance = (record.cost.imbalance - 1) / Double(max(1, placement.copies.count))
        return record
    }
}
