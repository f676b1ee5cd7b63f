import CKernels

/// Products of weight rows with inputs. Pointers instead of spans: the callers own aligned scratch and hand out parts
/// of it; every pointer must be valid for the whole extent that its documentation names.
extension Kernels {
    /// Writes the numbers of one row of `weights` to `output` (`columns` floats), exactly as the format defines them.
    public func dequantize(_ weights: WeightMatrix, row: Int, into output: UnsafeMutablePointer<Float>) {
        format(weights.type).dequantize(weights.row(row), output, Int64(weights.columns))
    }

    /// Writes `count` = whole blocks of `type` at `bytes` to `output` as float32.
    public func dequantize(
        _ type: ElementType, _ bytes: UnsafeRawPointer, count: Int, into output: UnsafeMutablePointer<Float>
    ) {
        precondition(count >= 0 && count.isMultiple(of: type.blockElements), "not a whole number of blocks")
        format(type).dequantize(bytes, output, Int64(count))
    }

    /// `output[t * outputStride + (r - rows.lowerBound)] = row r of weights · input[t * inputStride...]`, for the rows
    /// `rows` and `tokens` inputs of `columns` floats each. Strides are in floats.
    ///
    /// The bits of an output do not depend on `tokens`, on the other tokens, nor on how a caller splits the rows.
    /// - Parameter scratch: `Kernels.productScratchBytes(columns:)` bytes, aligned to 64.
    public func multiply(
        _ weights: WeightMatrix, rows: Range<Int>,
        input: UnsafePointer<Float>, inputStride: Int, tokens: Int,
        output: UnsafeMutablePointer<Float>, outputStride: Int, scratch: UnsafeMutableRawPointer
    ) {
        precondition(rows.lowerBound >= 0 && rows.upperBound <= weights.rows, "rows outside the matrix")
        precondition(tokens <= 1 || (inputStride >= weights.columns && outputStride >= rows.count), "rows overlap")
        guard !rows.isEmpty, tokens > 0 else { return }
        let first = weights.row(rows.lowerBound)
        if tokens == 1 {
            format(weights.type).dot_rows(
                first, Int64(weights.rowBytes), Int64(rows.count), input, Int64(weights.columns), output)
            return
        }
        if weights.type == .f32, Int(bitPattern: first).isMultiple(of: MemoryLayout<Float>.alignment) {
            products(
                of: first.assumingMemoryBound(to: Float.self), stride: weights.columns, rows: rows.count,
                with: input, stride: inputStride, count: tokens, length: weights.columns,
                into: output, stride: outputStride)
            return
        }
        multiplyDequantized(
            weights, rows: rows, input: input, inputStride: inputStride, tokens: tokens,
            output: output, outputStride: outputStride, panel: scratch.assumingMemoryBound(to: Float.self))
    }

    /// The product in panels of rows that are dequantised into `panel`, so that a row is unpacked once for all tokens.
    private func multiplyDequantized(
        _ weights: WeightMatrix, rows: Range<Int>,
        input: UnsafePointer<Float>, inputStride: Int, tokens: Int,
        output: UnsafeMutablePointer<Float>, outputStride: Int, panel: UnsafeMutablePointer<Float>
    ) {
        let dequantize = format(weights.type).dequantize
        let stride = Self.panelStride(columns: weights.columns)
        let panelRows = Self.panelRows(columns: weights.columns)
        for start in Swift.stride(from: rows.lowerBound, to: rows.upperBound, by: panelRows) {
            let count = min(panelRows, rows.upperBound - start)
            for row in 0..<count {
                dequantize(weights.row(start + row), panel + row * stride, Int64(weights.columns))
            }
            products(
                of: panel, stride: stride, rows: count,
                with: input, stride: inputStride, count: tokens, length: weights.columns,
                into: output + (start - rows.lowerBound), stride: outputStride)
        }
    }

    /// `output[j * outputStride + i] = left[i * leftStride...] · right[j * rightStride...]` over `length` floats.
    /// With keys on the left and queries on the right these are the scores of attention.
    public func products(
        of left: UnsafePointer<Float>, stride leftStride: Int, rows: Int,
        with right: UnsafePointer<Float>, stride rightStride: Int, count: Int, length: Int,
        into output: UnsafeMutablePointer<Float>, stride outputStride: Int
    ) {
        table.pointee.gemm(
            left, Int64(leftStride), Int64(rows), right, Int64(rightStride), Int64(count), Int64(length),
            output, Int64(outputStride))
    }

    /// Bytes of scratch that `multiply` needs for inputs of `columns` floats.
    public static func productScratchBytes(columns: Int) -> Int {
        panelRows(columns: columns) * panelStride(columns: columns) * MemoryLayout<Float>.stride
    }

    /// A panel should stay in a core's L2 cache, beside inputs and outputs.
    private static let panelBytes = min(max(CacheSizes.ofThisMachine.level2 / 4, 64 << 10), 1 << 20)
    /// The tiles of `gemm` take this many rows.
    private static let tileRows = 4

    /// One cache line more than a row: rows a power of two apart would share cache sets.
    private static func panelStride(columns: Int) -> Int { (columns + 15) / 16 * 16 + 16 }

    private static func panelRows(columns: Int) -> Int {
        let fitting = panelBytes / (panelStride(columns: columns) * MemoryLayout<Float>.stride)
        return min(max(fitting / tileRows, 1), 32) * tileRows
    }
}
