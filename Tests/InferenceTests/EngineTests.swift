import BuiltInModel
import Foundation
import Inference
import Testing

/// What a generation said, put together.
private struct Answer: Equatable {
    var text = ""
    var tokens: [TokenID] = []
    var prefill: [Int] = []
    var result: GenerationResult?

    static func collect(_ stream: AsyncStream<GenerationEvent>) async -> Answer {
        var answer = Answer()
        for await event in stream {
            switch event {
            case .prefill(let done, _): answer.prefill.append(done)
            case .token(let id, let text):
                answer.tokens.append(id)
                answer.text += text
            case .text(let text): answer.text += text
            case .finished(let result): answer.result = result
            case .failed(let reason): Issue.record("failed: \(reason)")
            }
        }
        return answer
    }
}

private func engine(_ change: (inout EngineOptions) -> Void = { _ in }) throws -> Engine {
    var options = EngineOptions()
    options.threads = 2
    change(&options)
    return Engine(model: try LoadedModel(path: try #require(BuiltInModel.path())), options: options)
}

private func request(_ engine: Engine, _ text: String, maxTokens: Int? = 12) -> GenerationRequest {
    var request = GenerationRequest(promptTokens: engine.promptTokens(of: text))
    request.maxTokens = maxTokens
    request.sampling.temperature = 0
    return request
}

@Suite struct EngineTests {
    @Test func greedyAnswersAreTheSameAloneTogetherAndInPieces() async throws {
        let whole = try engine()
        let pieces = try engine {
            $0.prefillChunk = 3
            $0.maxRunning = 3
        }
        let prompts = ["Question: What is 12 + 7?", "def add(a, b):", "First Citizen:\nWe are"]
        for prompt in prompts {
            let alone = await Answer.collect(try whole.start(request(whole, prompt)))
            let cut = await Answer.collect(try pieces.start(request(pieces, prompt)))
            #expect(alone.tokens == cut.tokens)
            #expect(alone.text == whole.tokenizer.decode(alone.tokens))
            #expect(cut.prefill == Array(stride(from: 0, to: alone.prefill[1], by: 3)) + [alone.prefill[1]])
        }
        let first = await Answer.collect(try whole.start(request(whole, prompts[0])))
        let together = await withTaskGroup(of: Answer?.self) { group in
            for _ in 0..<5 {
                group.addTask { try? await Answer.collect(whole.start(request(whole, prompts[0]))) }
            }
            return await group.reduce(into: [Answer?]()) { $0.append($1) }
        }
        #expect(together.allSatisfy { $0?.tokens == first.tokens })
    }

    @Test func endsAtTheLimitAndReportsUsage() async throws {
        let engine = try engine()
        var request = request(engine, "The", maxTokens: 5)
        request.ignoreEndOfText = true
        let result = try #require(await Answer.collect(try engine.start(request)).result)
        #expect(result.finishReason == .length)
        #expect(result.tokens.count == 5)
        #expect(result.promptTokens == request.promptTokens.count)
    }

    @Test func neverRunsPastTheContext() async throws {
        let engine = try engine { $0.contextLength = 16 }
        #expect(engine.model.contextLength == 16)
        var request = request(engine, "The king", maxTokens: nil)
        request.ignoreEndOfText = true
        let result = try #require(await Answer.collect(try engine.start(request)).result)
        #expect(result.promptTokens + result.tokens.count == 16)
        request.promptTokens = [TokenID](repeating: 5, count: 16)
        #expect(throws: AdmissionError.promptTooLong(tokens: 16, limit: 16)) { try engine.start(request) }
    }

    @Test func stopTextsEndTheAnswerAndAreNotPartOfIt() async throws {
        let engine = try engine()
        let free = await Answer.collect(try engine.start(request(engine, "First Citizen:", maxTokens: 24)))
        let stop = String(free.text.dropFirst(free.text.count / 2).prefix(3))
        let stopRange = try #require(free.text.range(of: stop))
        var bounded = request(engine, "First Citizen:", maxTokens: 24)
        bounded.stop = [stop]
        let answer = await Answer.collect(try engine.start(bounded))
        #expect(answer.result?.finishReason == .stop)
        #expect(answer.text == String(free.text[..<stopRange.lowerBound]))
    }

    @Test func aSeedRepeatsAnAnswer() async throws {
        let engine = try engine()
        var sampled = request(engine, "Once", maxTokens: 16)
        sampled.sampling.temperature = 1
        let first = await Answer.collect(try engine.start(sampled))
        sampled.sampling.seed = first.result?.seed
        let second = await Answer.collect(try engine.start(sampled))
        #expect(first.tokens == second.tokens)
    }

    @Test func refusesWhatItCannotRun() throws {
        let engine = try engine()
        #expect(throws: AdmissionError.emptyPrompt) { try engine.start(GenerationRequest(promptTokens: [])) }
        for stranger in [-1, TokenID(engine.model.vocabularySize), .max] {
            #expect(throws: AdmissionError.unknownToken(stranger)) {
                try engine.start(GenerationRequest(promptTokens: [stranger]))
            }
        }
    }

    @Test func boundsTheQueueAndForgetsClientsThatLeft() async throws {
        let engine = try engine {
            $0.maxRunning = 1
            $0.maxWaiting = 2
        }
        var long = request(engine, "The", maxTokens: 500)
        long.ignoreEndOfText = true
        var streams: [AsyncStream<GenerationEvent>] = []
        #expect(throws: AdmissionError.tooManyWaiting(limit: 2)) {
            for _ in 0..<10 { streams.append(try engine.start(long)) }
        }
        #expect(streams.count >= 2)
        // Dropping the streams cancels their requests; a short one then gets its turn soon.
        streams.removeAll()
        let short = await Answer.collect(try engine.start(request(engine, "The", maxTokens: 2)))
        #expect(short.tokens.count <= 2 && short.result != nil)
    }

    @Test func countsTokensPerExpert() async throws {
        let engine = try engine()
        let before = engine.expertLoads()
        #expect(before.layers.count == engine.model.layers)
        var request = request(engine, "Hello there", maxTokens: 4)
        request.ignoreEndOfText = true
        _ = await Answer.collect(try engine.start(request))
        // The last token is not fed back, so it reaches no expert.
        let passed = UInt64((request.promptTokens.count + 3) * engine.model.expertsPerToken)
        for layer in engine.expertLoads().layers {
            #expect(layer.tokens.count == engine.model.experts)
            #expect(layer.tokens.reduce(0, +) == passed)
        }
    }

    @Test func shutDownAnswersWhatWaitsAndTakesNoMore() async throws {
        let engine = try engine()
        let stream = try engine.start(request(engine, "Hello", maxTokens: 3))
        let answer = Task { await Answer.collect(stream) }
        engine.shutDown()
        #expect(await answer.value.result != nil)
        #expect(throws: AdmissionError.shuttingDown) { try engine.start(request(engine, "Hello")) }
    }

    @Test func conversationsUseTheChatTemplate() throws {
        let engine = try engine()
        let prompt = try engine.promptTokens(of: [ChatMessage(role: "user", content: "Hi")])
        let text = engine.tokenizer.decode(prompt)
        #expect(text.contains("<|im_start|>user\nHi<|im_end|>"))
        #expect(text.hasSuffix("<|im_start|>assistant\n"))
        #expect(prompt.contains { engine.tokenizer.isSpecial($0) })
    }
}
