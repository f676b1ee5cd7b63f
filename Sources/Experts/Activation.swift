import Tensors

/// What an expert does between its projections.
public enum Activation: Sendable, Equatable {
    /// `silu(gate) * up` (SwiGLU, Shazeer 2020, arXiv 2002.05202).
    case gatedSiLU
    /// GPT-OSS: `gate` at most `limit`, `up` within ±`limit`; `gate * sigmoid(alpha * gate) * (up + 1)`.
    case clampedSwiGLU(alpha: Float, limit: Float)
    /// `max(up, 0)`; the expert has no gate (T5 and Switch Transformer).
    case relu

    /// Whether the expert has a gate projection beside the up projection.
    public var isGated: Bool { self != .relu }

    /// Replaces `gate` by the activated numbers.
    ///
    /// - Parameters:
    ///   - gate: the gate projection's output; of an expert without a gate, the up projection's.
    ///   - up: the up projection's output, used up; not read without a gate.
    func apply(
        _ gate: UnsafeMutablePointer<Float>, _ up: UnsafeMutablePointer<Float>, count: Int, kernels: Kernels
    ) {
        switch self {
        case .gatedSiLU: kernels.siluMultiply(gate, up, count: count)
        case .clampedSwiGLU(let alpha, let limit):
            // silu(alpha g) / alpha = g sigmoid(alpha g)
            for i in 0..<count {
                gate[i] = alpha * min(gate[i], limit)
                up[i] = (min(max(up[i], -limit), limit) + 1) / alpha
            }
            kernels.siluMultiply(gate, up, count: count)
        case .relu:
            for i in 0..<count { gate[i] = max(gate[i], 0) }
        }
    }
}
