import Activations
import Randomness
import Testing

@Suite struct WorkingSetTests {
    /// Uses of one layer that favour what was used before.
    private static func uses(seed: UInt64, experts: Int, count: Int) -> [Int] {
        var random = SplitMix64(seed: seed)
        var recent = 0
        return (0..<count).map { _ in
            if random.nextUnit() < 0.6 { return recent }
            recent = Int(random.nextUnit() * random.nextUnit() * Double(experts))
            return recent
        }
    }

    private static func report(_ uses: [Int], experts: Int) throws -> WorkingSetSection {
        var trace = PlantedTrace(layers: 1, experts: experts, topK: 1, seed: 1)
        for start in stride(from: 0, to: uses.count, by: 25) {
            trace.add(tokens: min(25, uses.count - start)) { token, _, _ in [uses[start + token]] }
        }
        return try #require(try trace.report().workingSet)
    }

    private static func leastRecentlyUsed(_ uses: [Int], capacity: Int) -> Double {
        var cache: [Int] = []
        var hits = 0
        for use in uses {
            if let place = cache.firstIndex(of: use) {
                hits += 1
                cache.remove(at: place)
            } else if cache.count == capacity {
                cache.removeLast()
            }
            cache.insert(use, at: 0)
        }
        return Double(hits) / Double(uses.count)
    }

    private static func bestPossible(_ uses: [Int], capacity: Int) -> Double {
        var cache: Set<Int> = []
        var hits = 0
        for (time, use) in uses.enumerated() {
            if cache.contains(use) {
                hits += 1
            } else if cache.count == capacity {
                let next = cache.map { expert in (uses[(time + 1)...].firstIndex(of: expert) ?? .max, expert) }
                if let victim = next.max(by: <) { cache.remove(victim.1) }
            }
            cache.insert(use)
        }
        return Double(hits) / Double(uses.count)
    }

    @Test(arguments: [1, 2, 3, 4, 5] as [UInt64]) func curvesAreThoseOfSimulatedCaches(seed: UInt64) throws {
        let experts = 4 + Int(seed) * 3
        let uses = Self.uses(seed: seed, experts: experts, count: 400)
        let section = try Self.report(uses, experts: experts)
        #expect(section.phase == "decode" && section.capacities == Array(1...experts))
        let foresight = try #require(section.foresight)
        for (place, capacity) in section.capacities.enumerated() {
            let recent = Self.leastRecentlyUsed(uses, capacity: capacity)
            let best = Self.bestPossible(uses, capacity: capacity)
            #expect(abs(section.leastRecentlyUsed.mean[place] - recent) < 1e-5, "seed \(seed), \(capacity) experts")
            #expect(abs(foresight.mean[place] - best) < 1e-5, "seed \(seed), \(capacity) experts")
        }
        #expect(section.mostFrequent.mean.last == 1)
    }

    /// As of an encoder and a decoder: the first layer is used in prefill only, the second in decode only.
    @Test func layersThatThePhaseDoesNotUseHaveNoHitRate() throws {
        let none = Int(RequestTrace.noExpert)
        let uses = Self.uses(seed: 7, experts: 6, count: 400)
        var trace = PlantedTrace(layers: 2, experts: 6, topK: 1, seed: 3)
        for start in stride(from: 0, to: uses.count, by: 20) {
            trace.add(prefill: 20, tokens: 40) { token, layer, _ in
                (token < 20) == (layer == 0) ? [uses[start + token % 20]] : [none]
            }
        }
        let section = try #require(try trace.report().workingSet)
        let alone = try Self.report(uses, experts: 6)
        #expect(section.phase == "decode" && section.foresightTokens == 800)
        #expect(section.leastRecentlyUsed == alone.leastRecentlyUsed && section.experts == alone.experts)
        #expect(section.mostFrequent == alone.mostFrequent && section.foresight == alone.foresight)
        #expect(section.leastRecentlyUsed.lowest == section.leastRecentlyUsed.highest)
    }

    @Test func prefillCountsWhereNothingWasDecoded() throws {
        var trace = PlantedTrace(layers: 1, experts: 4, topK: 1, seed: 2)
        trace.add(prefill: 10, tokens: 10) { token, _, _ in [token % 2] }
        let section = try #require(try trace.report().workingSet)
        #expect(section.phase == "prefill" && section.leastRecentlyUsed.mean == [0, 0.8, 0.8, 0.8])
    }
}
