import Routing

/// Runs the experts that a router chose, wherever they are: this process, a file, another host.
///
/// Called once per MoE block and micro-batch, on the engine's thread.
public protocol ExpertExecutor {
    /// `output[t] = Σ_a weight(t, a) · expert(t, a)(hidden[t])`.
    ///
    /// - Parameters:
    ///   - hidden: normalised hidden states, shape [tokens × hidden size].
    ///   - decision: experts and weights of the same tokens.
    ///   - output: overwritten, shape [tokens × hidden size]; must not overlap `hidden`.
    func run(
        hidden: UnsafePointer<Float>, decision: RoutingDecision, output: UnsafeMutablePointer<Float>)
}
