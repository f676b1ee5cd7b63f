import CKernels

/// Scaled dot-product attention over a float32 KV cache. A cache in pages calls `products`, `softmax` and
/// `addWeightedRows` itself, page by page; the bits are the same as over one segment.
extension Kernels {
    /// Attention of the query heads that share one key/value head, over the positions `0..<positions`.
    ///
    /// Strides are in floats. Queries: `heads` × `dimension`; keys and values: `positions` × `dimension`;
    /// output: `heads` × `dimension`, overwritten.
    /// - Parameter scores: scratch of `heads * positions` floats; holds the attention weights afterwards.
    public func attend(
        queries: UnsafePointer<Float>, queryStride: Int, heads: Int,
        keys: UnsafePointer<Float>, values: UnsafePointer<Float>, stride: Int, positions: Int,
        dimension: Int, scale: Float, scores: UnsafeMutablePointer<Float>,
        output: UnsafeMutablePointer<Float>, outputStride: Int
    ) {
        products(
            of: keys, stride: stride, rows: positions, with: queries, stride: queryStride, count: heads,
            length: dimension, into: scores, stride: positions)
        for head in 0..<heads {
            softmax(scores + head * positions, count: positions, scale: scale)
            (output + head * outputStride).update(repeating: 0, count: dimension)
        }
        addWeightedRows(
            weights: scores, weightStride: positions, heads: heads, values: values, stride: stride,
            positions: positions, dimension: dimension, output: output, outputStride: outputStride)
    }

    /// `output[h * outputStride + d] += Σ over i of weights[h * weightStride + i] * values[i * stride + d]`.
    public func addWeightedRows(
        weights: UnsafePointer<Float>, weightStride: Int, heads: Int,
        values: UnsafePointer<Float>, stride: Int, positions: Int, dimension: Int,
        output: UnsafeMutablePointer<Float>, outputStride: Int
    ) {
        table.pointee.weighted_sum(
            weights, Int64(weightStride), Int64(heads), values, Int64(stride), Int64(positions), Int64(dimension),
            output, Int64(outputStride))
    }
}
