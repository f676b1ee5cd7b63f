import Tensors

/// T5's multi-head attention: scores are not scaled, and a bias of the relative position may be added to them.
struct BiasedAttention {
    let heads: Int
    let headSize: Int
    let pool: ComputePool
    let kernels: Kernels

    /// Which keys a query sees.
    enum Sight {
        /// All of them.
        case everything
        /// Those up to its own position; the first query is at `first`.
        case past(first: Int)
    }

    /// Vectors of all heads, densely packed, for consecutive positions.
    struct Keys {
        let keys: UnsafePointer<Float>
        let values: UnsafePointer<Float>
        let count: Int
    }

    /// Queries of one head that go through the keys together.
    private static let queriesAtOnce = 16

    /// Attention of `count` queries, written to `output`; both of shape [count × heads × head size].
    func attend(
        queries: UnsafePointer<Float>, count: Int, to keys: Keys, sight: Sight, bias: PositionBias?,
        output: UnsafeMutablePointer<Float>
    ) {
        let groups = (count + Self.queriesAtOnce - 1) / Self.queriesAtOnce
        pool.forEach(count: groups * heads, grain: 1) { units, worker in
            for unit in units {
                let (group, head) = unit.quotientAndRemainder(dividingBy: heads)
                let start = group * Self.queriesAtOnce
                let range = start..<min(start + Self.queriesAtOnce, count)
                let bytes = range.count * keys.count * MemoryLayout<Float>.stride
                let scores = pool.scratch(worker: worker, bytes: bytes).assumingMemoryBound(to: Float.self)
                weigh(queries, range, head: head, keys: keys, sight: sight, bias: bias, into: scores)
                sum(range, head: head, keys: keys, weights: scores, into: output)
            }
        }
    }

    /// Attention weights of the queries `range` of one head, shape [queries × keys].
    private func weigh(
        _ queries: UnsafePointer<Float>, _ range: Range<Int>, head: Int, keys: Keys, sight: Sight,
        bias: PositionBias?, into scores: UnsafeMutablePointer<Float>
    ) {
        let width = heads * headSize
        kernels.products(
            of: keys.keys + head * headSize, stride: width, rows: keys.count,
            with: queries + range.lowerBound * width + head * headSize, stride: width, count: range.count,
            length: headSize, into: scores, stride: keys.count)
        for query in range {
            let row = scores + (query - range.lowerBound) * keys.count
            let (position, visible) =
                switch sight {
                case .everything: (query, keys.count)
                case .past(let first): (first + query, first + query + 1)
                }
            if let bias { kernels.add(row, bias.line(head: head, offset: -position), count: visible) }
            kernels.softmax(row, count: visible)
            (row + visible).update(repeating: 0, count: keys.count - visible)
        }
    }

    /// The values of one head, weighted and summed for the queries `range`.
    private func sum(
        _ range: Range<Int>, head: Int, keys: Keys, weights: UnsafePointer<Float>,
        into output: UnsafeMutablePointer<Float>
    ) {
        let width = heads * headSize
        let sums = output + range.lowerBound * width + head * headSize
        for query in 0..<range.count { (sums + query * width).update(repeating: 0, count: headSize) }
        kernels.addWeightedRows(
            weights: weights, weightStride: keys.count, heads: range.count, values: keys.values + head * headSize,
            stride: width, positions: keys.count, dimension: headSize, output: sums, outputStride: width)
    }
}
