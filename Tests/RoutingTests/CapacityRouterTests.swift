import Foundation
import Randomness
import Routing
import Testing

@Suite struct CapacityRouterTests {
    private func route(_ logits: [Float], experts: Int, capacity: Int) -> RoutingDecision {
        var decision = RoutingDecision(expertCount: experts, expertsPerToken: 1)
        let router = CapacityRouter(expertCount: experts, capacity: capacity)
        logits.withUnsafeBufferPointer { router.route(logits: $0, into: &decision) }
        return decision
    }

    /// Each expert takes the first `capacity` of the tokens that prefer it, with the softmax weight; no other tokens.
    @Test func anExpertTakesItsFirstTokens() {
        for seed in UInt64(1)...100 {
            var random = SplitMix64(seed: seed)
            let experts = Int.random(in: 1...9, using: &random)
            let tokens = Int.random(in: 0...40, using: &random)
            let capacity = Int.random(in: 0...8, using: &random)
            let logits = (0..<tokens * experts).map { _ in Float.random(in: -4...4, using: &random) }
            let decision = route(logits, experts: experts, capacity: capacity)
            #expect(decision.tokens == tokens, "seed \(seed)")
            var taken = [Int](repeating: 0, count: experts)
            for token in 0..<tokens {
                let row = logits[token * experts..<(token + 1) * experts].map(Double.init)
                let preferred = row.indices.reduce(0) { row[$1] > row[$0] ? $1 : $0 }
                taken[preferred] += 1
                let isServed = taken[preferred] <= capacity
                #expect(
                    decision.experts[token] == (isServed ? Int32(preferred) : RoutingDecision.dropped), "seed \(seed)")
                let probability = 1 / row.reduce(0) { $0 + exp($1 - row[preferred]) }
                #expect(abs(Double(decision.weights[token]) - (isServed ? probability : 0)) < 1e-6, "seed \(seed)")
            }
        }
    }

    /// With room for all it is top-1 routing with softmax weights.
    @Test func capacityForAllIsTopOne() {
        for seed in UInt64(1)...50 {
            var random = SplitMix64(seed: seed)
            let experts = Int.random(in: 1...9, using: &random)
            let tokens = Int.random(in: 1...20, using: &random)
            let logits = (0..<tokens * experts).map { _ in Float.random(in: -4...4, using: &random) }
            var topOne = RoutingDecision(expertCount: experts, expertsPerToken: 1)
            let router = TopKRouter(expertCount: experts, expertsPerToken: 1, normalisesWeights: false)
            logits.withUnsafeBufferPointer { router.route(logits: $0, into: &topOne) }
            #expect(route(logits, experts: experts, capacity: tokens) == topOne, "seed \(seed)")
        }
    }

    /// A token's fate does not depend on later ones.
    @Test func aPrefixIsRoutedAlike() {
        for seed in UInt64(1)...50 {
            var random = SplitMix64(seed: seed)
            let logits = (0..<30 * 3).map { _ in Float.random(in: -4...4, using: &random) }
            let whole = route(logits, experts: 3, capacity: 6)
            let length = Int.random(in: 1..<30, using: &random)
            let part = route(Array(logits[..<(length * 3)]), experts: 3, capacity: 6)
            #expect(Array(whole.experts[..<length]) == part.experts, "seed \(seed)")
        }
    }

    @Test func capacityIsCountedAnewInEachCall() {
        let router = CapacityRouter(expertCount: 2, capacity: 1)
        var decision = RoutingDecision(expertCount: 2, expertsPerToken: 1)
        let logits: [Float] = [1, 0, 1, 0]
        for _ in 0..<2 {
            logits.withUnsafeBufferPointer { router.route(logits: $0, into: &decision) }
            #expect(decision.experts == [0, RoutingDecision.dropped])
        }
    }

    @Test func damagedLogitsGoToAValidExpert() {
        for value in [Float.nan, .infinity, -.infinity] {
            let decision = route([value, value, value, 1, value, 2], experts: 3, capacity: 9)
            #expect(decision.experts.allSatisfy { (0..<3).contains($0) }, "\(value)")
        }
    }
}
