import Foundation
import Tensors

/// Causal grouped-query attention over a KV cache (Ainslie et al. 2023, arXiv 2305.13245).
struct GroupedAttention {
    let shape: ModelConfiguration.AttentionShape
    /// Of the norms of queries and keys.
    let epsilon: Float
    let pool: ComputePool
    let kernels: Kernels

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
        (sequence.cache.keys(step.block) + position * width).update(from: key, count: width)
        (sequence.cache.values(step.block) + position * width).update(from: value, count: width)
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

    /// One unit of work is a tile of rows and a key–value head with the query heads that share it.
    private func attend(_ weights: GroupedAttentionWeights, step: AttentionStep, workspace: Workspace) {
        let group = shape.queriesPerRow
        let tiles = step.batch.tiles
        let attention = CachedAttention(
            keySize: shape.headSize, valueSize: shape.headSize, scale: shape.scale, kernels: kernels)
        weights.sinks.withUnsafeBufferPointer { sinks in
            pool.forEach(count: tiles.count * shape.keyValueHeads, grain: 1) { units, worker in
                for unit in units {
                    let (index, head) = unit.quotientAndRemainder(dividingBy: shape.keyValueHeads)
                    let tile = tiles[index]
                    let cache = step.batch.sequences[tile.sequence].cache
                    let visible = tile.rows.map(step.visible)
                    let query = tile.rows.lowerBound * shape.queryWidth + head * group * shape.headSize
                    let operands = CachedAttention.Operands(
                        queries: workspace.queries.pointer + query, queryRowStride: shape.queryWidth,
                        keys: cache.keys(step.block) + head * shape.headSize, keyStride: cache.keyWidth,
                        values: cache.values(step.block) + head * shape.headSize, valueStride: cache.valueWidth,
                        sinks: sinks.isEmpty ? nil : sinks.baseAddress.map { $0 + head * group },
                        output: workspace.attended.pointer + query, outputRowStride: shape.queryWidth)
                    attention.attend(
                        operands, heads: group, visible: visible,
                        scratch: attention.scratch(pool, worker, visible, heads: group))
                }
            }
        }
    }

    private func clamp(_ numbers: UnsafeMutablePointer<Float>, count: Int, to limit: Float) {
        for i in 0..<count { numbers[i] = min(max(numbers[i], -limit), limit) }
    }
}
