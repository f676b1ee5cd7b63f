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
        pool.forEach(count: plan.units.count, grain: 1) { units, worker in
            for unit in units { attend(plan.units[unit], operands, step, worker: worker) }
        }
        guard !plan.split.isEmpty else { return }
        pool.forEach(count: plan.split.count * work.groups, grain: 1) { units, _ in
            for unit in units {
                let (group, index) = unit.quotientAndRemainder(dividingBy: plan.split.count)
                gather(plan.tiles[plan.split[index]], group: group, operands, plan)
            }
        }
    }

    private func attend(_ unit: AttentionPlan.Unit, _ operands: Operands, _ step: AttentionStep, worker: Int) {
        let piece = step.plan.pieces[unit.piece]
        let tile = step.plan.tiles[piece.tile]
        let scratch = Scratch(work, tile, groups: unit.groups, pool, worker: worker)
        for group in unit.groups { scale(group, tile, operands, to: scratch.queries(group)) }
        for chunk in piece.chunks {
            let isFirst = chunk == piece.chunks.lowerBound
            attend(chunk, of: tile, groups: unit.groups, scratch, step) { group in
                step.plan.partial(tile, chunk: chunk, group: group).map { operands.partials + $0 }
                    ?? (isFirst ? scratch.whole(group) : scratch.part(group))
            }
            guard tile.partials == nil, !isFirst else { continue }
            for group in unit.groups {
                let count = count(tile, group)
                kernels.merge(
                    AttentionState(scratch.part(group), count: count),
                    into: AttentionState(scratch.whole(group), count: count), work.page, count: count)
            }
        }
        guard tile.partials == nil else { return }
        for group in unit.groups {
            finish(
                AttentionState(scratch.whole(group), count: count(tile, group)), tile, group: group, operands)
        }
    }

    /// The softmax of one chunk for several groups: page after page, and in each head after head, as they lie in memory.
    ///
    /// - Parameter state: where a group's goes.
    private func attend(
        _ chunk: Int, of tile: AttentionPlan.Tile, groups: Range<Int>, _ scratch: Scratch, _ step: AttentionStep,
        state: (Int) -> UnsafeMutablePointer<Float>
    ) {
        let sequence = step.batch.sequences[tile.sequence]
        let pages = sequence.cache.pages(step.block)
        let first = chunk * AttentionPlan.chunk
        let end = min(first + AttentionPlan.chunk, sequence.position(of: tile.rows.upperBound))
        let length = groups.count > 1 ? KVPageShape.positions : AttentionPlan.chunk
        for start in stride(from: first, to: end, by: length) {
            let course = AttentionCourse(continues: start > first, nextHeadFollows: groups.count > 1)
            for group in groups {
                let queries = AttentionQueries(
                    vectors: scratch.queries(group), rows: tile.rows.count, heads: work.heads(of: group).count,
                    position: sequence.position(of: tile.rows.lowerBound), mask: step.shape.mask.reach)
                kernels.attend(
                    work.page, head: work.cacheHead(of: group), queries: queries, pages: pages,
                    positions: start..<min(start + length, end), course: course, scratch: scratch.kernel,
                    state: AttentionState(state(group), count: queries.count))
            }
        }
    }

    /// Queries of a tile that attend to the keys of one group.
    private func count(_ tile: AttentionPlan.Tile, _ group: Int) -> Int {
        tile.rows.count * work.heads(of: group).count
    }

    /// Merges the chunks of a tile in order.
    private func gather(_ tile: AttentionPlan.Tile, group: Int, _ operands: Operands, _ plan: AttentionPlan) {
        let count = count(tile, group)
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

    /// Puts the queries of a tile's rows for one group, times the scale, next to each other.
    private func scale(
        _ group: Int, _ tile: AttentionPlan.Tile, _ operands: Operands, to vectors: UnsafeMutablePointer<Float>
    ) {
        let heads = work.heads(of: group)
        let size = work.page.keySize
        let width = heads.count * size
        for (index, row) in tile.rows.enumerated() {
            let source = operands.queries + (row * work.queryHeads + heads.lowerBound) * size
            let target = vectors + index * width
            for i in 0..<width { target[i] = source[i] * scale }
        }
    }

    /// Memory of one worker: for each group two states and queries, and the kernel's. Each begins at a multiple of 16
    /// floats.
    private struct Scratch {
        let kernel: UnsafeMutablePointer<Float>
        private let first: UnsafeMutablePointer<Float>
        private let groups: Range<Int>
        private let state: Int
        private let floatsOfGroup: Int

        init(_ work: AttentionWork, _ tile: AttentionPlan.Tile, groups: Range<Int>, _ pool: ComputePool, worker: Int) {
            let queries = tile.rows.count * work.headsPerGroup
            state = AttentionState.floats(count: queries, stride: work.page.valueStride)
            floatsOfGroup = 2 * state + (queries * work.page.keySize + 15) / 16 * 16
            let kernelFloats = Kernels.attentionScratch(work.page, count: queries)
            let floats = kernelFloats + groups.count * floatsOfGroup
            kernel = pool.scratch(worker: worker, bytes: floats * MemoryLayout<Float>.stride)
                .assumingMemoryBound(to: Float.self)
            first = kernel + kernelFloats
            self.groups = groups
        }

        func whole(_ group: Int) -> UnsafeMutablePointer<Float> {
            first + (group - groups.lowerBound) * floatsOfGroup
        }
        func part(_ group: Int) -> UnsafeMutablePointer<Float> { whole(group) + state }
        func queries(_ group: Int) -> UnsafeMutablePointer<Float> { whole(group) + 2 * state }
    }
}
