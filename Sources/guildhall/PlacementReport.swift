import Activations
import ArgumentParser
import Foundation
import Placement

/// Options that say what a visit and a device's work cost.
struct PlacementModelOptions: ParsableArguments {
    @Option(help: "Dimensions: a built-in name or a YAML file; found by the trace's experts if left out.")
    var dimensions: String?
    @Option(help: "Tokens of a device in a step, for predicted times and --objective time.") var batch = 128

    func validate() throws {
        guard (1...1_000_000).contains(batch) else { throw ValidationError("--batch must be within 1…1000000.") }
    }

    /// - Throws: where the model is unknown.
    func cost(_ machines: Topology, _ shape: TraceShape) throws -> CostModel {
        try known(machines, shape) ?? CostModel(topology: machines, model: guessed(shape))
    }

    /// The same where the model's sizes are known; nil where they can only be guessed.
    func known(_ machines: Topology, _ shape: TraceShape) throws -> CostModel? {
        try model(shape).map { CostModel(topology: machines, model: $0) }
    }

    /// The named model; else the built-in one like the trace.
    private func model(_ shape: TraceShape) throws -> ModelDimensions? {
        if let dimensions {
            return try ModelCatalog.model(named: dimensions)
                ?? ModelDimensions(yaml: try smallTextFile(dimensions), file: dimensions)
        }
        return ModelCatalog.model(experts: shape.expertCount, perToken: shape.topK, layers: shape.layerCount)
    }

    /// Only as wide as most.
    private func guessed(_ shape: TraceShape) -> ModelDimensions {
        ModelDimensions(
            name: "like the trace", moeLayers: shape.layerCount, experts: shape.expertCount,
            expertsPerToken: shape.topK, hiddenSize: 4096, expertWidth: 2048, bitsPerWeight: 8,
            attentionParameters: 5e7, cacheBytesPerToken: 2048)
    }
}

/// What a plan is predicted to cost, next to those of others.
struct PlacementReport {
    let source: PlacementSource
    let training: TrainingSet
    let demand: PlacementDemand
    let cost: CostModel
    /// Tokens of a device in a step.
    let batch: Int

    /// - Parameter time: baselines that are not there by then are left out.
    func text(ours: PlacementPlan, old: PlacementPlan?, until time: SearchTime) throws -> String {
        var plans = try Baseline.allCases.compactMap { baseline in
            try baseline.plan(training, demand, until: time).map { (baseline.rawValue, $0) }
        }
        if let old { plans.append(("before", old)) }
        plans.append(("this plan", ours))
        var trials = try plans.map { try PlanTrial(plan: $0.1, shape: training.shape) }
        source.forEach { request in
            for index in trials.indices { trials[index].add(request) }
        }
        var lines = ["plan           bytes/token  visits  time/layer  imbalance  homes"]
        for (plan, trial) in zip(plans, trials) { lines.append(line(plan.0, trial)) }
        let bound = try training.lowerBound(demand)
        lines.append(
            String(format: "no plan below  %8.0f KB  %6.3f", bytes(bound) / 1e3, bound / Double(layers)))
        if let old { lines.append("moved copies: \(ours.moves(from: old))") }
        return lines.joined(separator: "\n") + "\n"
    }

    private var layers: Int { max(1, training.shape.layerCount) }

    private func bytes(_ visits: Double) -> Double {
        visits * (cost.vectorBytes.dispatch + cost.vectorBytes.combine)
    }

    private func line(_ name: String, _ trial: PlanTrial) -> String {
        let score = trial.score
        let visits = score.remoteNodesPerToken / Double(layers)
        let prices = cost.placementPrices(tokensPerDevice: batch)
        return name.padding(toLength: 15, withPad: " ", startingAt: 0)
            + String(
                format: "%8.0f KB  %6.3f  %7.1f µs  %9.3f  %5.2f", bytes(score.remoteNodesPerToken) / 1e3, visits,
                (visits * prices.visit + score.imbalance * prices.imbalance) * 1e6, score.imbalance,
                trial.homeImbalance)
    }
}
