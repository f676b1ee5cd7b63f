import Models
import Randomness
import Tensors
import Testing

@Suite struct KVCacheTests {
    /// Narrow caches change logits a little, and the same whatever way a prompt is fed.
    @Test(arguments: GoldenCheckpoint.fixtures, [(KVCacheType.f16, 0.01), (.q8, 0.1)])
    func narrowCachesChangeLittle(checkpoint: GoldenCheckpoint, kind: (type: KVCacheType, limit: Double)) throws {
        let model = try TransformerModel(path: checkpoint.path)
        let exact = try checkpoint.compare(model, chunk: 256).logits
        let narrow = try checkpoint.compare(model, chunk: 256, cacheType: kind.type).logits
        let difference = zip(exact, narrow).reduce(0) { $0 + Double(abs($1.0 - $1.1)) }
        let size = exact.reduce(0) { $0 + Double(abs($1)) }
        #expect(difference > 0, "nothing was rounded")
        #expect(difference < kind.limit * size, "\(difference / size)")
        for chunk in [1, 5] {
            #expect(try checkpoint.compare(model, chunk: chunk, cacheType: kind.type).logits == narrow)
        }
    }

    /// Over several chunks of the softmax, pages and split work: the same bits with any number of threads, whether the
    /// last tokens come one by one, or next to another sequence.
    @Test(arguments: GoldenCheckpoint.fixtures) func longContextsGiveTheSameBits(checkpoint: GoldenCheckpoint) throws {
        let model = try TransformerModel(path: checkpoint.path)
        var random = SplitMix64(seed: 5)
        let tokens = (0..<2200).map { _ in
            Int32.random(in: 0..<Int32(model.configuration.vocabularySize), using: &random)
        }
        func lastLogits(threads: Int, type: KVCacheType, tail: Int, beside: Bool) -> [Float] {
            let runner = ModelRunner(
                model: model, pool: ComputePool(threads: threads), maxBatch: 512, cacheType: type)
            let cache = runner.makeCache(capacity: tokens.count)
            let other = runner.makeCache(capacity: tokens.count)
            for start in stride(from: 0, to: tokens.count - tail, by: 500) {
                let part = tokens[start..<min(start + 500, tokens.count - tail)]
                _ = runner.forward(part, cache: cache, logits: .none)
            }
            var logits: [Float] = []
            for token in tokens.suffix(tail) {
                var parts = [SequencePart(tokens: [token], cache: cache, logits: .last)]
                if beside { parts.append(SequencePart(tokens: tokens[..<9], cache: other, logits: .none)) }
                logits = Array(runner.forward(parts) ?? .init(start: nil, count: 0))
            }
            return logits
        }
        for type in KVCacheType.allCases {
            let expected = lastLogits(threads: 1, type: type, tail: 3, beside: false)
            #expect(lastLogits(threads: 3, type: type, tail: 1, beside: false) == expected)
            #expect(lastLogits(threads: 2, type: type, tail: 4, beside: true) == expected)
        }
    }

    /// Caches hold no more pages than is foretold, windows and chunks fewer than all; all come back.
    @Test(arguments: GoldenCheckpoint.fixtures) func pagesComeBack(checkpoint: GoldenCheckpoint) throws {
        let model = try TransformerModel(path: checkpoint.path)
        let runner = ModelRunner(model: model, pool: ComputePool(threads: 1), maxBatch: 64)
        do {
            let caches = (0..<2).map { _ in runner.makeCache(capacity: 600) }
            for length in stride(from: 64, through: 576, by: 64) {
                for cache in caches {
                    _ = runner.forward([Int32](repeating: 1, count: 64), cache: cache, logits: .none)
                    #expect(cache.count == length)
                    #expect(cache.heldPages <= runner.demand.pages(length))
                }
            }
            #expect(runner.pages.used == caches.reduce(0) { $0 + $1.heldPages })
            let masked = model.configuration.blocks.count { $0.mask != .causal }
            #expect(caches[0].heldPages == 9 * (model.configuration.layers - masked) + masked || masked > 0)
            if masked > 0 { #expect(caches[0].heldPages <= 9 * (model.configuration.layers - masked) + masked) }
            caches[0].removeAll()
            #expect(caches[0].heldPages == 0 && caches[0].count == 0)
        }
        #expect(runner.pages.used == 0)
    }

    /// What is foretold of memory is consistent: a sequence of the longest length fits, one page more does not.
    @Test(arguments: GoldenCheckpoint.fixtures, [1, 7, 64, 500])
    func demandIsExact(checkpoint: GoldenCheckpoint, pages: Int) throws {
        let model = try TransformerModel(path: checkpoint.path)
        let demand = ModelRunner(model: model, pool: ComputePool(threads: 1), maxBatch: 64).demand
        let longest = demand.positions(pages: pages, limit: 1 << 27)
        #expect(longest == 0 || demand.pages(longest) <= pages)
        if longest < 1 << 27 { #expect(demand.pages(longest + 1) > pages) }
        #expect(demand.positions(pages: pages, limit: 10) == min(longest, 10))
    }
}
