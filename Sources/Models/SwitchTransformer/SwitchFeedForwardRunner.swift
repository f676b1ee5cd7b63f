import Activations
import Experts
import Routing
import Tensors

/// Runs the feed-forward networks of all blocks of encoder and decoder.
final class SwitchFeedForwardRunner {
    private let pool: ComputePool
    private let observer: (any RoutingObserver)?
    private let router: CapacityRouter
    private let encoder: [any ExpertExecutor]
    private let decoder: [any ExpertExecutor]
    /// Shape [tokens × experts].
    private let logits: FloatBuffer
    private var decision: RoutingDecision
    private var denseDecision = RoutingDecision(expertCount: 1, expertsPerToken: 1)

    init(_ model: SwitchTransformer, pool: ComputePool, maxTokens: Int, observer: (any RoutingObserver)?) {
        let configuration = model.configuration
        self.pool = pool
        self.observer = observer
        router = CapacityRouter(expertCount: configuration.experts, capacity: configuration.expertCapacity)
        let workspace = ExpertWorkspace(
            slots: maxTokens, hiddenSize: configuration.hiddenSize, width: configuration.feedForwardWidth)
        func executors(_ stack: SwitchStack) -> [any ExpertExecutor] {
            stack.blocks.map {
                GroupedExperts(weights: $0.feedForward.expertWeights, pool: pool, workspace: workspace)
            }
        }
        encoder = executors(model.encoder)
        decoder = executors(model.decoder)
        logits = FloatBuffer(count: maxTokens * configuration.experts)
        decision = RoutingDecision(expertCount: configuration.experts, expertsPerToken: 1)
    }

    /// `output = network(hidden)`, both of shape [tokens × hidden]. The tokens are one sequence as far as capacity goes.
    func run(
        _ block: SwitchBlock, index: Int, ofDecoder: Bool, hidden: UnsafePointer<Float>, tokens: Int,
        output: UnsafeMutablePointer<Float>
    ) {
        let executor = ofDecoder ? decoder[index] : encoder[index]
        switch block.feedForward {
        case .dense:
            fillDenseDecision(tokens: tokens)
            executor.run(hidden: hidden, decision: denseDecision, output: output)
        case .sparse(let layer, let gate, let bias, _):
            pool.multiply(gate, input: hidden, tokens: tokens, output: logits.pointer)
            add(bias, tokens: tokens)
            router.route(
                logits: UnsafeBufferPointer(start: logits.pointer, count: tokens * router.expertCount), into: &decision)
            observer?.routed(layer: layer, decision: decision)
            executor.run(hidden: hidden, decision: decision, output: output)
        }
    }

    private func add(_ bias: [Float], tokens: Int) {
        guard !bias.isEmpty else { return }
        for token in 0..<tokens {
            for expert in bias.indices { logits.pointer[token * bias.count + expert] += bias[expert] }
        }
    }

    private func fillDenseDecision(tokens: Int) {
        guard denseDecision.tokens != tokens else { return }
        denseDecision.removeAll()
        for _ in 0..<tokens { denseDecision.append(experts: [0], weights: [1]) }
    }
}
