import Foundation
import Tensors

/// Causal grouped-query attention over a KV cache (Ainslie et al. 2023, arXiv 2305.13245).
struct GroupedAttention {
    let shape: ModelConfiguration.AttentionShape
    /// Of the norms of queries and keys.
    let epsilon: Float
    let paged: PagedAttention

    private var pool: ComputePool { paged.pool }
    private var kernels: Kernels { paged.kernels }

    /// Writes keys and values of the new positions to the caches and the attention output to `workspace.update`.
    ///
    /// - Parameter step: whose block's input, normalised, is in `workspace.normalised`.
    func run(_ weights: GroupedAttentionWeights, step: AttentionStep, workspace: Workspace) {
        let rows = step.batch.rows
        let input = workspace.normalised.pointer
        pool.multiply(
            [
                (weights.query, output: workspace.queries.pointer), (weights.key, output: workspace.keys.pointer),
                (weights.value, output: workspace.values.pointer),
            ], input: input, tokens: rows, rounding: workspace.rounding)
        pool.forEach(count: rows, grain: 4) { taken, _ in
            for row in taken { place(row, weights, step: step, workspace: workspace) }
        }
        attend(weights, step: step, workspace: workspace)
        pool.multiply(
            weights.output, input: workspace.attended.pointer, tokens: rows, output: workspace.update.pointer,
            rounding: workspace.rounding)
    }

    /// Makes the queries of one row ready, and puts its key and value into the cache.
    private func place(_ row: Int, _ weights: GroupedAttentionWeights, step: AttentionStep, workspace: Workspace) {
        let sequence = step.batch.sequence(of: row)
        let position = sequence.position(of: row)
        let width = shape.keyValueWidth
        let query = workspace.queries.pointer + row * shape.queryWidth
        let key = workspace.keys.pointer + row * width
        let value = workspace.values.pointer + row * width
        let table = step.shape.usesRotary ? sequence.table : nil
        prepare(query, heads: shape.queryHeads, norm: weights.queryNorm, table: table, position: position)
        prepare(key, heads: shape.keyValueHeads, norm: weights.keyNorm, table: table, position: position)
        if !step.shape.usesRotary { warm(query, position: position) }
        if let limit = shape.clip { clamp(value, count: width, to: limit) }
        kernels.store(
            sequence.cache.pool.shape, page: sequence.cache.page(step.block, of: position),
            slot: position % KVPageShape.positions, keys: key, values: value)
    }

    /// Normalises, clamps and rotates the heads of one row.
    private func prepare(
        _ heads: UnsafeMutablePointer<Float>, heads count: Int, norm: [Float], table: RotaryTable?, position: Int
    ) {
        if shape.queryKeyNorm == .wholeWidth {
            kernels.rmsNorm(heads, weight: norm, epsilon: epsilon, count: norm.count, output: heads)
        }
        if shape.queryKeyNorm == .perHead { normalise(heads, count: count, weight: norm) }
        if let limit = shape.clip { clamp(heads, count: count * shape.headSize, to: limit) }
        guard let table else { return }
        table.rotate(heads, count: count, stride: shape.headSize, position: position, kernels: kernels)
        if shape.queryKeyNorm == .afterRotary { normalise(heads, count: count, weight: nil) }
    }

    private func normalise(_ heads: UnsafeMutablePointer<Float>, count: Int, weight: [Float]?) {
        for head in 0..<count {
            let start = heads + head * shape.headSize
            kernels.rmsNorm(start, weight: weight, epsilon: epsilon, count: shape.headSize, output: start)
        }
    }

    /// The temperature of blocks without rotary embedding.
    private func warm(_ query: UnsafeMutablePointer<Float>, position: Int) {
        guard let temperature = shape.temperature else { return }
        let interval = ((Float(position) + 1) / temperature.interval).rounded(.down)
        let factor = log1p(interval) * temperature.factor + 1
        for i in 0..<shape.queryWidth { query[i] *= factor }
    }

    private func attend(_ weights: GroupedAttentionWeights, step: AttentionStep, workspace: Workspace) {
        weights.sinks.withUnsafeBufferPointer { sinks in
            paged.run(
                .init(
                    queries: workspace.queries.pointer, sinks: sinks.isEmpty ? nil : sinks.baseAddress,
                    output: workspace.attended.pointer, partials: workspace.partials.pointer),
                step: step)
        }
    }

    private func clamp(_ numbers: UnsafeMutablePointer<Float>, count: Int, to limit: Float) {
        for i in 0..<count { numbers[i] = min(max(numbers[i], -limit), limit) }
    }
}
