import Activations
import Checkpoints
import Foundation
import Models
import Routing
import Synchronization
import Tensors
import Testing

@Suite struct SwitchTransformerTests {
    /// Logits of a whole decoder input, for prompts and answers in which experts overflow.
    @Test(arguments: SwitchCheckpoint.all)
    func matchesTransformers(checkpoint: SwitchCheckpoint) throws {
        let result = try checkpoint.compare(try checkpoint.model(), chunk: 32)
        FamilyRecord.add("switch_transformers", path: checkpoint.path, format: "huggingface", result)
        #expect(result.positions == 34)
        #expect(result.largestDifference < 1e-4)
        #expect(result.greedyMismatches == 0)
    }

    /// What `generate` answers: token by token, with keys and values kept.
    @Test(arguments: SwitchCheckpoint.all)
    func answersLikeTransformers(checkpoint: SwitchCheckpoint) throws {
        let model = try checkpoint.model()
        let configuration = model.configuration
        let runner = SwitchTransformerRunner(model: model, pool: ComputePool(threads: 2), maxTokens: 32)
        for (row, prompt) in try checkpoint.ids("input_ids").enumerated() {
            let expected = try checkpoint.ids("generated_\(row)").flatMap { $0 }
            let sequence = try #require(runner.encode(prompt, answerCapacity: 24))
            var answer: [Int32] = []
            var token = configuration.startToken
            while answer.count < 24 {
                let logits = try #require(runner.decode([token], sequence: sequence, logits: .last))
                token = Int32(logits.indices.reduce(0) { logits[$1] > logits[$0] ? $1 : $0 })
                answer.append(token)
                if configuration.endTokens.contains(token) { break }
            }
            #expect(answer == expected)
        }
    }

    /// Where capacity does not bind, an answer decoded token by token or in pieces has the very bits of the whole.
    @Test(arguments: SwitchCheckpoint.all, [1, 5])
    func feedingDoesNotMatter(checkpoint: SwitchCheckpoint, chunk: Int) throws {
        try checkpoint.withChanged(["expert_capacity": 17]) { roomy in
            let model = try roomy.model()
            let whole = try roomy.compare(model, chunk: 32)
            #expect(try roomy.compare(model, chunk: chunk).logits == whole.logits)
            #expect(try roomy.compare(model, chunk: 32, threads: 1).logits == whole.logits)
        }
    }

    /// Capacity is that of one call: where it binds, an answer decoded in pieces differs from the whole.
    @Test(arguments: SwitchCheckpoint.all)
    func capacityBindsWithinACall(checkpoint: SwitchCheckpoint) throws {
        let model = try checkpoint.model()
        let whole = try checkpoint.compare(model, chunk: 32)
        let pieces = try checkpoint.compare(model, chunk: 1)
        #expect(pieces.logits != whole.logits)
        // The first token of an answer finds all experts empty.
        let vocabulary = model.configuration.vocabularySize
        #expect(pieces.logits[..<vocabulary] == whole.logits[..<vocabulary])
    }

    /// With `tie_word_embeddings` the decoder's output is scaled, and an output matrix in the file still counts.
    @Test func aTiedModelScalesItsOutput() throws {
        let untied = SwitchCheckpoint.all[1]
        let own = try untied.compare(try untied.model(), chunk: 32)
        try untied.withChanged(["tie_word_embeddings": true]) { tied in
            let model = try tied.model()
            let scale = Float(model.configuration.hiddenSize).squareRoot()
            let scaled = try tied.compare(model, chunk: 32).logits.map { $0 * scale }
            #expect(zip(scaled, own.logits).allSatisfy { abs($0 - $1) < 1e-5 })
        }
    }

    /// Observers hear of sparse blocks, encoder first, and of dropped tokens.
    @Test func observersHearOfDroppedTokens() throws {
        let checkpoint = SwitchCheckpoint.all[0]
        let model = try checkpoint.model()
        #expect(model.configuration.moeBlocks == [1, 3, 5])
        let log = DecisionLog()
        let runner = SwitchTransformerRunner(
            model: model, pool: ComputePool(threads: 1), maxTokens: 32, observer: log)
        let prompt = try checkpoint.ids("input_ids")[0]
        let sequence = try #require(runner.encode(prompt, answerCapacity: 1))
        _ = try #require(runner.decode([0], sequence: sequence, logits: .none))
        let heard = log.heard.withLock { $0 }
        #expect(heard.map(\.layer) == [0, 1, 2])
        #expect(heard.map(\.decision.tokens) == [prompt.count, prompt.count, 1])
        for (_, decision) in heard {
            for expert in 0..<4 { #expect(decision.experts.filter { $0 == expert }.count <= 3) }
        }
        #expect(heard[0].decision.experts.contains(RoutingDecision.dropped))
    }

    @Test func cancellationStopsBeforeABlock() throws {
        let runner = SwitchTransformerRunner(
            model: try SwitchCheckpoint.all[0].model(), pool: ComputePool(threads: 1), maxTokens: 8)
        #expect(runner.encode([3, 4], answerCapacity: 1, isCancelled: { true }) == nil)
        let sequence = try #require(runner.encode([3, 4], answerCapacity: 1))
        #expect(runner.decode([0], sequence: sequence, logits: .last, isCancelled: { true }) == nil)
    }

    @Test(arguments: [(32, 128), (8, 14), (4, 3), (64, 200)], [true, false])
    func bucketsAreThoseOfTransformers(shape: (count: Int, reach: Int), isBidirectional: Bool) throws {
        let name = "\(shape.count).\(shape.reach).\(isBidirectional ? "both" : "past")"
        let expected = try SafetensorsFile(path: SwitchCheckpoint.folder + "/buckets.safetensors").integers(name)
        let buckets = RelativePositionBuckets(
            count: shape.count, reach: shape.reach, isBidirectional: isBidirectional)
        #expect((-210...210).map { Int64(buckets.bucket(offset: $0)) } == expected.values)
    }
}

/// Keeps all routing decisions.
private final class DecisionLog: RoutingObserver {
    let heard = Mutex<[(layer: Int, decision: RoutingDecision)]>([])

    func routed(layer: Int, decision: RoutingDecision) { heard.withLock { $0.append((layer, decision)) } }
}
