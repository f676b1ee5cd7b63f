import Checkpoints
import Foundation
import Inference
import Testing

/// A tiny Switch Transformer as it would be released, with a unigram tokenizer in the way of T5.
private let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Fixtures/golden-switch/released")

/// A text, its tokens, and what transformers answers to it.
private struct TextAnswer: Decodable {
    let prompt: String
    let ids: [TokenID]
    let answer: [TokenID]
    let text: String
}

@Suite struct EncoderDecoderTests {
    private func answer(_ engine: Engine, _ prompt: [TokenID], maxTokens: Int) async throws -> (
        text: String, result: GenerationResult
    ) {
        var request = GenerationRequest(promptTokens: prompt)
        request.maxTokens = maxTokens
        request.sampling.temperature = 0
        var text = ""
        for await event in try engine.start(request) {
            switch event {
            case .token(_, let piece), .text(let piece): text += piece
            case .finished(let result): return (text, result)
            case .prefill, .failed: continue
            }
        }
        throw CancellationError()
    }

    /// Greedy answers of the engine are those of transformers' `generate`, whatever ran before.
    @Test func answersLikeTransformers() async throws {
        let engine = Engine(model: try LoadedModel(path: folder.path))
        #expect(engine.model.architecture == "switch_transformers")
        #expect(engine.model.layers == 6 && engine.model.expertsPerToken == 1)
        let expected = try SafetensorsFile(path: folder.appendingPathComponent("expected.safetensors").path)
        let prompts = try expected.integers("input_ids")
        for row in [0, 1, 0] {
            let columns = prompts.shape[1]
            let prompt = prompts.values[row * columns..<(row + 1) * columns].map { TokenID($0) }
            let wanted = try expected.integers("generated_\(row)").values.map { TokenID($0) }
            let (_, result) = try await answer(engine, prompt, maxTokens: 24)
            #expect(result.tokens == wanted)
            #expect(result.finishReason == .length)
        }
        engine.shutDown()
    }

    /// From text to text. An answer is a text of its own: it does not begin with the space before its first word.
    @Test func answersTextLikeTransformers() async throws {
        let engine = Engine(model: try LoadedModel(path: folder.path))
        let data = try Data(contentsOf: folder.appendingPathComponent("answers.json"))
        let expected = try JSONDecoder().decode([TextAnswer].self, from: data)
        #expect(expected.count == 3)
        for wanted in expected {
            let ids = engine.promptTokens(of: wanted.prompt)
            #expect(ids == wanted.ids)
            let (text, result) = try await answer(engine, ids, maxTokens: wanted.answer.count)
            #expect(result.tokens == wanted.answer)
            #expect(text == wanted.text)
        }
        engine.shutDown()
    }

    @Test func endsAtTheModelsEndToken() async throws {
        #expect(try LoadedModel(path: folder.path).endOfGeneration.contains(1))
    }

    @Test func countsTokensOfEncoderAndDecoder() async throws {
        let engine = Engine(model: try LoadedModel(path: folder.path))
        _ = try await answer(engine, [5, 6, 7], maxTokens: 4)
        let loads = engine.expertLoads()
        #expect(loads.layers.map(\.block) == [1, 3, 5])
        // Three tokens fit any expert; the decoder saw the start token and three of the answer.
        #expect(loads.layers.map { $0.tokens.reduce(0, +) } == [3, 3, 4])
        engine.shutDown()
    }

    @Test func conversationsNeedATemplate() throws {
        let engine = Engine(model: try LoadedModel(path: folder.path))
        #expect(throws: PromptError.noChatTemplate) {
            try engine.promptTokens(of: [ChatMessage(role: "user", content: "hello")])
        }
        engine.shutDown()
    }
}
