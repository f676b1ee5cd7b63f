import Activations

/// Sends requests to their homes by a plan's groups, one after the other, and scores what they cost there.
///
/// A request's home is known before the tokens that count: by its prompt's activations, whose tokens do not count then,
/// by its label, or not at all. Where a trace has answers alone, all its tokens count.
public struct PlanTrial {
    private var scorer: PlanScorer
    private var assigner: GroupAssigner
    private let shape: TraceShape

    /// - Throws: as `PlanScorer`.
    public init(plan: PlacementPlan, shape: TraceShape) throws(PlacementError) {
        scorer = try PlanScorer(plan: plan, shape: shape)
        assigner = GroupAssigner(model: plan.groups, nodes: plan.nodes)
        self.shape = shape
    }

    /// - Returns: where the request was sent.
    @discardableResult
    public mutating func add(_ request: RequestTrace) -> GroupAssigner.Decision {
        let tokens = request.tokenCount(shape)
        let prompt = min(max(request.prefillTokens, 0), tokens)
        let decision = assigner.assign(
            GroupAssigner.Arrival(
                label: request.placementLabel, experts: request.experts.prefix(prompt * shape.idsPerToken)),
            shape: shape)
        scorer.add(request, home: decision.node, tokens: (prompt < tokens ? prompt : 0)..<tokens)
        return decision
    }

    public var score: PlanScore { scorer.finished() }

    /// Largest over mean number of requests that nodes are home of.
    public var homeImbalance: Double {
        let total = assigner.loads.reduce(0, +)
        return total > 0 ? (assigner.loads.max() ?? 0) * Double(assigner.loads.count) / total : 1
    }
}
