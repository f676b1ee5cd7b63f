import Activations

/// Scores one plan on requests that are handed to it one by one; see `PlanScore` for what is counted.
public struct PlanScorer {
    /// What the requests so far have cost.
    public private(set) var score: PlanScore
    /// Assignments by `[layer][home * experts + expert]`; device loads follow from them.
    private var uses: [[UInt32]]
    private let plan: PlacementPlan
    private let shape: TraceShape
    private let experts: Int
    private let choices: [CopyChoice]
    /// Scratch: probability that a token does not visit a node, `[nodes]`, 1 between tokens.
    private var missing: [Float]
    private var touched: [Int32] = []

    /// - Throws: where the plan has no layer for a block of the trace, or fewer experts than the trace.
    public init(plan: PlacementPlan, shape: TraceShape) throws(PlacementError) {
        let experts = plan.expertCount
        var choices: [CopyChoice] = []
        for block in shape.blocks {
            guard let layout = plan.layers.first(where: { $0.block == block }) else {
                throw PlacementError(item: "layer \(block)", reason: "is in the trace and not in the plan")
            }
            choices.append(
                CopyChoice(
                    layout: layout, nodes: plan.nodes, devicesPerNode: plan.devicesPerNode, experts: experts))
        }
        guard experts >= shape.expertCount else {
            throw PlacementError(
                reason: "the trace has \(shape.expertCount) experts a layer, the plan \(experts)")
        }
        self.plan = plan
        self.experts = experts
        self.shape = shape
        self.choices = choices
        missing = [Float](repeating: 1, count: plan.nodes)
        uses = shape.blocks.map { _ in [UInt32](repeating: 0, count: plan.nodes * experts) }
        score = PlanScore(
            tokens: 0, layers: shape.blocks.map { PlanScore.Layer(block: $0, remoteNodes: 0, deviceLoads: []) })
    }

    /// Counts the tokens of a request, or those in `tokens`, as served from node `home`.
    public mutating func add(_ request: RequestTrace, home: Int, tokens range: Range<Int>? = nil) {
        precondition((0..<plan.nodes).contains(home))
        let range = range ?? 0..<request.tokenCount(shape)
        score.tokens += range.count
        for token in range {
            for layer in choices.indices {
                let start = token * shape.idsPerToken + layer * shape.topK
                visit(request.experts, start..<start + shape.topK, layer: layer, home: home)
            }
        }
    }

    private mutating func visit(_ ids: [UInt16], _ range: Range<Int>, layer: Int, home: Int) {
        let base = home * experts
        for index in range {
            let expert = ids[index]
            guard Int(expert) < experts else { continue }
            uses[layer][base + Int(expert)] += 1
            for share in choices[layer].remote[base + Int(expert)] {
                if missing[Int(share.place)] == 1 { touched.append(share.place) }
                missing[Int(share.place)] *= 1 - share.share
            }
        }
        for node in touched {
            score.layers[layer].remoteNodes += Double(1 - missing[Int(node)])
            missing[Int(node)] = 1
        }
        touched.removeAll(keepingCapacity: true)
    }

    /// The score of everything added, with the devices' loads.
    public func finished() -> PlanScore {
        var score = score
        for layer in choices.indices { score.layers[layer].deviceLoads = deviceLoads(layer) }
        return score
    }

    private func deviceLoads(_ layer: Int) -> [Double] {
        var loads = [Double](repeating: 0, count: plan.deviceCount)
        for (index, count) in uses[layer].enumerated() where count > 0 {
            let devices = choices[layer].devices(home: index / experts, expert: index % experts)
            for device in devices { loads[Int(device)] += Double(count) / Double(devices.count) }
        }
        return loads
    }
}
