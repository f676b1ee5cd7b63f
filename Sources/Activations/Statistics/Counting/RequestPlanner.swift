import Foundation
import Randomness

/// Draws samples and places requests in domains and windows, as they come by.
struct RequestPlanner {
    /// A request that has a slot, as of now.
    struct Kept {
        /// Place in the order of the trace.
        let order: Int
        let domain: Int?
    }

    private(set) var domains: [DomainFacts] = []
    private(set) var requests = 0
    private(set) var unlistedDomains = 0
    private(set) var kept: [Kept] = []
    private(set) var windows = WindowClock()
    private(set) var sampledPairTokens = 0
    private(set) var sampledCacheTokens = 0

    private let domainLimit: Int
    private let slots: Int
    private let cacheLimit: Int
    private let pairRate: Double
    private let cacheRate: Double
    private var rows: [String: Int] = [:]
    private var random: SplitMix64
    private var untilNextPair = 0

    /// - Parameter expectedTokens: tokens of the trace; it sets the rates of sampling.
    init(options: AnalysisOptions, shape: TraceShape, expectedTokens: Int) {
        domainLimit = options.domains
        slots = options.slots(shape)
        let expected = Double(max(1, expectedTokens))
        pairRate = min(1, Double(options.pairTokens(shape)) / expected)
        cacheRate = min(1, Double(options.cacheTokens(shape)) / expected)
        cacheLimit = 2 * options.cacheTokens(shape)
        random = SplitMix64(seed: options.seed)
        untilNextPair = pairRate < 1 ? gap() : 0
    }

    mutating func plan(_ request: RequestTrace, tokens: Int) -> RequestPlan {
        let half = Int(random.next() >> 63)
        let domain = row(request.domain, tokens: tokens)
        let (window, merges) = windows.next()
        let pairTokens = drawPairTokens(tokens)
        sampledPairTokens += pairTokens.count
        let cacheTokens = drawCacheTokens(tokens)
        sampledCacheTokens += cacheTokens
        let slot = drawSlot(Kept(order: requests, domain: domain))
        requests += 1
        return RequestPlan(
            domain: domain, half: half, window: window, mergesWindows: merges, slot: slot, cacheTokens: cacheTokens,
            pairTokens: pairTokens)
    }

    private mutating func row(_ domain: String?, tokens: Int) -> Int? {
        guard let domain else { return nil }
        if rows[domain] == nil {
            guard rows.count < domainLimit else {
                unlistedDomains += 1
                return nil
            }
            rows[domain] = domains.count
            domains.append(DomainFacts(name: domain))
        }
        guard let row = rows[domain] else { return nil }
        domains[row].requests += 1
        domains[row].tokens += tokens
        return row
    }

    /// Reservoir sampling (algorithm R of Vitter, 1985): every request is kept with the same probability.
    private mutating func drawSlot(_ request: Kept) -> Int? {
        if kept.count < slots {
            kept.append(request)
            return kept.count - 1
        }
        let place = Int(random.next() % UInt64(requests + 1))
        guard place < slots else { return nil }
        kept[place] = request
        return place
    }

    /// Whole requests, so that neighbouring tokens stay neighbours.
    private mutating func drawCacheTokens(_ tokens: Int) -> Int {
        guard random.nextUnit() < cacheRate else { return 0 }
        return min(tokens, max(0, cacheLimit - sampledCacheTokens))
    }

    /// Every token with the same probability, by the lengths of the gaps between drawn ones.
    private mutating func drawPairTokens(_ tokens: Int) -> [Int32] {
        guard pairRate > 0, tokens < Int(Int32.max) else { return [] }
        if pairRate == 1 { return (0..<tokens).map(Int32.init) }
        var drawn: [Int32] = []
        while untilNextPair < tokens {
            drawn.append(Int32(untilNextPair))
            untilNextPair += 1 + gap()
        }
        untilNextPair -= tokens
        return drawn
    }

    private mutating func gap() -> Int {
        guard pairRate > 0, pairRate < 1 else { return 0 }
        return Int(min(log(1 - random.nextUnit()) / log(1 - pairRate), 1e15))
    }
}
