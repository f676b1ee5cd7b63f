import CKernels

/// Passes over the logits of a whole vocabulary. The bits are the same for all instruction sets.
extension Kernels {
    /// Logits of a block.
    public static let logitBlock = Int(gh_logit_block)

    /// Blocks that hold `count` logits; the last may be shorter.
    public static func logitBlocks(_ count: Int) -> Int { (count + logitBlock - 1) / logitBlock }

    /// Writes the largest logit of each block to `maxima`; minus infinity if none is a number.
    public func blockMaxima(_ logits: UnsafeBufferPointer<Float>, into maxima: UnsafeMutableBufferPointer<Float>) {
        precondition(maxima.count == Self.logitBlocks(logits.count), "a maximum for each block")
        guard let input = logits.baseAddress, let output = maxima.baseAddress else { return }
        table.pointee.block_maxima(input, Int64(logits.count), output)
    }

    /// `weights[i] = exp((logits[i] - best) * inverseTemperature)`, and the sum of each block; 0 for what is not a number
    /// and for what is below exp(-707).
    /// - Parameter best: the largest logit.
    public func samplingWeights(
        of logits: UnsafeBufferPointer<Float>, best: Float, inverseTemperature: Double,
        into weights: UnsafeMutableBufferPointer<Double>, sums: UnsafeMutableBufferPointer<Double>
    ) {
        precondition(weights.count == logits.count, "a weight for each logit")
        precondition(sums.count == Self.logitBlocks(logits.count), "a sum for each block")
        guard let input = logits.baseAddress, let output = weights.baseAddress, let totals = sums.baseAddress
        else { return }
        table.pointee.sampling_weights(input, Int64(logits.count), best, inverseTemperature, output, totals)
    }
}
