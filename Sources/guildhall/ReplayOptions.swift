import Activations
import ArgumentParser
import Foundation
import Placement

/// Options that say how requests are replayed.
struct ReplayOptions: ParsableArguments {
    @Option(help: "Requests in flight per device.") var batch = 32
    @Option(help: "Steps to simulate.") var steps = 256
    @Option(help: "What to replay: decode (answers), prefill (prompts) or both.") var phase = SimulationOptions.Phase
        .decode
    @Option(
        help:
            "What may be used to choose a request's node: activations (of its prompt, and its label), label or nothing."
    )
    var knowledge = SimulationOptions.Knowledge.activations
    @Option(help: "Order of arrival: shuffled, trace, or domain (one after the other: drift).")
    var order = SimulationOptions.Order.shuffled
    @Option(help: "Prompt tokens that a device reads in a step.") var prefillChunk = 512
    @Option(help: "Requests that arrive per second; a new one arrives whenever one ends if left out.") var rate: Double?
    @Option(help: "Seed of the order of requests.") var seed: UInt64 = 1
    @Option(help: "Lose node N before step S, as N@S; may be repeated.") var loseNode: [NodeLossArgument] = []
    @Option(help: "Look for a better plan every this many steps.") var replanEvery: Int?
    @Option(help: "Copies of experts that a new plan may move; 0 for a whole new plan with new groups.")
    var replanMoves = 64
    @Option(help: "A new plan is taken if it saves this many times what moving to it costs, until the next look.")
    var replanMargin = 1.5
    @Option(help: "Share of a migration's time for which the machines stand still.") var migrationStall = 1.0

    func validate() throws {
        guard (1...100_000).contains(steps), (1...4096).contains(batch), (1...1_000_000).contains(prefillChunk) else {
            throw ValidationError("--steps must be 1 to 100000, --batch 1 to 4096, --prefill-chunk 1 to 1000000.")
        }
        guard replanEvery.map({ $0 > 0 }) ?? true, replanMoves >= 0, (0...1e9).contains(replanMargin),
            (0...1).contains(migrationStall)
        else {
            throw ValidationError(
                "--replan-every must be above 0, --replan-moves 0 or more, --replan-margin 0 to 1e9, --migration-stall 0 to 1."
            )
        }
    }

    /// Who makes new plans, where that is asked for.
    ///
    /// - Parameter cost: by which it is decided whether a plan is taken, so that they are made for it.
    func replanner(_ cost: CostModel) -> SearchReplanner? {
        replanEvery.map { _ in
            SearchReplanner(
                moves: replanMoves == 0 ? nil : replanMoves, objective: cost.timeObjective(tokensPerDevice: batch),
                seed: seed)
        }
    }

    func options() -> SimulationOptions {
        var options = SimulationOptions()
        options.phase = phase
        options.knowledge = knowledge
        options.order = order
        options.batch = batch
        options.prefillChunk = prefillChunk
        options.steps = steps
        options.arrivalRate = rate
        options.seed = seed
        options.losses = loseNode.map(\.loss)
        options.replanning = replanEvery.map {
            SimulationOptions.Replanning(every: $0, margin: replanMargin, stall: migrationStall)
        }
        return options
    }
}

extension SimulationOptions.Phase: ExpressibleByArgument {}
extension SimulationOptions.Knowledge: ExpressibleByArgument {}
extension SimulationOptions.Order: ExpressibleByArgument {}

/// `N@S`: node and step.
struct NodeLossArgument: ExpressibleByArgument {
    let loss: SimulationOptions.NodeLoss

    init?(argument: String) {
        let parts = argument.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2, let node = Int(parts[0]), let step = Int(parts[1]) else { return nil }
        loss = SimulationOptions.NodeLoss(node: node, step: step)
    }
}
