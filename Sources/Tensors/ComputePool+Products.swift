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
        let product = PackedOutput(weights: weights, output: output, outputStride: outputStride ?? weights.rows)
        multiply([product], activations: activations, tokens: tokens, kernels: kernels)
    }

    /// Several matrices times the same inputs, in one fork.
    public func multiply<let count: Int>(
        _ products: InlineArray<count, PackedOutput>, activations: RoundedActivations, tokens: Range<Int>,
        kernels: Kernels = .selected
    ) {
        var pairs = 0
        var pairBytes = 1
        for index in products.indices {
            pairs += products[index].pairs
            pairBytes = max(pairBytes, 2 * products[index].weights.panelBytes)
        }
        let smallest = Self.smallestShare / (pairBytes * max(tokens.count, 1)) + 1
        forEach(count: pairs, shrinkingTo: smallest) { taken, _ in
            var start = 0
            for index in products.indices {
                let product = products[index]
                let mine = taken.clamped(to: start..<start + product.pairs)
                if !mine.isEmpty {
                    let rows = product.rows(ofPairs: mine.lowerBound - start..<mine.upperBound - start)
                    kernels.multiply(
                        packed: product.weights, rows: rows, activations: activations, tokens: tokens,
                        output: product.output + rows.lowerBound, outputStride: product.outputStride)
                }
                start += product.pairs
            }
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

    /// Rows in one piece of work: four pieces a worker, so that a slow one does not keep the others waiting, but none
    /// too small; a multiple of 16, so that the tiles of the kernels are full.
    private func rowGrain(_ weights: WeightMatrix, tokens: Int) -> Int {
        let rowCost = max(weights.rowBytes * max(tokens, 1), 1)
        let even = (weights.rows + threads * 4 - 1) / (threads * 4)
        let smallest = (Self.smallestShare + rowCost - 1) / rowCost
        return max(even, smallest, 1).roundedUp(toMultipleOf: 16)
    }
}

/// A packed matrix and where its product goes: `output[i * outputStride + r]` for input i and row r.
public struct PackedOutput {
    let weights: PackedMatrix
    let output: UnsafeMutablePointer<Float>
    let outputStride: Int

    public init(weights: PackedMatrix, output: UnsafeMutablePointer<Float>, outputStride: Int) {
        self.weights = weights
        self.output = output
        self.outputStride = outputStride
    }

    /// Rows are split in pairs of panels, which tiles take at once.
    fileprivate var pairs: Int { (weights.rows + Self.pairRows - 1) / Self.pairRows }
    fileprivate func rows(ofPairs pairs: Range<Int>) -> Range<Int> {
        pairs.lowerBound * Self.pairRows..<min(pairs.upperBound * Self.pairRows, weights.rows)
    }
    private static var pairRows: Int { 2 * PackedMatrix.panelRows }
}

extension Int {
    fileprivate func roundedUp(toMultipleOf factor: Int) -> Int { (self + factor - 1) / factor * factor }
}
