import CKernels

/// Products of packed weights. The pointers must be valid for all that the documentation names.
extension Kernels {
    /// `output[i * outputStride + (r - rows.lowerBound)] = row r of weights · token tokens.lowerBound + i`, for the rows
    /// `rows` and the tokens `tokens` of `activations`. Rows are whole panels: a range starts at a multiple of 16 and
    /// ends at one, or at the last row. The stride is in floats.
    ///
    /// The bits of an output depend neither on the other tokens or their number, nor on how a caller splits the rows.
    public func multiply(
        packed weights: PackedMatrix, rows: Range<Int>, activations: RoundedActivations, tokens: Range<Int>,
        output: UnsafeMutablePointer<Float>, outputStride: Int
    ) {
        precondition(tokens.lowerBound >= 0 && tokens.upperBound <= activations.capacity, "no such tokens")
        multiply(
            weights, rows: rows, inputs: activations.blocks(of: tokens.lowerBound), columns: activations.columns,
            order: nil, tokens: tokens.count, output: output, outputStride: outputStride)
    }

    /// The same for the tokens that `order` names, in its order: output i belongs to token `order[i]`. So the tokens
    /// of an expert are multiplied where they lie.
    public func multiply(
        packed weights: PackedMatrix, rows: Range<Int>, activations: RoundedActivations,
        order: UnsafeBufferPointer<Int32>, output: UnsafeMutablePointer<Float>, outputStride: Int
    ) {
        precondition(order.allSatisfy { $0 >= 0 && Int($0) < activations.capacity }, "no such tokens")
        multiply(
            weights, rows: rows, inputs: activations.blocks, columns: activations.columns, order: order.baseAddress,
            tokens: order.count, output: output, outputStride: outputStride)
    }

    private func multiply(
        _ weights: PackedMatrix, rows: Range<Int>, inputs: UnsafePointer<gh_rounded_block>, columns: Int,
        order: UnsafePointer<Int32>?, tokens: Int, output: UnsafeMutablePointer<Float>, outputStride: Int
    ) {
        precondition(columns == weights.columns, "inputs of another size")
        precondition(tokens <= 1 || outputStride >= rows.count, "rows overlap")
        let panels = weights.panels(of: rows)
        guard !rows.isEmpty, tokens > 0 else { return }
        var product = gh_packed_product(
            panels: weights.region.base + panels.lowerBound * weights.panelBytes, rows: Int64(rows.count),
            columns: Int64(columns), inputs: inputs, order: order, tokens: Int64(tokens), out: output,
            out_stride: Int64(outputStride))
        table.pointee.multiply_packed(weights.packedType, &product)
    }

    /// Exact sums in registers and nothing else, for `rounds` of them: a probe of the speed that no product with packed
    /// weights can pass. The number of multiplications and additions comes back.
    public func productProbe(rounds: Int) -> Int {
        Int(table.pointee.product_probe(Int64(max(rounds, 0)))) * 2
    }
}
