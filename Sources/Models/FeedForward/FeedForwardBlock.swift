import Activations
import Experts
import Foundation
import Routing
import Tensors

/// Runs the feed-forward networks of all blocks: routers and experts, shared experts, dense networks.
final class FeedForwardBlock {
    private let configuration: ModelConfiguration
    private let pool: ComputePool
    private let observer: (any RoutingObserver)?
    private let executors: [any ExpertExecutor]
    /// Of blocks that have a shared expert.
    private let sharedExecutors: [(any ExpertExecutor)?]
    private let routerLogits: FloatBuffer
    private let sharedOutput: FloatBuffer
    private var decision: RoutingDecision
    /// All tokens to the only expert, with weights of 1 or of the shared expert's gate.
    private var toOne = RoutingDecision(expertCount: 1, expertsPerToken: 1)

    init(_ model: TransformerModel, pool: ComputePool, maxBatch: Int, observer: (any RoutingObserver)?) {
        let configuration = model.configuration
        let shape = configuration.experts
        self.configuration = configuration
        self.pool = pool
        self.observer = observer
        let workspace = ExpertWorkspace(
            slots: maxBatch * shape.perToken, hiddenSize: configuration.hiddenSize,
            width: max(shape.width, configuration.denseWidth, shape.shared?.width ?? 0))
        executors = model.blocks.map { block in
            switch block.feedForward {
            case .dense(let weights): GroupedExperts(weights: weights, pool: pool, workspace: workspace)
            case .experts(let layer):
                GroupedExperts(
                    weights: layer.weights, pool: pool, workspace: workspace, weighsInput: shape.weighsInput)
            }
        }
        sharedExecutors = model.blocks.map { block in
            guard case .experts(let layer) = block.feedForward, let shared = layer.shared else { return nil }
            return GroupedExperts(weights: shared.weights, pool: pool, workspace: workspace)
        }
        routerLogits = FloatBuffer(count: maxBatch * shape.count)
        sharedOutput = FloatBuffer(count: shape.shared == nil ? 0 : maxBatch * configuration.hiddenSize)
        decision = RoutingDecision(expertCount: shape.count, expertsPerToken: shape.perToken)
    }

    /// `output = network(hidden)`, both of shape [tokens × hidden].
    func run(
        _ weights: FeedForward, block: Int, tokens: Int, hidden: UnsafePointer<Float>,
        output: UnsafeMutablePointer<Float>
    ) {
        switch weights {
        case .dense:
            sendAll(tokens: tokens) { _ in 1 }
            executors[block].run(hidden: hidden, decision: toOne, output: output)
        case .experts(let layer):
            let logits = routerLogits.pointer
            pool.multiply(layer.gate, input: hidden, tokens: tokens, output: logits)
            layer.router.route(
                logits: UnsafeBufferPointer(start: logits, count: tokens * layer.router.expertCount), into: &decision)
            observer?.routed(layer: layer.index, decision: decision)
            executors[block].run(hidden: hidden, decision: decision, output: output)
            addShared(layer, block: block, tokens: tokens, hidden: hidden, to: output)
        }
    }

    private func addShared(
        _ layer: ExpertLayer, block: Int, tokens: Int, hidden: UnsafePointer<Float>,
        to output: UnsafeMutablePointer<Float>
    ) {
        guard let shared = layer.shared, let executor = sharedExecutors[block] else { return }
        if let gate = shared.gate {
            let logits = routerLogits.pointer
            pool.multiply(gate, input: hidden, tokens: tokens, output: logits)
            sendAll(tokens: tokens) { 1 / (1 + exp(-logits[$0])) }
        } else {
            sendAll(tokens: tokens) { _ in 1 }
        }
        executor.run(hidden: hidden, decision: toOne, output: sharedOutput.pointer)
        Kernels.selected.add(output, sharedOutput.pointer, count: tokens * configuration.hiddenSize)
    }

    private func sendAll(tokens: Int, weight: (Int) -> Float) {
        toOne.removeAll()
        for token in 0..<tokens { toOne.append(experts: [0], weights: [weight(token)]) }
    }
}
