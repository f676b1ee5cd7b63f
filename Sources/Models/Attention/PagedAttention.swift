import Tensors

/// Scaled dot-product attention of a micro-batch over the pages of its sequences' caches.
struct PagedAttention {
    let work: AttentionWork
    let scale: Float
    let pool: ComputePool
    let kernels: Kernels

    /// Where the vectors of a micro-batch are.
    struct Operands {
        /// Shape [rows × query heads × key size].
        let queries: UnsafePointer<Float>
        /// A logit per query head that takes part in the softmax and whose share is lost; nil: none.
        let sinks: UnsafePointer<Float>?
        /// Shape [rows × query heads × value size]; overwritten.
        let output: UnsafeMutablePointer<Float>
        /// `AttentionPlan.partialFloats` floats, aligned to 64.
        let partials: UnsafeMutablePointer<Float>
    }

    /// `output[row][h] = Σ over visible positions of softmax(scale · query · key) · value`.
    ///
    /// The bits of a row depend neither on the other rows nor on how the work was cut.
    func run(_ operands: Operands, step: AttentionStep) {
        let plan = step.plan
        // Pieces of one group follow each other: they share keys and values.
        pool.forEach(count: plan.pieces.count * work.groups, grain: 1) { units, worker in
            for unit in units {
                let (group, index) = unit.quotientAndRemainder(dividingBy: plan.pieces.count)
                attend(plan.pieces[index], group: group, operands, step, worker: worker)
            }
        }
        guard !plan.split.isEmpty else { return }
        pool.forEach(count: plan.split.count * work.groups, grain: 1) { units, _ in
            for unit in units {
                let (group, index) = unit.quotientAndRemainder(dividingBy: plan.split.count)
                gather(plan.tiles[plan.split[index]], group: group, operands, plan)
            }
        }
    }

    private func attend(
        _ piece: AttentionPlan.Piece, group: Int, _ operands: Operands, _ step: AttentionStep, worker: Int
    ) {
        let tile = step.plan.tiles[piece.tile]
        let scratch = Scratch(work, tile, pool, worker: worker)
        let sequence = step.batch.sequences[tile.sequence]
        let queries = scaled(
            group, tile, position: sequence.position(of: tile.rows.lowerBound), operands, scratch, step)
        for chunk in piece.chunks {
            let partial = step.plan.partial(tile, chunk: chunk, group: group).map { operands.partials + $0 }
            let isFirst = chunk == piece.chunks.lowerBound
            let state = AttentionState(
                partial ?? (isFirst ? scratch.whole : scratch.part), count: queries.count)
            kernels.attend(
                work.page, head: work.cacheHead(of: group), queries: queries, pages: sequence.cache.pages(step.block),
                positions: chunk
                    * AttentionPlan.chunk..<min(
                        (chunk + 1) * AttentionPlan.chunk, sequence.position(of: tile.rows.upperBound)),
                scratch: scratch.kernel, state: state)
            if partial == nil, !isFirst {
                kernels.merge(
                    state, into: AttentionState(scratch.whole, count: queries.count), work.page, count: queries.count)
            }
        }
        guard tile.partials == nil else { return }
        finish(AttentionState(scratch.whole, count: queries.count), tile, group: group, operands)
    }

    /// Merges the chunks of a tile in order.
    private func gather(_ tile: AttentionPlan.Tile, group: Int, _ operands: Operands, _ plan: AttentionPlan) {
        let count = tile.rows.count * work.heads(of: group).count
        func state(_ chunk: Int) -> AttentionState? {
            plan.partial(tile, chunk: chunk, group: group).map {
                AttentionState(operands.partials + $0, count: count)
            }
        }
        guard let whole = state(tile.chunks.lowerBound) else { return }
        for chunk in tile.chunks.dropFirst() {
            if let part = state(chunk) { kernels.merge(part, into: whole, work.page, count: count) }
        }
        finish(whole, tile, group: group, operands)
    }

    private func finish(_ state: AttentionState, _ tile: AttentionPlan.Tile, group: Int, _ operands: Operands) {
        let heads = work.heads(of: group)
        let rowStride = work.queryHeads * work.page.valueSize
        kernels.finish(
            state, work.page, rows: tile.rows.count, heads: heads.count,
            sinks: operands.sinks.map { $0 + heads.lowerBound },
            output: operands.output + tile.rows.lowerBound * rowStride + heads.lowerBound * work.page.valueSize,
            rowStride: rowStride)
    }

    /// The queries of a tile's rows for one group, times the scale, next to each other.
    private func scaled(
        _ group: Int, _ tile: AttentionPlan.Tile, position: Int, _ operands: Operands, _ scratch: Scratch,
        _ step: AttentionStep
    ) -> AttentionQueries {
        let heads = work.heads(of: group)
        let size = work.page.keySize
        let width = heads.count * size
        for (index, row) in tile.rows.enumerated() {
            let source = operands.queries + (row * work.queryHeads + heads.lowerBound) * size
            let target = scratch.queries + index * width
            for i in 0..<width { target[i] = source[i] * scale }
        }
        return AttentionQueries(
            vectors: scratch.queries, rows: tile.rows.count, heads: heads.count, position: position,
            mask: step.shape.mask.reach)
    }

    /// Memory of one worker: two states, the kernel's, and queries. Each begins at a multiple of 16 floats.
    private struct Scratch {
        let whole: UnsafeMutablePointer<Float>
        let part: UnsafeMutablePointer<Float>
        let kernel: UnsafeMutablePointer<Float>
        let queries: UnsafeMutablePointer<Float>

        init(_ work: AttentionWork, _ tile: AttentionPlan.Tile, _ pool: ComputePool, worker: Int) {
            let count = tile.rows.count * work.headsPerGroup
            let state = AttentionState.floats(count: count, stride: work.page.valueStride)
            let kernelFloats = Kernels.attentionScratch(work.page, count: count)
            let floats = 2 * state + kernelFloats + count * work.page.keySize
            whole = pool.scratch(worker: worker, bytes: floats * MemoryLayout<Float>.stride)
                .assumingMemoryBound(to: Float.self)
            part = whole + state
            kernel = part + state
            queries = kernel + kernelFloats
        }
    }
}
