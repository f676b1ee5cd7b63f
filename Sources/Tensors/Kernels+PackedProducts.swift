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
            weights, rows: rows, activations: activations, first: tokens.lowerBound, order: nil, tokens: tokens.count,
            output: output, outputStride: outputStride)
    }

    /// The same for the tokens that `order` names, in its order: output i belongs to token `order[i]`. So the tokens
    /// of an expert are multiplied where they lie.
    public func multiply(
        packed weights: PackedMatrix, rows: Range<Int>, activations: RoundedActivations,
        order: UnsafeBufferPointer<Int32>, output: UnsafeMutablePointer<Float>, outputStride: Int
    ) {
        precondition(order.allSatisfy { $0 >= 0 && Int($0) < activations.capacity }, "no such tokens")
        multiply(
            weights, rows: rows, activations: activations, first: 0, order: order.baseAddress, tokens: order.count,
            output: output, outputStride: outputStride)
    }

    private func multiply(
        _ weights: PackedMatrix, rows: Range<Int>, activations: RoundedActivations, first: Int,
        order: UnsafePointer<Int32>?, tokens: Int, output: UnsafeMutablePointer<Float>, outputStride: Int
    ) {
        precondition(activations.columns == weights.columns, "inputs of another size")
        precondition(tokens <= 1 || outputStride >= rows.count, "rows overlap")
        let panels = weights.panels(of: rows)
        guard !rows.isEmpty, tokens > 0 else { return }
        let start = weights.region.base + panels.lowerBound * weights.panelBytes
        switch weights.layout {
        case .blocks(let type):
            var product = gh_packed_product(
                panels: start, rows: Int64(rows.count), columns: Int64(weights.columns),
                inputs: activations.blocks(of: first, form: weights.form), order: order, tokens: Int64(tokens),
                out: output,
                out_stride: Int64(outputStride), distances: Self.distances)
            table.pointee.multiply_packed(type, &product)
        case .pairs:
            var product = gh_pair_product(
                panels: start, rows: Int64(rows.count), columns: Int64(weights.columns),
                inputs: activations.halves(of: first), order: order, tokens: Int64(tokens), out: output,
                out_stride: Int64(outputStride), distances: Self.distances)
            table.pointee.multiply_pairs(&product)
        }
    }

    /// How far ahead weights are asked for: into a small part of each cache, so that nothing that is in use has to go. Near is
    /// also nearer than what processors ask for by themselves, so that a product of one token waits for the second level
    /// instead of memory: four times as far, with Q5_K or Q6_K it came to 64 and 79 % of a plain read instead of nearly
    /// all of it (KernelBenchmark, one thread, Zen 4).
    private static let distances: gh_distances = {
        let caches = CacheSizes.ofThisMachine
        func distance(_ bytes: Int, _ range: ClosedRange<Int>) -> Int64 {
            Int64(min(max(bytes / 64 * 64, range.lowerBound), range.upperBound))
        }
        return gh_distances(
            near: distance(caches.level1Data / 128, 128...512),
            middle: distance(caches.level1Data * 3 / 32, 1536...8192),
            far: distance(caches.level2 / 128, 2048...32768))
    }()

    /// Sums in registers and nothing else, for `rounds` of them: a probe of the speed that no product with weights packed
    /// for inputs of `form` can pass. The number of multiplications and additions comes back.
    public func productProbe(rounds: Int, form: RoundedForms = .int8) -> Int {
        let rounds = Int64(max(rounds, 0))
        return 2 * Int(form == .bfloat16 ? table.pointee.pair_probe(rounds) : table.pointee.product_probe(rounds))
    }
}
