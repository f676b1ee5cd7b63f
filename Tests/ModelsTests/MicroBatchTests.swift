import Checkpoints
import Models
import Randomness
import Tensors
import Testing

/// Sequences of different lengths, in any mixture of prefill and decode, give the bits they give alone.
@Suite struct MicroBatchTests {
    @Test(arguments: GoldenCheckpoint.fixtures) func sequencesDoNotKnowOfEachOther(checkpoint: GoldenCheckpoint) throws
    {
        let model = try TransformerModel(path: checkpoint.path)
        let vocabulary = model.configuration.vocabularySize
        let runner = ModelRunner(model: model, pool: ComputePool(threads: 2), maxBatch: 128)
        for seed in UInt64(1)...4 {
            var random = SplitMix64(seed: seed)
            let prompts = (0..<5).map { _ in
                (0..<Int.random(in: 1...30, using: &random)).map { _ in
                    Int32.random(in: 0..<Int32(vocabulary), using: &random)
                }
            }
            let alone = prompts.map { prompt -> [Float] in
                let cache = runner.makeCache(capacity: 40)
                return Array(runner.forward(prompt, cache: cache, logits: .all) ?? .init(start: nil, count: 0))
            }
            // Each turn takes some tokens of some sequences.
            let caches = prompts.map { _ in runner.makeCache(capacity: 40) }
            var together = prompts.map { _ in [Float]() }
            while zip(prompts, caches).contains(where: { $0.count > $1.count }) {
                var taken: [Int] = []
                var parts: [SequencePart] = []
                for index in prompts.indices.shuffled(using: &random) {
                    let left = prompts[index][caches[index].count...]
                    guard !left.isEmpty, Bool.random(using: &random) else { continue }
                    let count = Bool.random(using: &random) ? 1 : Int.random(in: 1...left.count, using: &random)
                    parts.append(SequencePart(tokens: left.prefix(count), cache: caches[index], logits: .all))
                    taken.append(index)
                }
                guard !parts.isEmpty else { continue }
                let logits = try #require(runner.forward(parts))
                var offset = 0
                for (index, part) in zip(taken, parts) {
                    let count = part.tokens.count * vocabulary
                    together[index].append(contentsOf: logits[offset..<offset + count])
                    offset += count
                }
            }
            #expect(together == alone, "seed \(seed)")
        }
    }

    /// Logits come for the positions asked for, in the order of the parts.
    @Test func logitsComeInOrder() throws {
        let checkpoint = try #require(GoldenCheckpoint.fixtures.first)
        let model = try TransformerModel(path: checkpoint.path)
        let vocabulary = model.configuration.vocabularySize
        let runner = ModelRunner(model: model, pool: ComputePool(threads: 1), maxBatch: 16)
        let caches = (0..<3).map { _ in runner.makeCache(capacity: 8) }
        let requests: [ModelRunner.LogitsRequest] = [.last, .none, .all]
        let parts = zip(caches, requests).map { SequencePart(tokens: [3, 4, 5], cache: $0, logits: $1) }
        let logits = try #require(runner.forward(parts))
        #expect(logits.count == 4 * vocabulary)
        // The same tokens in all: the last position of each is the same.
        #expect(Array(logits[..<vocabulary]) == Array(logits[(3 * vocabulary)...]))
    }
}
