import CKernels

/// Weighted sums of float32 rows, as attention without pages needs them.
extension Kernels {
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
