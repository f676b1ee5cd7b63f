import Activations
import Foundation
import Randomness

/// Requests of a model that does not exist, with loads as real traces have them: in each layer the experts' popularity
/// falls as a power of their rank, steeply in some layers and hardly in others, and each kind of request likes some
/// experts more than all requests do.
struct MadeUpTrace {
    let shape: TraceShape
    private(set) var requests: [RequestTrace] = []

    init(layers: Int, experts: Int, topK: Int, requests count: Int, tokens: Int, kinds: Int = 8, seed: UInt64 = 7) {
        shape = TraceShape(blocks: Array(3..<3 + layers), expertCount: experts, topK: topK)
        var random = SplitMix64(seed: seed)
        var popularity: [[[Double]]] = []  // by layer and kind, summed up over the experts
        for _ in 0..<layers {
            let exponent = 0.2 + random.nextUnit()
            let order = (0..<experts).shuffled(using: &random)
            popularity.append(
                (0..<kinds).map { _ in
                    var sum = 0.0
                    return order.map { rank in
                        let liked = random.nextUnit() < 0.1 ? 4.0 : 1
                        sum += liked / pow(Double(rank + 1), exponent)
                        return sum
                    }
                })
        }
        for number in 0..<count {
            var ids: [UInt16] = []
            for _ in 0..<tokens {
                for layer in 0..<layers {
                    ids += Self.choice(popularity[layer][number % kinds], topK, &random)
                }
            }
            requests.append(
                RequestTrace(id: "\(number)", domain: "kind \(number % kinds)", prefillTokens: 0, experts: ids))
        }
    }

    /// Different experts, each with the probability that `sums` gives it.
    private static func choice(_ sums: [Double], _ count: Int, _ random: inout SplitMix64) -> [UInt16] {
        var chosen: [UInt16] = []
        while chosen.count < count {
            let target = random.nextUnit() * (sums.last ?? 0)
            var (low, high) = (0, sums.count - 1)
            while low < high {
                let middle = (low + high) / 2
                if sums[middle] < target { low = middle + 1 } else { high = middle }
            }
            if !chosen.contains(UInt16(low)) { chosen.append(UInt16(low)) }
        }
        return chosen
    }
}
