import Activations
import Experts
import Routing
import Tensors

/// Runs a model on one sequence at a time. Owned by one thread, with the compute pool that it was given.
public final class ModelRunner {
    /// Which positions of a micro-batch logits are wanted for.
    public enum LogitsRequest: Sendable {
        case none, last, all
    }

    public let model: TransformerModel
    /// Tokens that `forward` takes at once at most.
    public let maxBatch: Int
    private let pool: ComputePool
    private let kernels = Kernels.selected
    private let observer: (any RoutingObserver)?
    private let workspace: Workspace
    private let attention: AttentionBlock
    private let experts: [any ExpertExecutor]
    private var table: RotaryTable
    private var decision: RoutingDecision
    private var denseDecision = RoutingDecision(expertCount: 1, expertsPerToken: 1)

    public init(
        model: TransformerModel, pool: ComputePool, maxBatch: Int = 512, observer: (any RoutingObserver)? = nil
    ) {
        precondition(maxBatch > 0)
        let configuration = model.configuration
        self.model = model
        self.maxBatch = maxBatch
        self.pool = pool
        self.observer = observer
        workspace = Workspace(configuration: configuration, tokens: maxBatch)
        attention = AttentionBlock(
            shape: configuration.attention, pairing: configuration.rotary.pairing,
            epsilon: configuration.normEpsilon, pool: pool, kernels: Kernels.selected)
        let shared = ExpertWorkspace(
            slots: maxBatch * configuration.experts.perToken, hiddenSize: configuration.hiddenSize,
            width: max(configuration.experts.width, configuration.denseWidth))
        experts = model.blocks.map {
            GroupedExperts(weights: $0.feedForward.expertWeights, pool: pool, workspace: shared)
        }
        table = RotaryTable(headSize: configuration.attention.headSize, base: configuration.rotary.base)
        decision = RoutingDecision(
            expertCount: configuration.experts.count, expertsPerToken: configuration.experts.perToken)
    }

    /// An empty cache for one sequence of up to `capacity` positions.
    public func makeCache(capacity: Int) -> KVCache {
        let configuration = model.configuration
        return KVCache(
            blocks: configuration.layers, width: configuration.attention.keyValueWidth, capacity: capacity)
    }

    /// Appends `tokens` to the sequence in `cache`.
    ///
    /// - Parameters:
    ///   - tokens: 1...`maxBatch` ids within the vocabulary; the cache has room for them.
    ///   - isCancelled: asked before each block.
    /// - Returns: logits of the positions asked for, shape [positions × vocabulary], valid until the next call; nil
    ///   if cancelled (the cache is then good for nothing).
    public func forward(
        _ tokens: some Collection<Int32>, cache: KVCache, logits request: LogitsRequest,
        isCancelled: () -> Bool = { false }
    ) -> UnsafeBufferPointer<Float>? {
        precondition(!tokens.isEmpty && tokens.count <= maxBatch, "micro-batch of a wrong size")
        precondition(cache.count + tokens.count <= cache.capacity, "the cache is full")
        table.reserve(positions: cache.count + tokens.count)
        embed(tokens)
        for (index, block) in model.blocks.enumerated() {
            if isCancelled() { return nil }
            runAttention(block, index: index, tokens: tokens.count, cache: cache)
            runFeedForward(block, index: index, tokens: tokens.count)
        }
        cache.count += tokens.count
        return logits(request, tokens: tokens.count)
    }

    private func embed(_ tokens: some Collection<Int32>) {
        let width = model.configuration.hiddenSize
        for (row, token) in tokens.enumerated() {
            kernels.dequantize(model.embedding, row: Int(token), into: workspace.residual.pointer + row * width)
        }
    }

    private func runAttention(_ block: TransformerBlock, index: Int, tokens: Int, cache: KVCache) {
        normalise(block.attention.inputNorm, tokens: tokens)
        attention.run(
            block.attention, block: index, tokens: tokens, cache: cache, table: table, workspace: workspace)
        addUpdate(tokens: tokens)
    }

    private func runFeedForward(_ block: TransformerBlock, index: Int, tokens: Int) {
        normalise(block.feedForwardNorm, tokens: tokens)
        let hidden = UnsafePointer(workspace.normalised.pointer)
        switch block.feedForward {
        case .experts(let moeIndex, let gate, let router, _):
            let logits = workspace.routerLogits.pointer
            pool.multiply(gate, input: hidden, tokens: tokens, output: logits)
            router.route(
                logits: UnsafeBufferPointer(start: logits, count: tokens * router.expertCount), into: &decision)
            observer?.routed(layer: moeIndex, decision: decision)
            experts[index].run(hidden: hidden, decision: decision, output: workspace.update.pointer)
        case .dense:
            fillDenseDecision(tokens: tokens)
            experts[index].run(hidden: hidden, decision: denseDecision, output: workspace.update.pointer)
        }
        addUpdate(tokens: tokens)
    }

    private func fillDenseDecision(tokens: Int) {
        guard denseDecision.tokens != tokens else { return }
        denseDecision.removeAll()
        for _ in 0..<tokens { denseDecision.append(experts: [0], weights: [1]) }
    }

    private func normalise(_ weights: [Float], tokens: Int) {
        let width = model.configuration.hiddenSize
        let epsilon = model.configuration.normEpsilon
        pool.forEach(count: tokens, grain: 16) { range, _ in
            for token in range {
                kernels.rmsNorm(
                    workspace.residual.pointer + token * width, weight: weights, epsilon: epsilon, count: width,
                    output: workspace.normalised.pointer + token * width)
            }
        }
    }

    private func addUpdate(tokens: Int) {
        let width = model.configuration.hiddenSize
        kernels.add(workspace.residual.pointer, workspace.update.pointer, count: tokens * width)
    }

    private func logits(_ request: LogitsRequest, tokens: Int) -> UnsafeBufferPointer<Float>? {
        let configuration = model.configuration
        let wanted =
            switch request {
            case .none: 0
            case .last: 1
            case .all: tokens
            }
        workspace.reserveLogits(wanted * configuration.vocabularySize)
        let logits = workspace.logits.pointer
        guard wanted > 0 else { return UnsafeBufferPointer(start: logits, count: 0) }
        let first = (tokens - wanted) * configuration.hiddenSize
        for row in 0..<wanted {
            let offset = row * configuration.hiddenSize
            kernels.rmsNorm(
                workspace.residual.pointer + first + offset, weight: model.finalNorm,
                epsilon: configuration.normEpsilon, count: configuration.hiddenSize,
                output: workspace.normalised.pointer + offset)
        }
        pool.multiply(model.output, input: workspace.normalised.pointer, tokens: wanted, output: logits)
        return UnsafeBufferPointer(start: logits, count: wanted * configuration.vocabularySize)
    }
}
