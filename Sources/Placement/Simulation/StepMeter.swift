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
    private let threads: Int
    /// Taken as it is by each thread, which changes a copy.
    private let counter: TrafficCounter

    init(cost: CostModel, topK: Int, threads: Int) {
        self.cost = cost
        self.topK = topK
        self.threads = max(1, threads)
        counter = TrafficCounter(topology: cost.topology, communication: cost.communication, topK: topK)
    }

    /// What one thread found of its share of the layers.
    private struct Share: Sendable {
        var layers: [(layer: Int, cost: LayerCost, assignments: [Int32])] = []
        var crossed: [Double]
    }

    /// Adds a step to the sums of `outcome` by layer, device and request, and returns its own record.
    ///
    /// The result does not depend on the number of threads: bytes are whole numbers, and costs are added in order.
    func measure(
        _ step: StepTokens, ids: [UInt16], on placement: LivePlacement, into outcome: inout SimulationOutcome
    ) -> SimulationOutcome.Step {
        let requests = outcome.crossedBytes.count
        let shares = Parallel.map(0..<threads, threads: threads) { thread in
            share(of: thread, step, ids: ids, on: placement, requests: requests)
        }
        var record = SimulationOutcome.Step(tokens: step.batch.count, decoding: step.decoding)
        for (layer, layerCost, assignments) in shares.flatMap(\.layers).sorted(by: { $0.layer < $1.layer }) {
            outcome.layers[layer].add(layerCost)
            record.cost.add(layerCost)
            for (device, count) in assignments.enumerated() { outcome.loads[layer][device] += Int(count) }
        }
        record.cost.imbalance = (record.cost.imbalance - 1) / Double(max(1, placement.copies.count))
        for share in shares {
            for (request, bytes) in share.crossed.enumerated() { outcome.crossedBytes[request] += bytes }
        }
        return record
    }

    private func share(
        of thread: Int, _ step: StepTokens, ids: [UInt16], on placement: LivePlacement, requests: Int
    ) -> Share {
        var counter = counter
        var share = Share(crossed: [Double](repeating: 0, count: requests))
        let alive = cost.topology.deviceCount - placement.lostDevices.count
        for layer in stride(from: thread, to: placement.copies.count, by: threads) {
            counter.count(
                step.batch, ids: ids, offset: layer * topK, copies: placement.copies[layer],
                vectorBytes: cost.vectorBytes, crossed: &share.crossed)
            let layerCost = cost.cost(
                of: counter.traffic, tokens: step.tokens, positions: step.positions, alive: alive)
            share.layers.append((layer, layerCost, counter.traffic.assignments))
        }
        return share
    }
}
