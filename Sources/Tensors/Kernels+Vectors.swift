import CKernels

/// How rotary embeddings pair the elements of a head.
public enum RotaryLayout: Sendable {
    /// Element i with element i + half ("NEOX", Hugging Face).
    case halves
    /// Element 2i with element 2i + 1 ("NORM", original Llama).
    case pairs
}

/// Loops over single vectors. Every pointer must be valid for `count` floats unless said otherwise.
extension Kernels {
    /// `output = x / sqrt(mean(x²) + epsilon) * weight`; no `weight` means ones; `output` may be `x`.
    public func rmsNorm(
        _ x: UnsafePointer<Float>, weight: UnsafePointer<Float>?, epsilon: Float, count: Int,
        output: UnsafeMutablePointer<Float>
    ) {
        table.pointee.rms_norm(x, weight, epsilon, Int64(count), output)
    }

    /// `x = softmax(scale * x)` in place. Minus infinity becomes zero; a row of nothing else becomes NaN.
    public func softmax(_ x: UnsafeMutablePointer<Float>, count: Int, scale: Float = 1) {
        precondition(count > 0, "softmax of nothing")
        table.pointee.softmax(x, Int64(count), scale)
    }

    /// `gate = silu(gate) * up`, the activation of a gated feed-forward layer.
    public func siluMultiply(_ gate: UnsafeMutablePointer<Float>, _ up: UnsafePointer<Float>, count: Int) {
        table.pointee.silu_multiply(gate, up, Int64(count))
    }

    /// `output = exp(x)`, within 2 units in the last place; `output` may be `x`.
    public func exponential(_ x: UnsafePointer<Float>, count: Int, output: UnsafeMutablePointer<Float>) {
        table.pointee.exponential(x, Int64(count), output)
    }

    /// `output += x`. The two must not overlap.
    public func add(_ output: UnsafeMutablePointer<Float>, _ x: UnsafePointer<Float>, count: Int) {
        table.pointee.add(output, x, Int64(count))
    }

    /// `output += factor * x`, product and sum rounded separately. The two must not overlap.
    public func addScaled(
        _ output: UnsafeMutablePointer<Float>, _ factor: Float, _ x: UnsafePointer<Float>, count: Int
    ) {
        table.pointee.add_scaled(output, factor, x, Int64(count))
    }

    /// Turns the first `2 * half` elements of a head by the angles whose cosines and sines are given (`half` each).
    public func rotate(
        _ x: UnsafeMutablePointer<Float>, _ layout: RotaryLayout,
        cosines: UnsafePointer<Float>, sines: UnsafePointer<Float>, half: Int
    ) {
        switch layout {
        case .halves: table.pointee.rope_halves(x, cosines, sines, Int64(half))
        case .pairs: table.pointee.rope_pairs(x, cosines, sines, Int64(half))
        }
    }

    /// Index of the largest element, the lowest of equals. NaN never wins; 0 if all are NaN.
    public func argmax(_ x: UnsafePointer<Float>, count: Int) -> Int {
        precondition(count > 0, "argmax of nothing")
        return Int(table.pointee.argmax(x, Int64(count)))
    }

    /// Reads every byte, and returns a value that depends on all of them: a probe of memory bandwidth.
    public func readProbe(_ bytes: UnsafeRawPointer, count: Int) -> UInt64 {
        table.pointee.read_probe(bytes, Int64(count))
    }
}
