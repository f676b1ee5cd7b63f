import Foundation
import Randomness

/// Chooses the next token from logits. A value type: the same seed and logits give the same tokens.
///
/// Order of the filters, as in vLLM and transformers: temperature, top-k, top-p, min-p; each looks at the
/// probabilities that the one before left, renormalised. Logits that are not numbers are never chosen.
public struct Sampler: Sendable {
    private let options: SamplingOptions
    private var random: SplitMix64
    private var candidates: [Candidate] = []

    private struct Candidate {
        var token: TokenID
        /// Not normalised: relative to the most probable token's 1.
        var weight: Double
    }

    public init(options: SamplingOptions, seed: UInt64) {
        self.options = options
        random = SplitMix64(seed: seed)
    }

    /// The next token. `logits` has one value per token of the vocabulary.
    public mutating func choose(from logits: UnsafeBufferPointer<Float>) -> TokenID {
        let best = Sampler.largest(of: logits)
        guard options.temperature > 0, logits[best].isFinite else { return TokenID(best) }
        collect(logits, best: logits[best])
        keepTopK()
        keepTopP()
        keepMinP()
        return draw()
    }

    /// Index of the largest logit, the lowest among equals; 0 if none is a number.
    public static func largest(of logits: UnsafeBufferPointer<Float>) -> Int {
        var best = 0
        for i in logits.indices where logits[i] > logits[best] || logits[best].isNaN { best = i }
        return best
    }

    /// Fills `candidates` with every token whose probability is not zero in float64.
    private mutating func collect(_ logits: UnsafeBufferPointer<Float>, best: Float) {
        candidates.removeAll(keepingCapacity: true)
        let inverse = 1 / Double(options.temperature)
        for i in logits.indices {
            let exponent = (Double(logits[i]) - Double(best)) * inverse
            // exp(-745) is the smallest positive Float64; a not-a-number fails the comparison too.
            guard exponent > -745 else { continue }
            candidates.append(Candidate(token: TokenID(i), weight: exp(exponent)))
        }
    }

    private mutating func keepTopK() {
        guard options.topK > 0, options.topK < candidates.count else { return }
        sortCandidates(first: options.topK)
        candidates.removeLast(candidates.count - options.topK)
    }

    private mutating func keepTopP() {
        guard options.topP < 1 else { return }
        let target = Double(max(0, options.topP)) * candidates.reduce(0) { $0 + $1.weight }
        // Few tokens usually hold the mass: sort a prefix, and a longer one only if it is not enough.
        var sorted = min(64, candidates.count)
        while true {
            sortCandidates(first: sorted)
            var mass = 0.0
            for kept in 0..<sorted {
                mass += candidates[kept].weight
                if mass >= target {
                    candidates.removeLast(candidates.count - kept - 1)
                    return
                }
            }
            if sorted == candidates.count { return }
            sorted = min(sorted * 8, candidates.count)
        }
    }

    private mutating func keepMinP() {
        guard options.minP > 0 else { return }
        let largest = candidates.reduce(0) { max($0, $1.weight) }
        let threshold = min(Double(options.minP), 1) * largest
        candidates.removeAll { $0.weight < threshold }
    }

    private mutating func draw() -> TokenID {
        var point = random.nextUnit() * candidates.reduce(0) { $0 + $1.weight }
        for candidate in candidates {
            point -= candidate.weight
            if point < 0 { return candidate.token }
        }
        // Rounding can leave a point just past the last candidate.
        return candidates[candidates.count - 1].token
    }

    /// Brings the `first` most probable candidates to the front, in order (lower token id first among equals).
    private mutating func sortCandidates(first: Int) {
        func precedes(_ a: Candidate, _ b: Candidate) -> Bool {
            a.weight != b.weight ? a.weight > b.weight : a.token < b.token
        }
        guard first < candidates.count else { return candidates.sort(by: precedes) }
        // Quickselect down to the part that has to be sorted: O(vocabulary) instead of a full sort.
        var low = 0
        var high = candidates.count - 1
        while low < high {
            let pivot = candidates[(low + high) / 2]
            var i = low
            var j = high
            while i <= j {
                while precedes(candidates[i], pivot) { i += 1 }
                while precedes(pivot, candidates[j]) { j -= 1 }
                if i <= j {
                    candidates.swapAt(i, j)
                    i += 1
                    j -= 1
                }
            }
            if first - 1 <= j { high = j } else if first - 1 >= i { low = i } else { break }
        }
        candidates[..<first].sort(by: precedes)
    }
}
