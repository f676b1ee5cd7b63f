import Activations
import Experts
import Foundation
import Routing
import Tensors

/// Runs the feed-forward networks of all blocks: routers and experts, shared experts, dense networks.
final class FeedForwardBlock {
    private let hiddenSize: Int
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

    /// - Parameters:
    ///   - networks: of all blocks, in model order; their routers choose alike.
    ///   - weighsInput: whether a token's weight multiplies what an expert gets rather than what it gives.
    init(
        _ networks: [FeedForward], hiddenSize: Int, weighsInput: Bool = false, pool: ComputePool, maxBatch: Int,
        observer: (any RoutingObserver)?
    ) {
        self.hiddenSize = hiddenSize
        self.pool = pool
        self.observer = observer
        let layers = networks.compactMap(\.expertLayer)
        let perToken = layers.first?.router.expertsPerToken ?? 1
        let workspace = ExpertWorkspace(
            slots: maxBatch * perToken, hiddenSize: hiddenSize, width: networks.map(\.widest).max() ?? 0)
        executors = networks.map { network in
            switch network {
            case .dense(let weights): GroupedExperts(weights: weights, pool: pool, workspace: workspace)
            case .experts(let layer):
                GroupedExperts(weights: layer.weights, pool: pool, workspace: workspace, weighsInput: weighsInput)
            }
        }
        sharedExecutors = networks.map { network in
            guard let shared = network.expertLayer?.shared else { return nil }
            return GroupedExperts(weights: shared.weights, pool: pool, workspace: workspace)
        }
        let experts = layers.first?.router.expertCount ?? 1
        routerLogits = FloatBuffer(count: maxBatch * experts)
        sharedOutput = FloatBuffer(count: layers.allSatisfy { $0.shared == nil } ? 0 : maxBatch * hiddenSize)
        decision = RoutingDecision(expertCount: experts, expertsPerToken: perToken)
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
        Kernels.selected.add(output, sharedOutput.pointer, count: tokens * hiddenSize)
    }

    private func sendAll(tokens: Int, weight: (Int) -> Float) {
        toOne.removeAll()
        for token in 0..<tokens { toOne.append(experts: [0], weights: [weight(token)]) }
    }
}

extension FeedForward {
    var expertLayer: ExpertLayer? {
        if case .experts(let layer) = self { layer } else { nil }
    }

    /// The largest width between up and down projection.
    fileprivate var widest: Int {
        switch self {
        case .dense(let weights): weights.width
        case .experts(let layer): max(layer.weights.width, layer.shared?.weights.width ?? 0)
        }
    }
}
