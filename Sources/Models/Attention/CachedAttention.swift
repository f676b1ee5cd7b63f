import Tensors

/// Scaled dot-product attention of query heads that share one key and value head, over the positions that a mask
/// leaves.
struct CachedAttention {
    /// Numbers of a query and of a key.
    let keySize: Int
    /// Numbers of a value.
    let valueSize: Int
    let scale: Float
    let kernels: Kernels

    /// Where the vectors of one sequence's tile are.
    struct Operands {
        /// Of the tile's first row and first head; heads lie next to each other.
        let queries: UnsafePointer<Float>
        let queryRowStride: Int
        /// Of position 0.
        let keys: UnsafePointer<Float>
        let keyStride: Int
        let values: UnsafePointer<Float>
        let valueStride: Int
        /// A logit per head that takes part in the softmax and whose share is lost; nil: none.
        let sinks: UnsafePointer<Float>?
        /// Of the tile's first row and first head; overwritten.
        let output: UnsafeMutablePointer<Float>
        let outputRowStride: Int
    }

    /// Scratch memory for `attend`, of one worker of `pool`.
    func scratch(_ pool: ComputePool, _ worker: Int, _ visible: [Range<Int>], heads: Int)
        -> UnsafeMutablePointer<Float>
    {
        let positions = (visible.last?.upperBound ?? 0) - (visible.first?.lowerBound ?? 0)
        let floats = visible.count * heads * (keySize + positions + 1 + valueSize)
        return pool.scratch(worker: worker, bytes: floats * MemoryLayout<Float>.stride)
            .assumingMemoryBound(to: Float.self)
    }

    /// `output[row][h] = Σ over visible positions of softmax(scale · query · key) · value`.
    ///
    /// The bits of a row do not depend on the other rows: positions that a row does not see get a weight of zero.
    /// - Parameter visible: for each row; both ends grow from row to row.
    func attend(
        _ operands: Operands, heads: Int, visible: [Range<Int>], scratch: UnsafeMutablePointer<Float>
    ) {
        guard let first = visible.first, let last = visible.last else { return }
        let positions = first.lowerBound..<last.upperBound
        let count = visible.count * heads
        let width = positions.count + 1
        let queries = scratch
        let scores = queries + count * keySize
        let sums = scores + count * width
        for row in visible.indices {
            (queries + row * heads * keySize).update(
                from: operands.queries + row * operands.queryRowStride, count: heads * keySize)
        }
        kernels.products(
            of: operands.keys + positions.lowerBound * operands.keyStride, stride: operands.keyStride,
            rows: positions.count, with: queries, stride: keySize, count: count, length: keySize, into: scores,
            stride: width)
        for query in 0..<count {
            weigh(
                scores + query * width, count: positions.count,
                seen: visible[query / heads].moved(by: -positions.lowerBound),
                sink: operands.sinks.map { $0[query % heads] })
        }
        sums.update(repeating: 0, count: count * valueSize)
        kernels.addWeightedRows(
            weights: scores, weightStride: width, heads: count,
            values: operands.values + positions.lowerBound * operands.valueStride, stride: operands.valueStride,
            positions: positions.count, dimension: valueSize, output: sums, outputStride: valueSize)
        for row in visible.indices {
            (operands.output + row * operands.outputRowStride).update(
                from: sums + row * heads * valueSize, count: heads * valueSize)
        }
    }

    /// Softmax over the scores that are seen; the others become zero. There is room for one number more than `count`.
    private func weigh(_ scores: UnsafeMutablePointer<Float>, count: Int, seen: Range<Int>, sink: Float?) {
        let first = scores + seen.lowerBound
        // The kernel scales all scores; a sink is not to be scaled.
        if let sink { first[seen.count] = sink / scale }
        kernels.softmax(first, count: seen.count + (sink == nil ? 0 : 1), scale: scale)
        scores.update(repeating: 0, count: seen.lowerBound)
        (scores + seen.upperBound).update(repeating: 0, count: count + 1 - seen.upperBound)
    }
}

extension Range<Int> {
    fileprivate func moved(by distance: Int) -> Range { lowerBound + distance..<upperBound + distance }
}
