import Activations
import Randomness
import Tensors

/// Traces whose structure is known because it was put there.
struct PlantedTrace {
    let shape: TraceShape
    var requests: [RequestTrace] = []
    var random: SplitMix64

    init(layers: Int, experts: Int, topK: Int, seed: UInt64) {
        shape = TraceShape(blocks: Array(0..<layers), expertCount: experts, topK: topK)
        random = SplitMix64(seed: seed)
    }

    /// Adds a request whose ids are `choose(token, layer, &random)`, `topK` of them.
    mutating func add(
        domain: String? = nil, prefill: Int = 0, tokens: Int, _ choose: (Int, Int, inout SplitMix64) -> [Int]
    ) {
        var ids: [UInt16] = []
        for token in 0..<tokens {
            for layer in 0..<shape.layerCount { ids += choose(token, layer, &random).map(UInt16.init) }
        }
        requests.append(
            RequestTrace(id: "r\(requests.count)", domain: domain, prefillTokens: prefill, experts: ids))
    }

    func report(_ options: AnalysisOptions = AnalysisOptions(), threads: Int = 1) throws -> ActivationReport {
        let analyzer = try TraceAnalyzer(
            shape: shape, expectedTokens: requests.reduce(0) { $0 + $1.tokenCount(shape) }, options: options,
            pool: ComputePool(threads: threads))
        for request in requests { analyzer.add(request) }
        return analyzer.report(name: "planted")
    }
}

extension SplitMix64 {
    /// `count` different numbers below `limit`.
    mutating func distinct(_ count: Int, below limit: Int) -> [Int] {
        Array((0..<limit).shuffled(using: &self).prefix(count))
    }

    /// A place drawn in proportion to `weights`.
    mutating func place(_ weights: [Double]) -> Int {
        var left = nextUnit() * weights.reduce(0, +)
        for (place, weight) in weights.enumerated() {
            left -= weight
            if left < 0 { return place }
        }
        return weights.count - 1
    }
}
