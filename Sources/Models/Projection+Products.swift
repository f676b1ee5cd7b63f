import Tensors

extension ComputePool {
    /// `output[t] = matrix · input[t] + bias` for `tokens` inputs, densely packed.
    ///
    /// - Parameter rounding: memory for rounded inputs; nil: the exact product, whatever the layout.
    func multiply(
        _ projection: Projection, input: UnsafePointer<Float>, tokens: Int, output: UnsafeMutablePointer<Float>,
        rounding: RoundingBuffers? = nil
    ) {
        if let packed = projection.packed, let rounding {
            let rounded = rounding.buffer(for: packed)
            round(input, inputStride: packed.columns, to: rounded, tokens: tokens)
            multiply(packed: packed, activations: rounded, tokens: 0..<tokens, output: output)
        } else {
            multiply(projection.matrix, input: input, tokens: tokens, output: output)
        }
        addBias(of: projection, to: output, tokens: tokens)
    }

    /// Several projections of the same inputs, in one fork where all are packed.
    func multiply<let count: Int>(
        _ projections: InlineArray<count, (Projection, output: UnsafeMutablePointer<Float>)>,
        input: UnsafePointer<Float>, tokens: Int, rounding: RoundingBuffers
    ) {
        guard let products = packed(projections) else {
            for index in projections.indices {
                let (projection, output) = projections[index]
                multiply(projection, input: input, tokens: tokens, output: output, rounding: rounding)
            }
            return
        }
        let rounded = rounding.buffer(for: products)
        round(input, inputStride: rounded.columns, to: rounded, tokens: tokens)
        multiply(products, activations: rounded, tokens: 0..<tokens)
        for index in projections.indices {
            addBias(of: projections[index].0, to: projections[index].output, tokens: tokens)
        }
    }

    /// nil where one of them is not packed.
    private func packed<let count: Int>(
        _ projections: InlineArray<count, (Projection, output: UnsafeMutablePointer<Float>)>
    ) -> InlineArray<count, PackedOutput>? {
        try? InlineArray { (index: Int) throws(NotPacked) -> PackedOutput in
            guard let weights = projections[index].0.packed else { throw NotPacked() }
            return PackedOutput(weights: weights, output: projections[index].output, outputStride: weights.rows)
        }
    }

    private func addBias(of projection: Projection, to output: UnsafeMutablePointer<Float>, tokens: Int) {
        guard !projection.bias.isEmpty else { return }
        projection.bias.withUnsafeBufferPointer { bias in
            guard let base = bias.baseAddress else { return }
            for token in 0..<tokens { Kernels.selected.add(output + token * bias.count, base, count: bias.count) }
        }
    }
}

private struct NotPacked: Error {}

extension Kernels {
    /// RMSNorm, or LayerNorm where the norm has a bias: that is RMSNorm of the centred numbers, plus the bias.
    func normalise(
        _ input: UnsafePointer<Float>, _ norm: Norm, epsilon: Float, output: UnsafeMutablePointer<Float>
    ) {
        let count = norm.weight.count
        guard !norm.bias.isEmpty else {
            return rmsNorm(input, weight: norm.weight, epsilon: epsilon, count: count, output: output)
        }
        var sum: Double = 0
        for i in 0..<count { sum += Double(input[i]) }
        let mean = Float(sum / Double(count))
        for i in 0..<count { output[i] = input[i] - mean }
        rmsNorm(output, weight: norm.weight, epsilon: epsilon, count: count, output: output)
        norm.bias.withUnsafeBufferPointer { bias in
            if let base = bias.baseAddress { add(output, base, count: count) }
        }
    }
}
