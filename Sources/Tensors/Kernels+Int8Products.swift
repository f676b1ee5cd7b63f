import CKernels

/// Products with inputs that are rounded to int8.
extension Kernels {
    /// The signature of the kernels that multiply rows with a rounded vector.
    typealias Int8Dot =
        @convention(c) (
            UnsafeRawPointer, Int64, Int64, UnsafePointer<gh_int8_vector>, Int64, UnsafeMutablePointer<Float>
        ) -> Void

    /// Rows multiplied with one token before the next: they stay in the cache for all tokens of a group.
    private static let rowsAtOnce = 16

    /// Rounds the inputs into `scratch`, as many tokens at a time as it holds, and multiplies them with rows after rows.
    func multiplyRounded(
        _ weights: WeightMatrix, rows: Range<Int>, input: UnsafePointer<Float>, inputStride: Int, tokens: Int,
        output: UnsafeMutablePointer<Float>, outputStride: Int, scratch: UnsafeMutableRawPointer, dotRows: Int8Dot
    ) {
        let columns = weights.columns
        let capacity = Self.productScratchBytes(columns: columns) / Self.roundedBytes(columns: columns)
        for group in stride(from: 0, to: tokens, by: capacity) {
            let count = min(capacity, tokens - group)
            for token in 0..<count {
                var vector = Self.roundedVector(token, columns: columns, in: scratch)
                table.pointee.round_to_int8(input + (group + token) * inputStride, Int64(columns), &vector)
            }
            for start in stride(from: rows.lowerBound, to: rows.upperBound, by: Self.rowsAtOnce) {
                let rowCount = min(Self.rowsAtOnce, rows.upperBound - start)
                for token in 0..<count {
                    var vector = Self.roundedVector(token, columns: columns, in: scratch)
                    let first = output + (group + token) * outputStride + (start - rows.lowerBound)
                    dotRows(
                        weights.row(start), Int64(weights.rowBytes), Int64(rowCount), &vector, Int64(columns), first)
                }
            }
        }
    }

    /// Bytes of one rounded vector: a byte an element, and a scale and a sum for every 32.
    private static func roundedBytes(columns: Int) -> Int {
        columns + 2 * (columns / 32) * MemoryLayout<Float>.stride
    }

    /// Vector number `index` in `scratch`; `columns` is a multiple of 32, so its floats are aligned.
    private static func roundedVector(
        _ index: Int, columns: Int, in scratch: UnsafeMutableRawPointer
    ) -> gh_int8_vector {
        let base = scratch + index * roundedBytes(columns: columns)
        let scales = (base + columns).assumingMemoryBound(to: Float.self)
        return gh_int8_vector(
            q: base.assumingMemoryBound(to: Int8.self), scales: scales, sums: scales + columns / 32)
    }
}
