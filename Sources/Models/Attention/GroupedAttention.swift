import Foundation
import Tensors

/// Causal grouped-query attention over a KV cache (Ainslie et al. 2023, arXiv 2305.13245).
struct GroupedAttention {
    let shape: ModelConfiguration.AttentionShape
    /// Of the norms of queries and keys.
    let epsilon: Float
    let pool: ComputePool
    let kernels: Kernels

    /// Writes keys and values of the new positions to `cache` and the attention output to `workspace.update`.
    ///
    /// - Parameter step: whose block's input, normalised, is in `workspace.normalised`.
    func run(_ weights: GroupedAttentionWeights, step: AttentionStep, workspace: Workspace) {
        let keys = step.cache.keys(step.block) + step.first * step.cache.keyWidth
        let values = step.cache.values(step.block) + step.first * step.cache.valueWidth
        let input = workspace.normalised.pointer
        pool.multiply(weights.query, input: input, tokens: step.tokens, output: workspace.queries.pointer)
        pool.multiply(weights.key, input: input, tokens: step.tokens, output: keys)
        pool.multiply(weights.value, input: input, tokens: step.tokens, output: values)
        if let limit = shape.clip { clamp(values, count: step.tokens * shape.keyValueWidth, to: limit) }
        pool.forEach(count: step.tokens, grain: 4) { tokens, _ in
            for token in tokens {
                let query = workspace.queries.pointer + token * shape.queryWidth
                place(query, heads: shape.queryHeads, norm: weights.queryNorm, step: step, token: token)
                place(
                    keys + token * shape.keyValueWidth, heads: shape.keyValueHeads, norm: weights.keyNorm, step: step,
                    token: token)
                warm(query, step: step, token: token)
            }
        }
        attend(weights, step: step, workspace: workspace)
        pool.multiply(
            weights.output, input: workspace.attended.pointer, tokens: step.tokens, output: workspace.update.pointer)
    }

    /// Normalises, clamps and rotates the heads of one token.
    private func place(
        _ heads: UnsafeMutablePointer<Float>, heads count: Int, norm: [Float], step: AttentionStep, token: Int
    ) {
        if shape.queryKeyNorm == .wholeWidth {
            kernels.rmsNorm(heads, weight: norm, epsilon: epsilon, count: norm.count, output: heads)
        }
        if shape.queryKeyNorm == .perHead { normalise(heads, count: count, weight: norm) }
        if let limit = shape.clip { clamp(heads, count: count * shape.headSize, to: limit) }
        guard step.shape.usesRotary else { return }
        step.table.rotate(
            heads, count: count, stride: shape.headSize, position: step.first + token, kernels: kernels)
        if shape.queryKeyNorm == .afterRotary { normalise(heads, count: count, weight: nil) }
    }

    private func normalise(_ heads: UnsafeMutablePointer<Float>, count: Int, weight: [Float]?) {
        for head in 0..<count {
            let start = heads + head * shape.headSize
            kernels.rmsNorm(start, weight: weight, epsilon: epsilon, count: shape.headSize, output: start)
        }
    }

    /// The temperature of blocks without rotary embedding.
    private func warm(_ query: UnsafeMutablePointer<Float>, step: AttentionStep, token: Int) {
        guard let temperature = shape.temperature, !step.shape.usesRotary else { return }
        let interval = ((Float(step.first + token) + 1) / temperature.interval).rounded(.down)
        let factor = log1p(interval) * temperature.factor + 1
        for i in 0..<shape.queryWidth { query[i] *= factor }
    }

    /// One unit of work is a token and a key–value head with the query heads that share it.
    private func attend(_ weights: GroupedAttentionWeights, step: AttentionStep, workspace: Workspace) {
        let group = shape.queryHeads / shape.keyValueHeads
        let attention = CachedAttention(
            keySize: shape.headSize, valueSize: shape.headSize, scale: shape.scale, kernels: kernels)
        weights.sinks.withUnsafeBufferPointer { sinks in
            pool.forEach(count: step.tokens * shape.keyValueHeads, grain: 1) { units, worker in
                for unit in units {
                    let (token, head) = unit.quotientAndRemainder(dividingBy: shape.keyValueHeads)
                    let visible = step.visible(to: token)
                    let query = token * shape.queryWidth + head * group * shape.headSize
                    let scratch = pool.scratch(
                        worker: worker, bytes: CachedAttention.scratchBytes(heads: group, positions: visible.count))
                    attention.attend(
                        queries: workspace.queries.pointer + query, heads: group,
                        keys: step.cache.keys(step.block) + head * shape.headSize, keyStride: step.cache.keyWidth,
                        values: step.cache.values(step.block) + head * shape.headSize,
                        valueStride: step.cache.valueWidth, positions: visible,
                        sinks: sinks.baseAddress.map { $0 + head * group }.flatMap { sinks.isEmpty ? nil : $0 },
                        scores: scratch.assumingMemoryBound(to: Float.self),
                        output: workspace.attended.pointer + query)
                }
            }
        }
    }

    private func clamp(_ numbers: UnsafeMutablePointer<Float>, count: Int, to limit: Float) {
        for i in 0..<count { numbers[i] = min(max(numbers[i], -limit), limit) }
    }
}

/// One block's attention for one micro-batch.
struct AttentionStep {
    let block: Int
    let shape: ModelConfiguration.BlockShape
    /// New positions; the first is `cache.count`.
    let tokens: Int
    let cache: KVCache
    let table: RotaryTable

    var first: Int { cache.count }

    /// The positions that new token `token` sees.
    func visible(to token: Int) -> Range<Int> {
        let position = first + token
        return shape.mask.start(for: position)..<position + 1
    }
}
