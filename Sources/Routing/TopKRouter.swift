/// Token-choice routing by the k largest scores, as `policy` says. Ties go to the lower expert id.
///
/// Shazeer et al. 2017 (arXiv 1701.06538) and its descendants; `TopKPolicy` names the families.
public struct TopKRouter: TokenRouter, Equatable {
    public let expertCount: Int
    public let expertsPerToken: Int
    public let policy: TopKPolicy
    /// Added to the scores for the choice, not for the weights (`e_score_correction_bias`). Empty: none.
    public let selectionBias: [Float]

    public init(expertCount: Int, expertsPerToken: Int, policy: TopKPolicy, selectionBias: [Float] = []) {
        precondition(expertsPerToken > 0 && expertsPerToken <= expertCount, "top-k must be within 1...experts")
        precondition(expertCount.isMultiple(of: policy.groups?.count ?? 1), "groups are not of one size")
        precondition(selectionBias.isEmpty || selectionBias.count == expertCount, "one bias an expert")
        self.expertCount = expertCount
        self.expertsPerToken = expertsPerToken
        self.policy = policy
        self.selectionBias = selectionBias
    }

    /// Softmax over all experts, the weights as they are or divided by their sum.
    public init(expertCount: Int, expertsPerToken: Int, normalisesWeights: Bool) {
        self.init(
            expertCount: expertCount, expertsPerToken: expertsPerToken,
            policy: TopKPolicy(scoring: .softmax, weighting: normalisesWeights ? .normalised : .scores))
    }

    func routeToken(_ logits: UnsafeBufferPointer<Float>, into decision: inout RoutingDecision) {
        withUnsafeTemporaryAllocation(of: Float.self, capacity: 2 * expertCount) { buffer in
            let scores = UnsafeMutableBufferPointer(rebasing: buffer[..<expertCount])
            let choice = UnsafeMutableBufferPointer(rebasing: buffer[expertCount...])
            score(logits, into: scores)
            for i in scores.indices {
                choice.initializeElement(at: i, to: selectionBias.isEmpty ? scores[i] : scores[i] + selectionBias[i])
            }
            if let groups = policy.groups, groups.kept < groups.count {
                keepBestGroups(groups, choice: choice, scores: scores)
            }
            withUnsafeTemporaryAllocation(of: Int.self, capacity: expertsPerToken) { chosen in
                selectLargest(choice, into: chosen)
                appendWeighted(chosen, scores: scores, to: &decision)
            }
        }
    }

    private func score(_ logits: UnsafeBufferPointer<Float>, into scores: UnsafeMutableBufferPointer<Float>) {
        switch policy.scoring {
        case .softmax: softmax(logits, into: scores)
        case .sigmoid: for i in logits.indices { scores.initializeElement(at: i, to: sigmoid(logits[i])) }
        case .logits: _ = scores.initialize(from: logits)
        }
    }

    /// Takes the experts of all but the best groups out of the choice.
    private func keepBestGroups(
        _ groups: TopKPolicy.Groups, choice: UnsafeMutableBufferPointer<Float>,
        scores: UnsafeMutableBufferPointer<Float>
    ) {
        let size = expertCount / groups.count
        withUnsafeTemporaryAllocation(of: Float.self, capacity: groups.count) { groupScores in
            withUnsafeTemporaryAllocation(of: Int.self, capacity: groups.kept) { kept in
                for group in 0..<groups.count {
                    let members = choice[group * size..<(group + 1) * size]
                    groupScores.initializeElement(at: group, to: groups.score.of(members))
                }
                selectLargest(groupScores, into: kept)
                for expert in 0..<expertCount where !kept.contains(expert / size) {
                    switch groups.score {
                    case .best: (choice[expert], scores[expert]) = (0, 0)
                    case .bestTwo: choice[expert] = -.infinity
                    }
                }
            }
        }
    }

    private func appendWeighted(
        _ chosen: UnsafeMutableBufferPointer<Int>, scores: UnsafeMutableBufferPointer<Float>,
        to decision: inout RoutingDecision
    ) {
        // Sums start with what DeepSeek-V3 adds so that experts that all score 0 do not divide by 0.
        let total: Float
        switch policy.weighting {
        case .normalised: total = chosen.reduce(1e-20) { $0 + scores[$1] }
        case .softmax: total = chosen.reduce(0) { $0 + exponential(scores[$1] - scores[chosen[0]]) }
        case .scores, .sigmoid: total = 1
        }
        for expert in chosen {
            let weight =
                switch policy.weighting {
                case .scores: scores[expert]
                case .normalised: scores[expert] / total
                case .softmax: exponential(scores[expert] - scores[chosen[0]]) / total
                case .sigmoid: sigmoid(scores[expert])
                }
            decision.append(expert: expert, weight: weight * policy.scale)
        }
    }
}

extension TopKPolicy.Groups.Score {
    /// The score of a group with `members`.
    func of(_ members: Slice<UnsafeMutableBufferPointer<Float>>) -> Float {
        var best = -Float.infinity
        var second = -Float.infinity
        for score in members {
            if score > best { (best, second) = (score, best) } else if score > second { second = score }
        }
        return self == .best || members.count < 2 ? best : best + second
    }
}
