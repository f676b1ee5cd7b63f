import Foundation
import Randomness
import Routing
import Testing

/// What the router must compute, written the slow way in Float64.
private func reference(_ logits: [Float], k: Int, normalise: Bool) -> [(expert: Int, weight: Double)] {
    let largest = logits.map(Double.init).max() ?? 0
    let exponentials = logits.map { exp(Double($0) - largest) }
    let total = exponentials.reduce(0, +)
    let order = logits.indices.sorted { (exponentials[$0], -$0) > (exponentials[$1], -$1) }.prefix(k)
    let kept = order.reduce(0) { $0 + exponentials[$1] / total }
    return order.map { ($0, exponentials[$0] / total / (normalise ? kept : 1)) }
}

@Suite struct TopKRouterTests {
    @Test(arguments: [false, true]) func matchesFloat64Reference(normalise: Bool) {
        for seed in UInt64(1)...50 {
            var random = SplitMix64(seed: seed)
            let experts = Int.random(in: 1...96, using: &random)
            let k = Int.random(in: 1...min(8, experts), using: &random)
            let tokens = Int.random(in: 1...9, using: &random)
            let logits = (0..<tokens * experts).map { _ in Float.random(in: -6...6, using: &random) }
            let router = TopKRouter(expertCount: experts, expertsPerToken: k, normalisesWeights: normalise)
            var decision = RoutingDecision(expertCount: experts, expertsPerToken: k)
            logits.withUnsafeBufferPointer { router.route(logits: $0, into: &decision) }
            #expect(decision.tokens == tokens)
            for token in 0..<tokens {
                let expected = reference(
                    Array(logits[token * experts..<(token + 1) * experts]), k: k, normalise: normalise)
                for (a, (expert, weight)) in expected.enumerated() {
                    #expect(decision.experts[token * k + a] == Int32(expert), "seed \(seed) token \(token)")
                    #expect(abs(Double(decision.weights[token * k + a]) - weight) < 1e-6, "seed \(seed)")
                }
            }
        }
    }

    @Test func tiesGoToTheLowerExpert() {
        let router = TopKRouter(expertCount: 5, expertsPerToken: 2, normalisesWeights: true)
        var decision = RoutingDecision(expertCount: 5, expertsPerToken: 2)
        [Float](repeating: 1, count: 5).withUnsafeBufferPointer { router.route(logits: $0, into: &decision) }
        #expect(decision.experts == [0, 1])
        #expect(decision.weights == [0.5, 0.5])
    }

    @Test(arguments: [Float.nan, .infinity, -.infinity])
    func damagedLogitsStillGiveDistinctExperts(value: Float) {
        let router = TopKRouter(expertCount: 6, expertsPerToken: 4, normalisesWeights: true)
        var decision = RoutingDecision(expertCount: 6, expertsPerToken: 4)
        let logits: [Float] = [value, 1, value, 2, value, value]
        logits.withUnsafeBufferPointer { router.route(logits: $0, into: &decision) }
        #expect(Set(decision.experts).count == 4)
        #expect(decision.experts.allSatisfy { (0..<6).contains($0) })
    }
}

@Suite struct DispatchPlanTests {
    @Test func sortsByExpertAndKeepsTokenOrder() {
        for seed in UInt64(1)...50 {
            var random = SplitMix64(seed: seed)
            let experts = Int.random(in: 1...20, using: &random)
            let k = Int.random(in: 1...experts, using: &random)
            var decision = RoutingDecision(expertCount: experts, expertsPerToken: k)
            for _ in 0..<Int.random(in: 0...40, using: &random) {
                let chosen = Array((0..<experts).shuffled(using: &random).prefix(k))
                decision.append(experts: chosen, weights: chosen.map { Float($0) })
            }
            var plan = DispatchPlan()
            plan.fill(from: decision)
            #expect(plan.assignments.count == decision.experts.count, "seed \(seed)")
            for expert in 0..<experts {
                let expected = decision.experts.indices.filter { decision.experts[$0] == expert }
                #expect(plan.assignments[plan.slots(of: expert)].map(Int.init) == expected, "seed \(seed)")
                #expect(plan.activeExperts.contains(expert) == !expected.isEmpty, "seed \(seed)")
            }
        }
    }

    @Test func isReusable() {
        var plan = DispatchPlan()
        var big = RoutingDecision(expertCount: 4, expertsPerToken: 2)
        for _ in 0..<9 { big.append(experts: [3, 1], weights: [0.5, 0.5]) }
        plan.fill(from: big)
        var small = RoutingDecision(expertCount: 4, expertsPerToken: 2)
        small.append(experts: [0, 2], weights: [1, 1])
        plan.fill(from: small)
        #expect(plan.activeExperts == [0, 2])
        #expect(plan.assignments == [0, 1])
    }
}
