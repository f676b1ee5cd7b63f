/// Top-1 routing in which an expert takes no more than `capacity` tokens of a sequence (Switch Transformer, Fedus,
/// Zoph and Shazeer 2021, arXiv 2101.03961, section 2.2).
///
/// Softmax over all experts in float32; the token goes to the most probable one (ties to the lower id), weighted with
/// that probability. Tokens are served in their order: those that find their expert full are dropped, which means
/// that no expert handles them and the block's residual connection carries them on.
public struct CapacityRouter: Router, Equatable {
    public let expertCount: Int
    public var expertsPerToken: Int { 1 }
    /// Tokens that one expert takes of the tokens routed in one call.
    public let capacity: Int

    public init(expertCount: Int, capacity: Int) {
        precondition(expertCount > 0 && capacity >= 0, "experts and a capacity that is not negative")
        self.expertCount = expertCount
        self.capacity = capacity
    }

    /// Replaces `decision` by the routing of one whole sequence: capacity is counted anew in each call.
    ///
    /// - Parameter logits: gate outputs of the sequence's tokens in order, shape [tokens × expertCount], row-major.
    ///   A token whose logits are not numbers still goes to a valid expert, the lowest one.
    public func route(logits: UnsafeBufferPointer<Float>, into decision: inout RoutingDecision) {
        precondition(logits.count.isMultiple(of: expertCount), "logits are not whole tokens")
        precondition(decision.expertCount == expertCount && decision.expertsPerToken == 1)
        decision.removeAll()
        withUnsafeTemporaryAllocation(of: Float.self, capacity: expertCount) { scores in
            withUnsafeTemporaryAllocation(of: Int.self, capacity: expertCount) { taken in
                taken.initialize(repeating: 0)
                for start in stride(from: 0, to: logits.count, by: expertCount) {
                    softmax(UnsafeBufferPointer(rebasing: logits[start..<start + expertCount]), into: scores)
                    let expert = largest(of: scores)
                    taken[expert] += 1
                    if taken[expert] <= capacity {
                        decision.append(expert: expert, weight: scores[expert])
                    } else {
                        decision.appendDropped()
                    }
                }
            }
        }
    }

    private func largest(of scores: UnsafeMutableBufferPointer<Float>) -> Int {
        var best = 0
        for i in scores.indices where scores[i] > scores[best] || scores[best].isNaN && !scores[i].isNaN { best = i }
        return best
    }
}
