/// What `guildhall simulate --json` says of one plan. Times are seconds, sizes bytes.
public struct SimulationSummary: Sendable, Encodable {
    /// Bytes that moved per token, over all layers, dispatch and combine.
    public struct BytesPerToken: Sendable, Encodable {
        public let intra_node: Double
        public let inter_node: Double
        public let inter_rack: Double
        public var between_nodes: Double { inter_node + inter_rack }

        enum CodingKeys: String, CodingKey { case intra_node, inter_node, inter_rack }
    }

    /// Mean time of a layer in a step: what all wait for, and what it would be were work spread equally.
    public struct LayerTimes: Sendable, Encodable {
        public struct Part: Sendable, Encodable {
            public let padded: Double
            public let balanced: Double

            init(_ time: PaddedTime, _ count: Double) {
                padded = time.slowest / count
                balanced = time.mean / count
            }
        }

        public let attention: Part
        public let dispatch: Part
        public let experts: Part
        public let combine: Part
        public let communication: Part
        public let layer: Part

        init(_ cost: LayerCost, count: Int) {
            let count = Double(max(1, count))
            attention = Part(cost.attention, count)
            dispatch = Part(cost.dispatch, count)
            experts = Part(cost.experts, count)
            combine = Part(cost.combine, count)
            communication = Part(cost.communication, count)
            layer = Part(cost.layer, count)
        }
    }

    public struct Layer: Sendable, Encodable {
        public let layer: Int
        public let bytes_between_nodes_per_token: Double
        public let imbalance: Double
        public let times: LayerTimes
    }

    public let plan: String
    public let steps: Int
    public let tokens: Int
    public let seconds: Double
    public let tokens_per_second: Double
    public let bytes_per_token: BytesPerToken
    public let layer_times: LayerTimes
    /// Largest over mean device load: mean of steps and layers, and over the whole run.
    public let imbalance: Double
    public let imbalance_overall: Double
    /// Bytes that the experts of the fullest device take, and that it has.
    public let expert_memory: Double
    public let device_memory: Double
    /// Time from a token of an answer to its next.
    public let time_per_token: Percentiles?
    /// From arrival to the last token, of requests that began and ended within the run.
    public let request_latency: Percentiles?
    public let request_wait: Percentiles?
    public let requests_waiting: Int
    /// Assignments of requests to nodes, by what was known.
    public let assigned_by: [String: Int]
    public let moved_requests: Int
    public let moved_cache_bytes: Double
    public let lost_assignments: Int
    public let losses: [Loss]
    public let replans: [Replan]
    public let layers: [Layer]

    public struct Loss: Sendable, Encodable {
        public let node: Int
        public let step: Int
        public let requests: Int
        public let tokens_read_again: Int
        public let experts_lost: Int
        public let reload_seconds: Double
    }

    public struct Replan: Sendable, Encodable {
        public let step: Int
        public let accepted: Bool
        public let saved_per_step: Double
        public let moved_experts: Int
        public let moved_bytes: Double
        public let migration_seconds: Double
    }
}

extension SimulationSummary {
    /// - Parameters:
    ///   - name: the plan's.
    ///   - blocks: Transformer block of each layer.
    public init(
        name: String, plan: PlacementPlan, outcome: SimulationOutcome, blocks: [Int], cost: CostModel
    ) {
        let total = outcome.total
        let tokens = Double(max(1, outcome.tokens))
        let alive = plan.deviceCount - outcome.losses.count * plan.devicesPerNode
        self.plan = name
        steps = outcome.steps.count
        self.tokens = outcome.tokens
        seconds = outcome.seconds
        tokens_per_second = outcome.seconds > 0 ? Double(outcome.tokens) / outcome.seconds : 0
        bytes_per_token = BytesPerToken(
            intra_node: total.bytes[0] / tokens, inter_node: total.bytes[1] / tokens,
            inter_rack: total.bytes[2] / tokens)
        layer_times = LayerTimes(total, count: outcome.steps.count * blocks.count)
        imbalance = total.imbalance
        imbalance_overall = outcome.imbalanceOverall(alive: alive)
        expert_memory = cost.expertMemory(plan)
        device_memory = cost.topology.device.memory
        time_per_token = Percentiles(outcome.steps.map { ($0.cost.layer.slowest, $0.decoding) })
        request_latency = Percentiles(outcome.finished.map(\.latency))
        request_wait = Percentiles(outcome.finished.map(\.wait))
        requests_waiting = outcome.waiting
        assigned_by = Dictionary(uniqueKeysWithValues: outcome.bases.map { ($0.key.rawValue, $0.value) })
        moved_requests = outcome.moves
        moved_cache_bytes = outcome.movedBytes
        lost_assignments = total.lost
        losses = outcome.losses.map(Loss.init)
        replans = outcome.replans.map(Replan.init)
        layers = zip(blocks, outcome.layers).map { block, cost in
            Layer(
                layer: block, bytes_between_nodes_per_token: cost.bytesBetweenNodes / tokens,
                imbalance: cost.imbalance / Double(max(1, outcome.steps.count)),
                times: LayerTimes(cost, count: outcome.steps.count))
        }
    }
}

extension SimulationSummary.Loss {
    init(_ loss: SimulationOutcome.Loss) {
        node = loss.node
        step = loss.step
        requests = loss.requests
        tokens_read_again = loss.tokensReadAgain
        experts_lost = loss.expertsLost
        reload_seconds = loss.reloadSeconds
    }
}

extension SimulationSummary.Replan {
    init(_ replan: SimulationOutcome.Replan) {
        step = replan.step
        accepted = replan.accepted
        saved_per_step = replan.savedPerStep
        moved_experts = replan.movedExperts
        moved_bytes = replan.movedBytes
        migration_seconds = replan.seconds
    }
}
