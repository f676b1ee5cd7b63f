import Checkpoints
import Foundation
import Inference
import Testing

/// A tiny Switch Transformer with a vocabulary of letters, loaded as the engine loads a released checkpoint.
private func letters() throws -> LoadedModel {
    let source = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Fixtures/golden-switch/released")
    let copy = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID())")
    try FileManager.default.copyItem(at: source, to: copy)
    defer { try? FileManager.default.removeItem(at: copy) }
    try tokenizer(pieces: 48).write(to: copy.appendingPathComponent("tokenizer.json"))
    return try LoadedModel(path: copy.path)
}

/// `tokenizer.json` of one piece a letter after padding, end and unknown; each letter begins a word.
private func tokenizer(pieces: Int) throws -> Data {
    let special = ["<pad>", "</s>", "<unk>"]
    let names = special + (0..<pieces - special.count).map { "▁" + String(UnicodeScalar(UInt8(65 + $0))) }
    let file: [String: Any] = [
        "version": "1.0",
        "added_tokens": special.enumerated().map { id, content in
            [
                "id": id, "content": content, "single_word": false, "lstrip": false, "rstrip": false,
                "normalized": false, "special": true,
            ] as [String: Any]
        },
        "normalizer": [
            "type": "Sequence",
            "normalizers": [
                ["type": "Prepend", "prepend": "▁"],
                ["type": "Replace", "pattern": ["String": " "], "content": "▁"],
            ],
        ] as [String: Any],
        "decoder": [
            "type": "Sequence",
            "decoders": [
                ["type": "Replace", "pattern": ["String": "▁"], "content": " "], ["type": "Fuse"],
                ["type": "Strip", "content": " ", "start": 1, "stop": 0],
            ],
        ] as [String: Any],
        "model": [
            "type": "BPE", "unk_token": "<unk>", "fuse_unk": true, "byte_fallback": false, "merges": [String](),
            "vocab": Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, $0) }),
        ] as [String: Any],
    ]
    return try JSONSerialization.data(withJSONObject: file)
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
        let model = try letters()
        let engine = Engine(model: model)
        #expect(engine.model.architecture == "switch_transformers")
        #expect(engine.model.layers == 6 && engine.model.expertsPerToken == 1)
        let expected = try SafetensorsFile(
            path: URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
                .appendingPathComponent("Fixtures/golden-switch/released/expected.safetensors").path)
        let prompts = try expected.integers("input_ids")
        for row in [0, 1, 0] {
            let columns = prompts.shape[1]
            let prompt = prompts.values[row * columns..<(row + 1) * columns].map { TokenID($0) }
            let wanted = try expected.integers("generated_\(row)").values.map { TokenID($0) }
            let (text, result) = try await answer(engine, prompt, maxTokens: 24)
            #expect(result.tokens == wanted)
            #expect(result.finishReason == .length)
            // The answer is a text of its own: it does not begin with the space before its first word.
            #expect(text == engine.tokenizer.decode(wanted))
            #expect(!text.hasPrefix(" "))
        }
        engine.shutDown()
    }

    @Test func endsAtTheModelsEndToken() async throws {
        #expect(try letters().endOfGeneration.contains(1))
    }

    @Test func countsTokensOfEncoderAndDecoder() async throws {
        let engine = Engine(model: try letters())
        _ = try await answer(engine, [5, 6, 7], maxTokens: 4)
        let loads = engine.expertLoads()
        #expect(loads.layers.map(\.block) == [1, 3, 5])
        // Three tokens fit any expert; the decoder saw the start token and three of the answer.
        #expect(loads.layers.map { $0.tokens.reduce(0, +) } == [3, 3, 4])
        engine.shutDown()
    }

    @Test func conversationsNeedATemplate() throws {
        let engine = Engine(model: try letters())
        #expect(throws: PromptError.noChatTemplate) {
            try engine.promptTokens(of: [ChatMessage(role: "user", content: "hello")])
        }
        engine.shutDown()
    }
}
