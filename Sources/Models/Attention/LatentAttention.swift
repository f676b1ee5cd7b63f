import Tensors

/// Multi-head latent attention in its absorbed form (DeepSeek-V2, arXiv 2405.04434, sections 2.1.2 and 2.1.3).
///
/// The cache holds, for all heads together, the compressed keys and values and one rotated key. Each head's query is
/// taken to the compressed space, where all heads attend to the same keys and values; values are projected after the
/// sum. That is exact because both up-projections are linear.
struct LatentAttention {
    let shape: ModelConfiguration.AttentionShape
    let latent: ModelConfiguration.LatentShape
    let pool: ComputePool
    let kernels: Kernels

    /// Query heads in one unit of work: they read the cache together.
    private static let headsPerUnit = 8

    func run(_ weights: LatentAttentionWeights, step: AttentionStep, workspace: Workspace) {
        project(weights, step: step, workspace: workspace)
        absorb(weights, step: step, workspace: workspace)
        attend(step: step, workspace: workspace)
        expand(weights, tokens: step.tokens, workspace: workspace)
        pool.multiply(
            weights.output, input: workspace.attended.pointer, tokens: step.tokens, output: workspace.update.pointer)
    }

    /// Queries of all heads, and the new entries of the cache.
    private func project(_ weights: LatentAttentionWeights, step: AttentionStep, workspace: Workspace) {
        let input = workspace.normalised.pointer
        var queryInput = input
        if let compression = weights.compression {
            let rank = compression.norm.count
            queryInput = workspace.compressedQueries.pointer
            pool.multiply(compression.down, input: input, tokens: step.tokens, output: queryInput)
            for token in 0..<step.tokens {
                let query = queryInput + token * rank
                kernels.rmsNorm(query, weight: compression.norm, epsilon: latent.epsilon, count: rank, output: query)
            }
        }
        pool.multiply(weights.query, input: queryInput, tokens: step.tokens, output: workspace.queries.pointer)
        let entries = step.cache.keys(step.block) + step.first * latent.cacheWidth
        pool.multiply(weights.latentDown, input: input, tokens: step.tokens, output: entries)
        for token in 0..<step.tokens {
            let entry = entries + token * latent.cacheWidth
            kernels.rmsNorm(
                entry, weight: weights.latentNorm, epsilon: latent.epsilon, count: latent.rank, output: entry)
            step.table.rotate(
                entry + latent.rank, count: 1, stride: latent.rotarySize, position: step.first + token,
                kernels: kernels)
        }
    }

    /// `latentQueries[token][head] = (keyUp[head] · plain part, rotated part)`.
    private func absorb(_ weights: LatentAttentionWeights, step: AttentionStep, workspace: Workspace) {
        let queries = workspace.queries.pointer
        let target = workspace.latentQueries.pointer
        let width = shape.queryHeads * latent.cacheWidth
        let scratchBytes = Kernels.productScratchBytes(columns: latent.plainSize)
        pool.forEach(count: shape.queryHeads, grain: 1) { heads, worker in
            for head in heads {
                let scratch = pool.scratch(worker: worker, bytes: scratchBytes)
                kernels.multiply(
                    weights.keyUp[head], rows: 0..<latent.rank, input: queries + head * shape.headSize,
                    inputStride: shape.queryWidth, tokens: step.tokens, output: target + head * latent.cacheWidth,
                    outputStride: width, scratch: scratch)
                for token in 0..<step.tokens {
                    let rotated = target + token * width + head * latent.cacheWidth + latent.rank
                    let source = queries + token * shape.queryWidth + head * shape.headSize + latent.plainSize
                    rotated.update(from: source, count: latent.rotarySize)
                    step.table.rotate(
                        rotated, count: 1, stride: latent.rotarySize, position: step.first + token, kernels: kernels)
                }
            }
        }
    }

    /// `latentOutputs[token][head]`: the weighted sum of compressed values.
    private func attend(step: AttentionStep, workspace: Workspace) {
        let attention = CachedAttention(
            keySize: latent.cacheWidth, valueSize: latent.rank, scale: shape.scale, kernels: kernels)
        let groups = (shape.queryHeads + Self.headsPerUnit - 1) / Self.headsPerUnit
        let cached = step.cache.keys(step.block)
        pool.forEach(count: step.tokens * groups, grain: 1) { units, worker in
            for unit in units {
                let (token, group) = unit.quotientAndRemainder(dividingBy: groups)
                let first = group * Self.headsPerUnit
                let heads = min(Self.headsPerUnit, shape.queryHeads - first)
                let visible = step.visible(to: token)
                let scratch = pool.scratch(
                    worker: worker, bytes: CachedAttention.scratchBytes(heads: heads, positions: visible.count))
                let head = token * shape.queryHeads + first
                attention.attend(
                    queries: workspace.latentQueries.pointer + head * latent.cacheWidth, heads: heads, keys: cached,
                    keyStride: latent.cacheWidth, values: cached, valueStride: latent.cacheWidth, positions: visible,
                    sinks: nil, scores: scratch.assumingMemoryBound(to: Float.self),
                    output: workspace.latentOutputs.pointer + head * latent.rank)
            }
        }
    }

    /// `attended[token][head] = valueUp[head] · latentOutputs[token][head]`.
    private func expand(_ weights: LatentAttentionWeights, tokens: Int, workspace: Workspace) {
        let scratchBytes = Kernels.productScratchBytes(columns: latent.rank)
        pool.forEach(count: shape.queryHeads, grain: 1) { heads, worker in
            for head in heads {
                kernels.multiply(
                    weights.valueUp[head], rows: 0..<latent.valueSize,
                    input: workspace.latentOutputs.pointer + head * latent.rank,
                    inputStride: shape.queryHeads * latent.rank, tokens: tokens,
                    output: workspace.attended.pointer + head * latent.valueSize, outputStride: shape.attendedWidth,
                    scratch: pool.scratch(worker: worker, bytes: scratchBytes))
            }
        }
    }
}
