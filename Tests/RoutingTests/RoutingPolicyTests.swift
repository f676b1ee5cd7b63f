import Foundation
import Randomness
import Routing
import Testing

/// Routing of one token in Float64, step by step as the papers write it.
private struct Definition {
    let policy: TopKPolicy
    let bias: [Double]
    let k: Int

    func route(_ logits: [Double]) -> [(expert: Int, weight: Double)] {
        var scores = logits
        switch policy.scoring {
        case .softmax:
            let total = logits.map(exp).reduce(0, +)
            scores = logits.map { exp($0) / total }
        case .sigmoid: scores = logits.map { 1 / (1 + exp(-$0)) }
        case .logits: break
        }
        var choice = bias.isEmpty ? scores : zip(scores, bias).map(+)
        if let groups = policy.groups {
            let size = logits.count / groups.count
            let members = (0..<groups.count).map { Array(choice[$0 * size..<($0 + 1) * size]).sorted(by: >) }
            let groupScores = members.map { groups.score == .best ? $0[0] : $0.prefix(2).reduce(0, +) }
            let kept = Set(groupScores.indices.sorted { groupScores[$0] > groupScores[$1] }.prefix(groups.kept))
            for i in choice.indices where !kept.contains(i / size) {
                choice[i] = groups.score == .best ? 0 : -.infinity
                if groups.score == .best { scores[i] = 0 }
            }
        }
        let chosen = choice.indices.sorted { (choice[$0], -$0) > (choice[$1], -$1) }.prefix(k)
        let picked = chosen.map { scores[$0] }
        let weights: [Double] =
            switch policy.weighting {
            case .scores: picked
            case .normalised: picked.map { $0 / picked.reduce(0, +) }
            case .softmax: picked.map { exp($0) / picked.map(exp).reduce(0, +) }
            case .sigmoid: picked.map { 1 / (1 + exp(-$0)) }
            }
        return zip(chosen, weights).map { ($0, $1 * Double(policy.scale)) }
    }
}

@Suite struct RoutingPolicyTests {
    static let policies: [TopKPolicy] = [
        TopKPolicy(scoring: .softmax, weighting: .scores, scale: 16, groups: .init(count: 4, kept: 2, score: .best)),
        TopKPolicy(
            scoring: .sigmoid, weighting: .normalised, scale: 2.5, groups: .init(count: 4, kept: 2, score: .bestTwo)),
        TopKPolicy(scoring: .sigmoid, weighting: .scores),
        TopKPolicy(scoring: .logits, weighting: .softmax),
        TopKPolicy(scoring: .logits, weighting: .sigmoid),
        TopKPolicy(scoring: .softmax, weighting: .normalised, groups: .init(count: 4, kept: 4, score: .bestTwo)),
    ]

    @Test(arguments: policies) func matchesTheDefinition(policy: TopKPolicy) {
        for seed in UInt64(1)...60 {
            var random = SplitMix64(seed: seed)
            let experts = 4 * Int.random(in: 2...8, using: &random)
            let k = Int.random(in: 1...4, using: &random)
            let hasBias = Bool.random(using: &random)
            let bias = hasBias ? (0..<experts).map { _ in Float.random(in: -0.5...0.5, using: &random) } : []
            let logits = (0..<experts).map { _ in Float.random(in: -4...4, using: &random) }
            let router = TopKRouter(expertCount: experts, expertsPerToken: k, policy: policy, selectionBias: bias)
            var decision = RoutingDecision(expertCount: experts, expertsPerToken: k)
            logits.withUnsafeBufferPointer { router.route(logits: $0, into: &decision) }
            let expected = Definition(policy: policy, bias: bias.map(Double.init), k: k).route(logits.map(Double.init))
            #expect(decision.experts == expected.map { Int32($0.expert) }, "seed \(seed)")
            for (actual, wanted) in zip(decision.weights, expected) {
                #expect(abs(Double(actual) - wanted.weight) < 1e-5, "seed \(seed)")
            }
        }
    }

    /// What transformers' `sparsemixer` gives, in Float64.
    @Test func sparseMixerMatchesTheDefinition() {
        for seed in UInt64(1)...200 {
            var random = SplitMix64(seed: seed)
            let experts = Int.random(in: 2...16, using: &random)
            // Near ties matter: their softmax keeps both.
            let logits = (0..<experts).map { _ in Float.random(in: -1...1, using: &random) * (seed % 3 == 0 ? 0.01 : 1)
            }
            let router = SparseMixerRouter(expertCount: experts, jitter: 0.01)
            var decision = RoutingDecision(expertCount: experts, expertsPerToken: 2)
            logits.withUnsafeBufferPointer { router.route(logits: $0, into: &decision) }
            var left = Array(logits.indices)
            for place in 0..<2 {
                guard let best = left.max(by: { (logits[$0], -$0) < (logits[$1], -$1) }) else { return }
                let kept = left.filter {
                    (logits[best] - logits[$0]) / max(abs(logits[$0]), logits[best]) <= 0.02
                }
                let total = kept.reduce(0.0) { $0 + exp(Double(logits[$1]) - Double(logits[best])) }
                #expect(decision.experts[place] == Int32(best), "seed \(seed)")
                #expect(abs(Double(decision.weights[place]) - 1 / total) < 1e-5, "seed \(seed)")
                left.removeAll { $0 == best }
            }
        }
    }

    /// Damaged weights: every router still gives distinct experts that exist.
    @Test(arguments: policies, [Float.nan, .infinity, -.infinity])
    func damagedLogitsStillGiveDistinctExperts(policy: TopKPolicy, value: Float) {
        let logits: [Float] = [value, 1, value, 2, value, value, -1, value]
        let routers: [any Router] = [
            TopKRouter(expertCount: 8, expertsPerToken: 2, policy: policy),
            SparseMixerRouter(expertCount: 8, jitter: 0.01),
        ]
        for router in routers {
            for all in [logits, [Float](repeating: value, count: 8)] {
                var decision = RoutingDecision(expertCount: 8, expertsPerToken: 2)
                all.withUnsafeBufferPointer { router.route(logits: $0, into: &decision) }
                #expect(Set(decision.experts).count == 2)
                #expect(decision.experts.allSatisfy { (0..<8).contains($0) })
            }
        }
    }
}
