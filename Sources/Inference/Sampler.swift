import Foundation
import Randomness
import Tensors

/// Chooses the next token from logits. A value type: the same seed and logits give the same tokens.
///
/// Order of the filters, as in vLLM and transformers: temperature, top-k, top-p, min-p; each looks at the
/// probabilities that the one before left, renormalised. Logits that are not numbers are never chosen.
///
/// Only tokens that can pass the filters are looked at one by one: a pass over the vocabulary in vectors finds the
/// largest logit of each block, and the filters a bound below which no token can be kept.
public struct Sampler: Sendable {
    private let options: SamplingOptions
    private var random: SplitMix64
    private var blocks = LogitBlocks()
    private var candidates: [Candidate] = []

    struct Candidate {
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
        guard options.temperature > 0 else { return TokenID(Sampler.largest(of: logits)) }
        let best = blocks.scan(logits)
        guard logits[best].isFinite else { return TokenID(best) }
        let inverse = 1 / Double(options.temperature)
        if options.topK > 0, options.topK < logits.count {
            collect(logits, best: logits[best], from: blocks.bound(ofLargest: options.topK))
            keepTopK()
            keepTopP(of: candidates.reduce(0) { $0 + $1.weight })
        } else if options.topP < 1 {
            let total = blocks.weigh(logits, best: logits[best], inverseTemperature: inverse)
            // Tokens of less than an even share of what top-p drops are not in what it keeps.
            let share = max(0, 1 - Double(options.topP)) * total / Double(logits.count)
            collect(logits, best: logits[best], from: bound(ofWeight: share, best: logits[best]))
            keepTopP(of: total)
        } else if options.minP > 0 {
            let least = min(Double(options.minP), 1)
            collect(logits, best: logits[best], from: bound(ofWeight: least, best: logits[best]))
        } else {
            let total = blocks.weigh(logits, best: logits[best], inverseTemperature: inverse)
            return TokenID(blocks.token(at: random.nextUnit() * total) ?? best)
        }
        keepMinP()
        return draw()
    }

    /// Index of the largest logit, the lowest among equals; 0 if none is a number.
    public static func largest(of logits: UnsafeBufferPointer<Float>) -> Int {
        guard let base = logits.baseAddress, logits.count > 0 else { return 0 }
        return Kernels.selected.argmax(base, count: logits.count)
    }

    /// A logit that all tokens of at least this weight reach, a little lower than it need be: weights are rounded.
    private func bound(ofWeight weight: Double, best: Float) -> Double {
        Double(best) + (log(weight) - 1e-9) * Double(options.temperature)
    }

    /// Fills `candidates` with the tokens from a logit on (and a hair below: their weights could be equal) whose
    /// probability is not zero in float64.
    private mutating func collect(_ logits: UnsafeBufferPointer<Float>, best: Float, from bound: Double) {
        candidates.removeAll(keepingCapacity: true)
        let inverse = 1 / Double(options.temperature)
        let least = bound - (abs(bound) + abs(Double(best)) + Double(options.temperature)) * 1e-12
        blocks.forEach(in: logits, from: least) { token, logit in
            let exponent = (Double(logit) - Double(best)) * inverse
            // exp(-745) is the smallest positive Float64; a not-a-number fails the comparison too.
            guard exponent > -745 else { return }
            candidates.append(Candidate(token: TokenID(token), weight: exp(exponent)))
        }
    }

    private mutating func keepTopK() {
        guard options.topK <= candidates.count else { return }
        candidates.sortLikeliest(options.topK)
        candidates.removeLast(candidates.count - options.topK)
    }

    /// - Parameter total: the weight of all tokens that the filter before left, collected or not.
    private mutating func keepTopP(of total: Double) {
        guard options.topP < 1 else { return }
        let target = Double(max(0, options.topP)) * total
        // Few tokens usually hold the mass: sort a prefix, and a longer one only if it is not enough.
        var sorted = min(64, candidates.count)
        while true {
            candidates.sortLikeliest(sorted)
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
}

extension [Sampler.Candidate] {
    /// Brings the `first` most probable candidates to the front, in order (lower token id first among equals).
    mutating func sortLikeliest(_ first: Int) {
        func precedes(_ a: Element, _ b: Element) -> Bool {
            a.weight != b.weight ? a.weight > b.weight : a.token < b.token
        }
        guard first < count else { return sort(by: precedes) }
        // Quickselect down to the part that has to be sorted.
        var low = 0
        var high = count - 1
        while low < high {
            let pivot = self[(low + high) / 2]
            var i = low
            var j = high
            while i <= j {
                while precedes(self[i], pivot) { i += 1 }
                while precedes(pivot, self[j]) { j -= 1 }
                if i <= j {
                    swapAt(i, j)
                    i += 1
                    j -= 1
                }
            }
            if first - 1 <= j { high = j } else if first - 1 >= i { low = i } else { break }
        }
        self[..<first].sort(by: precedes)
    }
}
