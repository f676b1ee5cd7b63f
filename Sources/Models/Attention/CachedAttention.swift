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

    /// Bytes of scratch that `attend` needs.
    static func scratchBytes(heads: Int, positions: Int) -> Int { heads * (positions + 1) * MemoryLayout<Float>.stride }

    /// `output[h] = Σ over positions of softmax(scale · query h · key) · value`.
    ///
    /// - Parameters:
    ///   - queries: `heads` × `keySize`, one after another.
    ///   - keys: of position 0, `keyStride` apart; values alike.
    ///   - sinks: a logit per head that takes part in the softmax and whose share is lost; nil: none.
    ///   - scores: scratch of `scratchBytes`.
    ///   - output: `heads` × `valueSize`, overwritten.
    func attend(
        queries: UnsafePointer<Float>, heads: Int, keys: UnsafePointer<Float>, keyStride: Int,
        values: UnsafePointer<Float>, valueStride: Int, positions: Range<Int>, sinks: UnsafePointer<Float>?,
        scores: UnsafeMutablePointer<Float>, output: UnsafeMutablePointer<Float>
    ) {
        let count = positions.count
        let width = sinks == nil ? count : count + 1
        kernels.products(
            of: keys + positions.lowerBound * keyStride, stride: keyStride, rows: count, with: queries,
            stride: keySize, count: heads, length: keySize, into: scores, stride: width)
        for head in 0..<heads {
            // The kernel scales all scores; a sink is not to be scaled.
            if let sinks { scores[head * width + count] = sinks[head] / scale }
            kernels.softmax(scores + head * width, count: width, scale: scale)
            (output + head * valueSize).update(repeating: 0, count: valueSize)
        }
        kernels.addWeightedRows(
            weights: scores, weightStride: width, heads: heads, values: values + positions.lowerBound * valueStride,
            stride: valueStride, positions: count, dimension: valueSize, output: output, outputStride: valueSize)
    }
}
