import Activations
import Experts
import Routing
import Tensors

/// Runs a model on one sequence or several at a time. Owned by one thread, with the compute pool that it was given.
public final class ModelRunner {
    /// Which positions of a micro-batch logits are wanted for.
    public enum LogitsRequest: Sendable {
        case none, last, all
    }

    public let model: TransformerModel
    /// Tokens that `forward` takes at once at most.
    public let maxBatch: Int
    /// Memory of the caches that `makeCache` makes.
    public let pages: KVPagePool
    /// Pages that a sequence of this model takes.
    public let demand: KVDemand
    private let pool: ComputePool
    private let kernels = Kernels.selected
    private let attention: PagedAttention
    private let workspace: Workspace
    private let feedForward: FeedForwardBlock
    private var tables: RotaryTables

    /// - Parameters:
    ///   - cacheType: of the KV caches.
    ///   - cacheBytes: for all KV caches together; memory is taken as it is needed.
    public init(
        model: TransformerModel, pool: ComputePool, maxBatch: Int = 512, cacheType: KVCacheType = .f32,
        cacheBytes: Int = .max, observer: (any RoutingObserver)? = nil
    ) {
        precondition(maxBatch > 0)
        self.model = model
        self.maxBatch = maxBatch
        self.pool = pool
        let shape = model.configuration.attention
        let page = shape.page(cacheType)
        pages = KVPagePool(shape: page, bytes: cacheBytes)
        demand = KVDemand(masks: model.configuration.blocks.map(\.mask), maxBatch: maxBatch)
        attention = PagedAttention(
            work: AttentionWork(shape, page: page), scale: shape.scale, pool: pool, kernels: kernels)
        workspace = Workspace(configuration: model.configuration, tokens: maxBatch)
        feedForward = FeedForwardBlock(
            model.blocks.map(\.feedForward), hiddenSize: model.configuration.hiddenSize,
            weighsInput: model.configuration.experts.weighsInput, pool: pool, maxBatch: maxBatch, observer: observer)
        tables = RotaryTables(model.configuration.rotary)
    }

    /// An empty cache for one sequence of up to `capacity` positions. It takes memory when positions are filled.
    public func makeCache(capacity: Int) -> KVCache {
        KVCache(masks: model.configuration.blocks.map(\.mask), pool: pages, capacity: capacity)
    }

    /// Appends `tokens` to the sequence in `cache`; see `forward(_:isCancelled:)`.
    public func forward(
        _ tokens: some Collection<Int32>, cache: KVCache, logits: LogitsRequest,
        isCancelled: () -> Bool = { false }
    ) -> UnsafeBufferPointer<Float>? {
        forward(
            [SequencePart(tokens: ArraySlice(tokens), cache: cache, logits: logits)], isCancelled: isCancelled)
    }

    /// Appends tokens to each of several sequences in one pass through the model. The result for a sequence does not
    /// depend on the others.
    ///
    /// - Parameters:
    ///   - parts: 1...`maxBatch` tokens together. The pages that their caches need are available.
    ///   - isCancelled: asked before each block.
    /// - Returns: logits of the positions asked for, part by part, shape [positions × vocabulary], valid until the next
    ///   call; nil if cancelled (the caches are then good for nothing).
    public func forward(_ parts: [SequencePart], isCancelled: () -> Bool = { false }) -> UnsafeBufferPointer<Float>? {
        let count = parts.reduce(0) { $0 + $1.tokens.count }
        precondition(count > 0 && count <= maxBatch, "micro-batch of a wrong size")
        for part in parts {
            precondition(!part.tokens.isEmpty, "a sequence without new tokens")
            precondition(part.cache.count + part.tokens.count <= part.cache.capacity, "the cache is full")
        }
        let batch = makeBatch(parts)
        let plans = makePlans(batch)
        for (row, token) in parts.lazy.flatMap(\.tokens).enumerated() { embed(token, row: row) }
        for (index, block) in model.blocks.enumerated() {
            if isCancelled() { return nil }
            let shape = model.configuration.blocks[index]
            guard let plan = plans.first(where: { $0.mask == shape.mask })?.plan else {
                preconditionFailure("every mask has a plan")
            }
            runAttention(block, step: AttentionStep(block: index, shape: shape, batch: batch, plan: plan))
            runFeedForward(block, index: index, tokens: count)
        }
        for part in parts { part.cache.advance(part.tokens.count) }
        return logits(parts, batch)
    }

    private func makeBatch(_ parts: [SequencePart]) -> MicroBatch {
        for part in parts {
            part.cache.reserve(part.tokens.count)
            tables.reserve(capacity: part.cache.capacity, reaching: part.cache.count + part.tokens.count)
        }
        return MicroBatch(parts) { tables.table(capacity: $0.cache.capacity) }
    }

    /// One for each mask that blocks have.
    private func makePlans(_ batch: MicroBatch) -> [(mask: AttentionMask, plan: AttentionPlan)] {
        var plans: [(mask: AttentionMask, plan: AttentionPlan)] = []
        for block in model.configuration.blocks where !plans.contains(where: { $0.mask == block.mask }) {
            let plan = AttentionPlan(batch.sequences, mask: block.mask, work: attention.work, threads: pool.threads)
            workspace.reservePartials(plan.partialFloats)
            plans.append((block.mask, plan))
        }
        return plans
    }

    private func embed(_ token: Int32, row: Int) {
        let width = model.configuration.hiddenSize
        let factor = model.configuration.multipliers.embedding
        let target = workspace.residual.pointer + row * width
        kernels.dequantize(model.embedding, row: Int(token), into: target)
        if factor != 1 { for i in 0..<width { target[i] *= factor } }
    }

    private func runAttention(_ block: TransformerBlock, step: AttentionStep) {
        normalise(block.attentionNorm, rows: 0..<step.batch.rows)
        let shape = model.configuration.attention
        switch block.attention {
        case .grouped(let weights):
            GroupedAttention(shape: shape, epsilon: model.configuration.norm.epsilon, paged: attention)
                .run(weights, step: step, workspace: workspace)
        case .latent(let weights):
            guard let latent = shape.latent else { preconditionFailure("loaded as another kind of attention") }
            LatentAttention(shape: shape, latent: latent, paged: attention)
                .run(weights, step: step, workspace: workspace)
        }
        addUpdate(tokens: step.batch.rows)
    }

    private func runFeedForward(_ block: TransformerBlock, index: Int, tokens: Int) {
        normalise(block.feedForwardNorm, rows: 0..<tokens)
        feedForward.run(
            block.feedForward, block: index, tokens: tokens, hidden: workspace.normalised.pointer,
            output: workspace.update.pointer)
        addUpdate(tokens: tokens)
    }

    /// Normalises `rows` of the residual stream into rows of `workspace.normalised` from `target` on.
    private func normalise(_ norm: Norm, rows: Range<Int>, target: Int = 0) {
        let width = model.configuration.hiddenSize
        let epsilon = model.configuration.norm.epsilon
        pool.forEach(count: rows.count, grain: 16) { range, _ in
            for row in range {
                kernels.normalise(
                    workspace.residual.pointer + (rows.lowerBound + row) * width, norm, epsilon: epsilon,
                    output: workspace.normalised.pointer + (target + row) * width)
            }
        }
    }

    private func addUpdate(tokens: Int) {
        let width = model.configuration.hiddenSize
        let factor = model.configuration.multipliers.residual
        pool.forEach(count: tokens, grain: 16) { range, _ in
            let (start, count) = (range.lowerBound * width, range.count * width)
            let (residual, update) = (workspace.residual.pointer + start, workspace.update.pointer + start)
            if factor == 1 {
                kernels.add(residual, update, count: count)
            } else {
                kernels.addScaled(residual, factor, update, count: count)
            }
        }
    }

    private func logits(_ parts: [SequencePart], _ batch: MicroBatch) -> UnsafeBufferPointer<Float>? {
        let configuration = model.configuration
        let wanted = zip(parts, batch.sequences).map { part, sequence in
            switch part.logits {
            case .none: sequence.rows.upperBound..<sequence.rows.upperBound
            case .last: sequence.rows.upperBound - 1..<sequence.rows.upperBound
            case .all: sequence.rows
            }
        }
        let positions = wanted.reduce(0) { $0 + $1.count }
        let count = positions * configuration.vocabularySize
        workspace.reserveLogits(count)
        let logits = workspace.logits.pointer
        guard positions > 0 else { return UnsafeBufferPointer(start: logits, count: 0) }
        var row = 0
        for rows in wanted {
            normalise(model.finalNorm, rows: rows, target: row)
            row += rows.count
        }
        pool.multiply(
            model.head, input: workspace.normalised.pointer, tokens: positions, output: logits,
            rounding: workspace.rounding)
        let divisor = configuration.multipliers.logitDivisor
        if divisor != 1 { for i in 0..<count { logits[i] /= divisor } }
        return UnsafeBufferPointer(start: logits, count: count)
    }
}
