import Activations
import Placement

/// What a plan costs on held-out requests, or the mean of several such.
struct Judgement {
    /// Other nodes that a token visits per layer.
    var visits = 0.0
    /// Largest over mean device load, mean of the layers.
    var imbalance = 0.0
    /// Largest over mean number of requests at home on a node.
    var homes = 0.0

    /// The requests come in the order given.
    static func of(_ plan: PlacementPlan, on requests: [RequestTrace], shape: TraceShape) throws -> Judgement {
        var trial = try PlanTrial(plan: plan, shape: shape)
        for request in requests { trial.add(request) }
        let score = trial.score
        return Judgement(
            visits: score.remoteNodesPerToken / Double(shape.layerCount), imbalance: score.imbalance,
            homes: trial.homeImbalance)
    }

    static func mean(_ all: [Judgement]) -> Judgement {
        let count = Double(max(1, all.count))
        return Judgement(
            visits: all.reduce(0) { $0 + $1.visits } / count,
            imbalance: all.reduce(0) { $0 + $1.imbalance } / count, homes: all.reduce(0) { $0 + $1.homes } / count)
    }
}
