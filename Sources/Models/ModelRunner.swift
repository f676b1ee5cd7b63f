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
    private let workspace: Workspace
    private let feedForward: FeedForwardBlock
    private var tables: RotaryTables

    public init(
        model: TransformerModel, pool: ComputePool, maxBatch: Int = 512, observer: (any RoutingObserver)? = nil
    ) {
        precondition(maxBatch > 0)
        self.model = model
        self.maxBatch = maxBatch
        self.pool = pool
        workspace = Workspace(configuration: model.configuration, tokens: maxBatch)
        feedForward = FeedForwardBlock(
            model.blocks.map(\.feedForward), hiddenSize: model.configuration.hiddenSize,
            weighsInput: model.configuration.experts.weighsInput, pool: pool, maxBatch: maxBatch, observer: observer)
        tables = RotaryTables(model.configuration.rotary)
    }

    /// An empty cache for one sequence of up to `capacity` positions.
    public func makeCache(capacity: Int) -> KVCache {
        let attention = model.configuration.attention
        return KVCache(
            blocks: model.configuration.layers, keyWidth: attention.latent?.cacheWidth ?? attention.keyValueWidth,
            valueWidth: attention.latent == nil ? attention.keyValueWidth : 0, capacity: capacity)
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
        let table = tables.table(capacity: cache.capacity, reaching: cache.count + tokens.count)
        embed(tokens)
        for (index, block) in model.blocks.enumerated() {
            if isCancelled() { return nil }
            let step = AttentionStep(
                block: index, shape: model.configuration.blocks[index], tokens: tokens.count, cache: cache,
                table: table)
            runAttention(block, step: step)
            runFeedForward(block, index: index, tokens: tokens.count)
        }
        cache.count += tokens.count
        return logits(request, tokens: tokens.count)
    }

    private func embed(_ tokens: some Collection<Int32>) {
        let width = model.configuration.hiddenSize
        let factor = model.configuration.multipliers.embedding
        for (row, token) in tokens.enumerated() {
            let target = workspace.residual.pointer + row * width
            kernels.dequantize(model.embedding, row: Int(token), into: target)
            if factor != 1 { for i in 0..<width { target[i] *= factor } }
        }
    }

    private func runAttention(_ block: TransformerBlock, step: AttentionStep) {
        normalise(block.attentionNorm, tokens: step.tokens)
        let shape = model.configuration.attention
        switch block.attention {
        case .grouped(let weights):
            GroupedAttention(shape: shape, epsilon: model.configuration.norm.epsilon, pool: pool, kernels: kernels)
                .run(weights, step: step, workspace: workspace)
        case .latent(let weights):
            guard let latent = shape.latent else { preconditionFailure("loaded as another kind of attention") }
            LatentAttention(shape: shape, latent: latent, pool: pool, kernels: kernels)
                .run(weights, step: step, workspace: workspace)
        }
        addUpdate(tokens: step.tokens)
    }

    private func runFeedForward(_ block: TransformerBlock, index: Int, tokens: Int) {
        normalise(block.feedForwardNorm, tokens: tokens)
        feedForward.run(
            block.feedForward, block: index, tokens: tokens, hidden: workspace.normalised.pointer,
            output: workspace.update.pointer)
        addUpdate(tokens: tokens)
    }

    private func normalise(_ norm: Norm, tokens: Int, from first: Int = 0) {
        let width = model.configuration.hiddenSize
        let epsilon = model.configuration.norm.epsilon
        pool.forEach(count: tokens, grain: 16) { range, _ in
            for token in range {
                kernels.normalise(
                    workspace.residual.pointer + (first + token) * width, norm, epsilon: epsilon,
                    output: workspace.normalised.pointer + token * width)
            }
        }
    }

    private func addUpdate(tokens: Int) {
        let count = tokens * model.configuration.hiddenSize
        let factor = model.configuration.multipliers.residual
        if factor == 1 {
            kernels.add(workspace.residual.pointer, workspace.update.pointer, count: count)
        } else {
            kernels.addScaled(workspace.residual.pointer, factor, workspace.update.pointer, count: count)
        }
    }

    private func logits(_ request: LogitsRequest, tokens: Int) -> UnsafeBufferPointer<Float>? {
        let configuration = model.configuration
        let wanted =
            switch request {
            case .none: 0
            case .last: 1
            case .all: tokens
            }
        let count = wanted * configuration.vocabularySize
        workspace.reserveLogits(count)
        let logits = workspace.logits.pointer
        guard wanted > 0 else { return UnsafeBufferPointer(start: logits, count: 0) }
        normalise(model.finalNorm, tokens: wanted, from: tokens - wanted)
        pool.multiply(model.head, input: workspace.normalised.pointer, tokens: wanted, output: logits)
        let divisor = configuration.multipliers.logitDivisor
        if divisor != 1 { for i in 0..<count { logits[i] /= divisor } }
        return UnsafeBufferPointer(start: logits, count: count)
    }
}
