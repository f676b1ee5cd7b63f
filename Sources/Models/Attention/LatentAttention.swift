import Tensors

/// Multi-head latent attention in its absorbed form (DeepSeek-V2, arXiv 2405.04434, sections 2.1.2 and 2.1.3).
///
/// The cache holds, for all heads together, the compressed keys and values and one rotated key. Each head's query is
/// taken to the compressed space, where all heads attend to the same keys and values; values are projected after the
/// sum. That is exact because both up-projections are linear.
struct LatentAttention {
    let shape: ModelConfiguration.AttentionShape
    let latent: ModelConfiguration.LatentShape
    let paged: PagedAttention

    private var pool: ComputePool { paged.pool }
    private var kernels: Kernels { paged.kernels }

    func run(_ weights: LatentAttentionWeights, step: AttentionStep, workspace: Workspace) {
        let rows = step.batch.rows
        project(weights, step: step, workspace: workspace)
        absorb(weights, step: step, workspace: workspace)
        // Sums of compressed values: all heads share keys and values.
        paged.run(
            .init(
                queries: workspace.latentQueries.pointer, sinks: nil, output: workspace.latentOutputs.pointer,
                partials: workspace.partials.pointer),
            step: step)
        expand(weights, tokens: rows, workspace: workspace)
        pool.multiply(
            weights.output, input: workspace.attended.pointer, tokens: rows, output: workspace.update.pointer,
            rounding: workspace.rounding)
    }

    /// Queries of all heads, and the new entries of the caches.
    private func project(_ weights: LatentAttentionWeights, step: AttentionStep, workspace: Workspace) {
        let rows = step.batch.rows
        let input = workspace.normalised.pointer
        var queryInput = input
        if let compression = weights.compression {
            let rank = compression.norm.count
            queryInput = workspace.compressedQueries.pointer
            pool.multiply(
                compression.down, input: input, tokens: rows, output: queryInput,
                rounding: workspace.rounding)
            pool.forEach(count: rows, grain: 4) { taken, _ in
                for row in taken {
                    let query = queryInput + row * rank
                    kernels.rmsNorm(
                        query, weight: compression.norm, epsilon: latent.epsilon, count: rank, output: query)
                }
            }
        }
        pool.multiply(
            weights.query, input: queryInput, tokens: rows, output: workspace.queries.pointer,
            rounding: workspace.rounding)
        pool.multiply(
            weights.latentDown, input: input, tokens: rows, output: workspace.keys.pointer,
            rounding: workspace.rounding)
        pool.forEach(count: rows, grain: 4) { taken, _ in
            for row in taken { place(row, weights, step: step, entries: workspace.keys.pointer) }
        }
    }

    /// Makes the entry of one row ready, and puts it into the cache.
    private func place(
        _ row: Int, _ weights: LatentAttentionWeights, step: AttentionStep, entries: UnsafeMutablePointer<Float>
    ) {
        let sequence = step.batch.sequence(of: row)
        let position = sequence.position(of: row)
        let entry = entries + row * latent.cacheWidth
        kernels.rmsNorm(
            entry, weight: weights.latentNorm, epsilon: latent.epsilon, count: latent.rank, output: entry)
        sequence.table.rotate(
            entry + latent.rank, count: 1, stride: latent.rotarySize, position: position, kernels: kernels)
        kernels.store(
            sequence.cache.pool.shape, page: sequence.cache.page(step.block, of: position),
            slot: position % KVPageShape.positions, keys: entry, values: nil)
    }

    /// `latentQueries[row][head] = (keyUp[head] · plain part, rotated part)`.
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
                    inputStride: shape.queryWidth, tokens: step.batch.rows,
                    output: target + head * latent.cacheWidth, outputStride: width, scratch: scratch)
                for row in 0..<step.batch.rows {
                    let rotated = target + row * width + head * latent.cacheWidth + latent.rank
                    let source = queries + row * shape.queryWidth + head * shape.headSize + latent.plainSize
                    rotated.update(from: source, count: latent.rotarySize)
                    let sequence = step.batch.sequence(of: row)
                    sequence.table.rotate(
                        rotated, count: 1, stride: latent.rotarySize, position: sequence.position(of: row),
                        kernels: kernels)
                }
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
