import Activations
import Placement
import Randomness

/// A made-up trace whose requests come in kinds, each of which likes some experts; all experts are used by all.
struct PlantedTrace {
    let shape: TraceShape
    let requests: [RequestTrace]

    /// - Parameters:
    ///   - liking: share of a token's choices that are drawn from the kind's own experts.
    ///   - prompt: tokens of the prompt in each request, which behave like the answer's.
    init(
        seed: UInt64, layers: Int = 2, experts: Int = 8, topK: Int = 2, kinds: Int = 2, requests count: Int = 40,
        tokens: Int = 30, liking: Double = 0.8, prompt: Int = 0, labelled: Bool = true
    ) {
        var random = SplitMix64(seed: seed)
        shape = TraceShape(blocks: Array(3..<3 + layers), expertCount: experts, topK: topK)
        let own = (0..<kinds).map { _ in
            (0..<layers).map { _ in Array((0..<experts).shuffled(using: &random).prefix(max(topK, experts / kinds))) }
        }
        requests = (0..<count).map { number in
            let kind = number % kinds
            var ids: [UInt16] = []
            for _ in 0..<tokens + prompt {
                for layer in 0..<layers {
                    var chosen: [Int] = []
                    while chosen.count < topK {
                        let liked = random.nextUnit() < liking
                        let from = liked ? own[kind][layer] : Array(0..<experts)
                        let expert = from[Int(random.next() % UInt64(from.count))]
                        if !chosen.contains(expert) { chosen.append(expert) }
                    }
                    ids += chosen.map(UInt16.init)
                }
            }
            return RequestTrace(
                id: "\(number)", domain: labelled ? "kind \(kind)" : nil, prefillTokens: prompt, experts: ids)
        }
    }

    var training: TrainingSet {
        var set = TrainingSet(shape: shape)
        for request in requests { set.add(request) }
        return set
    }

    func score(_ plan: PlacementPlan) throws -> PlanScore {
        var trial = try PlanTrial(plan: plan, shape: shape)
        for request in requests { trial.add(request) }
        return trial.score
    }

    /// After so many turns of the search.
    func plan(_ demand: PlacementDemand, turns: Int = 3) throws -> PlacementPlan {
        var search = try PlacementSearch(training, demand)
        for _ in 0..<turns { search.improve() }
        return try search.best()
    }
}
