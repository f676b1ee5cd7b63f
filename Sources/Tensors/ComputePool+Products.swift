/// Matrix products over all workers of a pool.
extension ComputePool {
    /// Below this many weight bytes (times tokens) a fork costs more than it saves.
    private static let smallestShare = 32 << 10

    /// `output[t * outputStride + r] = row r of weights · input[t * inputStride...]` for all rows and `tokens` inputs.
    /// Strides are in floats; they default to densely packed rows. Bits do not depend on the number of threads.
    public func multiply(
        _ weights: WeightMatrix, input: UnsafePointer<Float>, inputStride: Int? = nil, tokens: Int = 1,
        output: UnsafeMutablePointer<Float>, outputStride: Int? = nil, kernels: Kernels = .selected
    ) {
        let inputStride = inputStride ?? weights.columns
        let outputStride = outputStride ?? weights.rows
        let scratchBytes = Kernels.productScratchBytes(columns: weights.columns)
        forEach(count: weights.rows, grain: rowGrain(weights, tokens: tokens)) { rows, worker in
            kernels.multiply(
                weights, rows: rows, input: input, inputStride: inputStride, tokens: tokens,
                output: output + rows.lowerBound, outputStride: outputStride,
                scratch: scratch(worker: worker, bytes: scratchBytes))
        }
    }

    /// The same for packed weights and inputs that are rounded already: `output[i * outputStride + r]` belongs to token
    /// `tokens.lowerBound + i`.
    public func multiply(
        packed weights: PackedMatrix, activations: RoundedActivations, tokens: Range<Int>,
        output: UnsafeMutablePointer<Float>, outputStride: Int? = nil, kernels: Kernels = .selected
    ) {
        let grain = packedGrain(weights, tokens: tokens.count)
        forEach(count: weights.rows, grain: grain) { rows, _ in
            kernels.multiply(
                packed: weights, rows: rows, activations: activations, tokens: tokens,
                output: output + rows.lowerBound, outputStride: outputStride ?? weights.rows)
        }
    }

    /// Rounds `tokens` inputs to the first places of `activations`.
    public func round(
        _ input: UnsafePointer<Float>, inputStride: Int, to activations: RoundedActivations, tokens: Int,
        kernels: Kernels = .selected
    ) {
        let smallest = Self.smallestShare / max(activations.columns, 1) + 1
        forEach(count: tokens, grain: max(tokens / threads, smallest)) { range, _ in
            kernels.round(
                input + range.lowerBound * inputStride, inputStride: inputStride, to: activations, tokens: range)
        }
    }

    /// As `rowGrain`, in pairs of panels, which tiles take at once.
    private func packedGrain(_ weights: PackedMatrix, tokens: Int) -> Int {
        let rowCost = max(weights.panelBytes / PackedMatrix.panelRows * max(tokens, 1), 1)
        let even = (weights.rows + threads * 4 - 1) / (threads * 4)
        let smallest = (Self.smallestShare + rowCost - 1) / rowCost
        return max(even, smallest, 1).roundedUp(toMultipleOf: 2 * PackedMatrix.panelRows)
    }

    /// Rows in one piece of work: four pieces a worker, so that a slow one does not keep the others waiting, but none
    /// too small; a multiple of 16, so that the tiles of the kernels are full.
    private func rowGrain(_ weights: WeightMatrix, tokens: Int) -> Int {
        let rowCost = max(weights.rowBytes * max(tokens, 1), 1)
        let even = (weights.rows + threads * 4 - 1) / (threads * 4)
        let smallest = (Self.smallestShare + rowCost - 1) / rowCost
        return max(even, smallest, 1).roundedUp(toMultipleOf: 16)
    }
}

extension Int {
    fileprivate func roundedUp(toMultipleOf factor: Int) -> Int { (self + factor - 1) / factor * factor }
}
