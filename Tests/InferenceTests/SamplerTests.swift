import Foundation
import Inference
import Randomness
import Testing

private func options(_ change: (inout SamplingOptions) -> Void) -> SamplingOptions {
    var options = SamplingOptions()
    options.temperature = 1
    change(&options)
    return options
}

/// How often each token comes out of `draws` draws.
private func frequencies(_ logits: [Float], _ options: SamplingOptions, draws: Int = 40_000, seed: UInt64 = 5)
    -> [Double]
{
    var sampler = Sampler(options: options, seed: seed)
    var counts = [Double](repeating: 0, count: logits.count)
    logits.withUnsafeBufferPointer { logits in
        for _ in 0..<draws { counts[Int(sampler.choose(from: logits))] += 1 }
    }
    return counts.map { $0 / Double(draws) }
}

/// The distribution that the filters define, the slow way: sort all, cut, renormalise, in the documented order.
private func expected(_ logits: [Float], _ options: SamplingOptions) -> [Double] {
    let largest = Double(logits.max() ?? 0)
    var weights = logits.map { exp((Double($0) - largest) / Double(options.temperature)) }
    func keep(_ kept: [Int]) { for i in weights.indices where !kept.contains(i) { weights[i] = 0 } }
    var order = weights.indices.sorted { (weights[$0], -$0) > (weights[$1], -$1) }
    if options.topK > 0 { order = Array(order.prefix(options.topK)); keep(order) }
    if options.topP < 1 {
        let total = weights.reduce(0, +)
        var mass = 0.0
        let count = order.firstIndex {
            mass += weights[$0]; return mass >= Double(options.topP) * total
        }
        order = Array(order.prefix((count ?? order.count - 1) + 1))
        keep(order)
    }
    if options.minP > 0 { keep(order.filter { weights[$0] >= Double(options.minP) * (weights.max() ?? 0) }) }
    let total = weights.reduce(0, +)
    return weights.map { $0 / total }
}

/// What the filters keep and the draw, by a full sort of all tokens with the same random numbers.
private struct SortingSampler {
    let options: SamplingOptions
    var random: SplitMix64

    mutating func choose(_ logits: [Float]) -> Int {
        let largest = Double(logits.max() ?? 0), inverse = 1 / Double(options.temperature)
        var kept = logits.indices.map { (token: $0, weight: exp((Double(logits[$0]) - largest) * inverse)) }
        if options.topK > 0 || options.topP < 1 { kept.sort { ($0.weight, -$0.token) > ($1.weight, -$1.token) } }
        if options.topK > 0 { kept = Array(kept.prefix(options.topK)) }
        if options.topP < 1 {
            let target = Double(options.topP) * kept.reduce(0) { $0 + $1.weight }
            var mass = 0.0
            kept = Array(
                kept.prefix { candidate in
                    defer { mass += candidate.weight }
                    return mass < target
                })
        }
        kept.removeAll { $0.weight < Double(options.minP) }
        var point = random.nextUnit() * kept.reduce(0) { $0 + $1.weight }
        let chosen = kept.first {
            point -= $0.weight
            return point < 0
        }
        return chosen?.token ?? -1
    }
}

@Suite struct SamplerTests {
    @Test func choosesWhatAFullSortWould() {
        for seed in UInt64(1)...60 {
            var random = SplitMix64(seed: seed)
            let size = Int.random(in: 300...5000, using: &random), isCoarse = seed.isMultiple(of: 4)
            let spread = Float.random(in: 0.1...12, using: &random)
            let logits = (0..<size).map { _ in
                // Coarse logits are often equal; the others have a long tail, as a model's.
                isCoarse
                    ? Float(Int.random(in: -20...20, using: &random)) / 4
                    : -spread * log(Float.random(in: 0.0001...1, using: &random))
            }
            let settings = options {
                $0.temperature = Float.random(in: 0.3...1.5, using: &random)
                $0.topK = Bool.random(using: &random) ? 0 : Int.random(in: 1...250, using: &random)
                $0.topP = Bool.random(using: &random) ? 1 : Float.random(in: 0.1...0.999, using: &random)
                $0.minP = Bool.random(using: &random) ? 0 : Float.random(in: 0.001...0.5, using: &random)
            }
            var sampler = Sampler(options: settings, seed: seed)
            var reference = SortingSampler(options: settings, random: SplitMix64(seed: seed))
            for draw in 0..<20 {
                let token = logits.withUnsafeBufferPointer { sampler.choose(from: $0) }
                #expect(Int(token) == reference.choose(logits), "seed \(seed) draw \(draw) \(settings)")
            }
        }
    }

    @Test func zeroTemperatureIsGreedyAndTakesTheFirstOfEquals() {
        var sampler = Sampler(options: options { $0.temperature = 0 }, seed: 1)
        #expect([1, 3, 3, 2].withUnsafeBufferPointer { sampler.choose(from: $0) } == 1)
        #expect([Float.nan, -1, .nan, -2].withUnsafeBufferPointer { sampler.choose(from: $0) } == 1)
        #expect([-Float.infinity, 4].withUnsafeBufferPointer { sampler.choose(from: $0) } == 1)
    }

    @Test(arguments: [
        options { _ in }, options { $0.temperature = 0.5 }, options { $0.topK = 3 }, options { $0.topP = 0.7 },
        options { $0.minP = 0.2 },
        options {
            $0.topK = 5
            $0.topP = 0.9
            $0.minP = 0.05
            $0.temperature = 1.3
        },
    ])
    func drawsFromTheDefinedDistribution(options: SamplingOptions) {
        let logits: [Float] = [0.3, 2.1, -1, 1.7, 0, 2.0, -3, 1.1]
        let actual = frequencies(logits, options)
        for (a, e) in zip(actual, expected(logits, options)) {
            // Four standard deviations of a binomial share.
            #expect(abs(a - e) <= 4 * (e * (1 - e) / 40_000).squareRoot() + 1e-9)
        }
    }

    /// The partial sort keeps the very tokens that a full sort would, on vocabularies of all shapes.
    @Test func filtersKeepTheRightTokensOfLargeVocabularies() {
        for seed in UInt64(1)...20 {
            var random = SplitMix64(seed: seed)
            let size = Int.random(in: 1...3000, using: &random)
            let logits = (0..<size).map { _ in Float(Int.random(in: -20...20, using: &random)) / 4 }
            let settings = options {
                $0.topK = seed.isMultiple(of: 3) ? 0 : Int.random(in: 1...200, using: &random)
                $0.topP = seed.isMultiple(of: 2) ? 0.8 : 1
            }
            let allowed = expected(logits, settings)
            for (token, share) in frequencies(logits, settings, draws: 500, seed: seed).enumerated() where share > 0 {
                #expect(allowed[token] > 0, "seed \(seed) token \(token)")
            }
        }
    }

    @Test func aSeedRepeatsItsChoices() {
        let logits = (0..<500).map { Float(sin(Double($0))) }
        #expect(frequencies(logits, options { _ in }, draws: 50) == frequencies(logits, options { _ in }, draws: 50))
        #expect(
            frequencies(logits, options { _ in }, draws: 50, seed: 1)
                != frequencies(logits, options { _ in }, draws: 50, seed: 2))
    }

    @Test(arguments: [Float.nan, .infinity, -.infinity]) func damagedLogitsDoNotTrap(value: Float) {
        for settings in [options { _ in }, options { $0.topP = 0.1 }, options { $0.topK = 2 }] {
            var sampler = Sampler(options: settings, seed: 3)
            for logits in [[value, 1, value], [value, value]] as [[Float]] {
                let token = logits.withUnsafeBufferPointer { sampler.choose(from: $0) }
                #expect(logits.indices.contains(Int(token)))
            }
        }
    }
}

@Suite struct StopMatcherTests {
    /// Feeds `text` in every way to cut it in two and one character at a time; the outcome must be the same.
    private func outcome(_ text: String, stops: [String]) -> (answer: String, stopped: Bool) {
        let characters = text.map(String.init)
        var results: [(String, Bool)] = [feed(characters, stops: stops)]
        for cut in 0...characters.count {
            results.append(feed([characters[..<cut].joined(), characters[cut...].joined()], stops: stops))
        }
        #expect(results.allSatisfy { $0 == results[0] }, "\(results)")
        return results[0]
    }

    private func feed(_ pieces: [String], stops: [String]) -> (String, Bool) {
        var matcher = StopMatcher(stops: stops)
        var answer = ""
        for piece in pieces {
            switch matcher.push(piece) {
            case .emit(let text): answer += text
            case .stopped(let text): return (answer + text, true)
            }
        }
        return (answer + matcher.flush(), false)
    }

    @Test func findsStopTextsHoweverTheyAreCut() {
        #expect(outcome("hello world", stops: ["wor"]) == ("hello ", true))
        #expect(outcome("aaab", stops: ["aab"]) == ("a", true))
        #expect(outcome("abab", stops: ["abc"]) == ("abab", false))
        #expect(outcome("x\n\ny", stops: ["\n\n", "q"]) == ("x", true))
        #expect(outcome("größe 🎉 ende", stops: ["🎉"]) == ("größe ", true))
        #expect(outcome("no stops", stops: [""]) == ("no stops", false))
    }

    @Test func holdsBackOnlyWhatMayBecomeAStop() {
        var matcher = StopMatcher(stops: ["END"])
        #expect(matcher.push("all E") == .emit("all "))
        #expect(matcher.push("N") == .emit(""))
        #expect(matcher.push("x") == .emit("ENx"))
        #expect(matcher.push("EN") == .emit(""))
        #expect(matcher.flush() == "EN")
    }
}
