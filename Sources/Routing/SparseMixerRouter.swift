/// The router of Phi-3.5-MoE: SparseMixer-v2 as it is used in inference (Liu et al. 2024, arXiv 2409.12136).
///
/// Two experts, one after the other. For each, scores far below the best remaining one are left out, and the weight
/// is the best one's share in a softmax over the rest; so the two weights do not sum to one.
public struct SparseMixerRouter: TokenRouter, Equatable {
    public let expertCount: Int
    public let expertsPerToken = 2
    /// A score s is left out if (best - s) / max(|s|, best) exceeds this: twice `router_jitter_noise`.
    public let threshold: Float

    public init(expertCount: Int, jitter: Float) {
        precondition(expertCount >= 2, "the router chooses two experts")
        self.expertCount = expertCount
        threshold = 2 * jitter
    }

    func routeToken(_ logits: UnsafeBufferPointer<Float>, into decision: inout RoutingDecision) {
        let first = largest(logits, without: nil)
        decision.append(expert: first, weight: share(of: first, in: logits, without: nil))
        let second = largest(logits, without: first)
        decision.append(expert: second, weight: share(of: second, in: logits, without: first))
    }

    private func largest(_ logits: UnsafeBufferPointer<Float>, without excluded: Int?) -> Int {
        var best = excluded == 0 ? 1 : 0
        for i in logits.indices where i != excluded && (logits[i] > logits[best] || logits[best].isNaN) { best = i }
        return best
    }

    /// `exp(0) / Σ exp(s - best)` over the scores that are near enough to `best`.
    private func share(of best: Int, in logits: UnsafeBufferPointer<Float>, without excluded: Int?) -> Float {
        var total: Float = 0
        for i in logits.indices where i != excluded {
            let distance = (logits[best] - logits[i]) / Swift.max(abs(logits[i]), logits[best])
            if !(distance > threshold) { total += exponential(logits[i] - logits[best]) }
        }
        return 1 / total
    }
}
