/// Token-choice routing by the k largest softmax scores.
///
/// Softmax over all experts in float32, then the k largest probabilities are the weights, as they are
/// (OLMoE, Muennighoff et al. 2024) or divided by their sum (Mixtral, Jiang et al. 2024; Qwen3-MoE with
/// `norm_topk_prob`). Selection on probabilities equals selection on logits; ties go to the lower expert id.
public struct TopKRouter: Sendable, Equatable {
    public let expertCount: Int
    public let expertsPerToken: Int
    /// Whether a token's weights are divided by their sum.
    public let normalisesWeights: Bool

    public init(expertCount: Int, expertsPerToken: Int, normalisesWeights: Bool) {
        precondition(expertsPerToken > 0 && expertsPerToken <= expertCount, "top-k must be within 1...experts")
        self.expertCount = expertCount
        self.expertsPerToken = expertsPerToken
        self.normalisesWeights = normalisesWeights
    }

    /// Replaces `decision` by the routing of all tokens in `logits`.
    ///
    /// - Parameter logits: gate outputs, shape [tokens × expertCount], row-major. Not-a-number logits (damaged
    ///   weights) still give distinct, valid experts.
    public func route(logits: UnsafeBufferPointer<Float>, into decision: inout RoutingDecision) {
        precondition(logits.count.isMultiple(of: expertCount), "logits are not whole tokens")
        precondition(decision.expertCount == expertCount && decision.expertsPerToken == expertsPerToken)
        decision.removeAll()
        for start in stride(from: 0, to: logits.count, by: expertCount) {
            routeToken(UnsafeBufferPointer(rebasing: logits[start..<start + expertCount]), into: &decision)
        }
    }

    private func routeToken(_ logits: UnsafeBufferPointer<Float>, into decision: inout RoutingDecision) {
        withUnsafeTemporaryAllocation(of: Float.self, capacity: expertCount) { scores in
            softmax(logits, into: scores)
            withUnsafeTemporaryAllocation(of: Int.self, capacity: expertsPerToken) { chosen in
                selectLargest(scores, into: chosen)
                let total = normalisesWeights ? chosen.reduce(Float(0)) { $0 + scores[$1] } : 1
                for expert in chosen { decision.append(expert: expert, weight: scores[expert] / total) }
            }
        }
    }
}

/// `scores[i] = exp(logits[i] - max) / sum`, in float32.
func softmax(_ logits: UnsafeBufferPointer<Float>, into scores: UnsafeMutableBufferPointer<Float>) {
    let largest = logits.reduce(-Float.infinity) { Swift.max($0, $1) }
    var total: Float = 0
    for i in logits.indices {
        let e = exponential(logits[i] - largest)
        scores.initializeElement(at: i, to: e)
        total += e
    }
    for i in scores.indices { scores[i] /= total }
}

/// Indices of the largest values, largest first, lower index first among equals. Not-a-number counts as smallest.
func selectLargest(_ values: UnsafeMutableBufferPointer<Float>, into chosen: UnsafeMutableBufferPointer<Int>) {
    for rank in 0..<chosen.count {
        var best = -1
        for candidate in values.indices where !chosen[..<rank].contains(candidate) {
            if best < 0 || values[candidate] > values[best] || values[best].isNaN && !values[candidate].isNaN {
                best = candidate
            }
        }
        chosen.initializeElement(at: rank, to: best)
    }
}
