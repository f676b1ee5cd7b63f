import Tensors

/// Causal grouped-query attention over a KV cache (Ainslie et al. 2023, arXiv 2305.13245).
struct AttentionBlock {
    let shape: ModelConfiguration.AttentionShape
    let pairing: ModelConfiguration.RotaryShape.Pairing
    let epsilon: Float
    let pool: ComputePool
    let kernels: Kernels

    /// Writes keys and values of the new positions to `cache` and the attention output to `workspace.update`.
    ///
    /// - Parameters:
    ///   - tokens: how many positions are new; the first one is `cache.count`.
    ///   - workspace: `normalised` holds the normalised input.
    func run(
        _ weights: AttentionWeights, block: Int, tokens: Int, cache: KVCache, table: RotaryTable, workspace: Workspace
    ) {
        let first = cache.count
        let keys = cache.keys(block) + first * cache.width
        let values = cache.values(block) + first * cache.width
        let input = workspace.normalised.pointer
        pool.multiply(
            weights.query, input: input, tokens: tokens, output: workspace.queries.pointer)
        pool.multiply(weights.key, input: input, tokens: tokens, output: keys)
        pool.multiply(weights.value, input: input, tokens: tokens, output: values)
        if let limit = shape.clip {
            clamp(workspace.queries.pointer, count: tokens * shape.queryWidth, to: limit)
            clamp(keys, count: tokens * shape.keyValueWidth, to: limit)
            clamp(values, count: tokens * shape.keyValueWidth, to: limit)
        }
        normaliseAndRotate(weights, tokens: tokens, first: first, keys: keys, table: table, workspace: workspace)
        attend(block: block, tokens: tokens, cache: cache, workspace: workspace)
        pool.multiply(
            weights.output, input: workspace.attended.pointer, tokens: tokens, output: workspace.update.pointer)
    }

    private func normaliseAndRotate(
        _ weights: AttentionWeights, tokens: Int, first: Int, keys: UnsafeMutablePointer<Float>, table: RotaryTable,
        workspace: Workspace
    ) {
        let queries = workspace.queries.pointer
        pool.forEach(count: tokens, grain: 4) { range, _ in
            for token in range {
                let query = queries + token * shape.queryWidth
                let key = keys + token * shape.keyValueWidth
                normalise(query, heads: shape.queryHeads, weights: weights.queryNorm)
                normalise(key, heads: shape.keyValueHeads, weights: weights.keyNorm)
                rotate(query, heads: shape.queryHeads, position: first + token, table: table)
                rotate(key, heads: shape.keyValueHeads, position: first + token, table: table)
            }
        }
    }

    private func normalise(_ heads: UnsafeMutablePointer<Float>, heads count: Int, weights: [Float]) {
        switch shape.queryKeyNorm {
        case .none: break
        case .wholeWidth:
            kernels.rmsNorm(heads, weight: weights, epsilon: epsilon, count: weights.count, output: heads)
        case .perHead:
            for head in 0..<count {
                let start = heads + head * shape.headSize
                kernels.rmsNorm(start, weight: weights, epsilon: epsilon, count: shape.headSize, output: start)
            }
        }
    }

    private func rotate(_ heads: UnsafeMutablePointer<Float>, heads count: Int, position: Int, table: RotaryTable) {
        let layout: RotaryLayout = pairing == .halves ? .halves : .pairs
        table.cosines.withUnsafeBufferPointer { cosines in
            table.sines.withUnsafeBufferPointer { sines in
                guard let cosines = cosines.baseAddress, let sines = sines.baseAddress else { return }
                let start = position * table.half
                for head in 0..<count {
                    kernels.rotate(
                        heads + head * shape.headSize, layout, cosines: cosines + start, sines: sines + start,
                        half: table.half)
                }
            }
        }
    }

    /// One unit of work is a token and a key–value head with the query heads that share it.
    private func attend(block: Int, tokens: Int, cache: KVCache, workspace: Workspace) {
        let group = shape.queryHeads / shape.keyValueHeads
        let scale = 1 / Float(shape.headSize).squareRoot()
        pool.forEach(count: tokens * shape.keyValueHeads, grain: 1) { units, worker in
            for unit in units {
                let (token, head) = unit.quotientAndRemainder(dividingBy: shape.keyValueHeads)
                let positions = cache.count + token + 1
                let query = token * shape.queryWidth + head * group * shape.headSize
                let scores = pool.scratch(worker: worker, bytes: group * positions * MemoryLayout<Float>.stride)
                kernels.attend(
                    queries: workspace.queries.pointer + query, queryStride: shape.headSize, heads: group,
                    keys: cache.keys(block) + head * shape.headSize,
                    values: cache.values(block) + head * shape.headSize, stride: cache.width, positions: positions,
                    dimension: shape.headSize, scale: scale, scores: scores.assumingMemoryBound(to: Float.self),
                    output: workspace.attended.pointer + query, outputStride: shape.headSize)
            }
        }
    }

    private func clamp(_ numbers: UnsafeMutablePointer<Float>, count: Int, to limit: Float) {
        for i in 0..<count { numbers[i] = min(max(numbers[i], -limit), limit) }
    }
}
