import Inference

/// What became of the choices of one answer so far. Pure: takes events, says what they mean for the client.
struct AnswerTally {
    /// What one event means for the client.
    enum Step: Equatable {
        case nothing
        case text(String)
        case finished(FinishReason)
        /// The answer as a whole has failed; the text is for the log only.
        case failed(APIError, reason: String)
    }

    /// Tokens of all prompts, each counted once however many choices it has.
    let promptTokens: Int
    private(set) var results: [GenerationResult?]

    init(promptTokens: Int, choices: Int) {
        self.promptTokens = promptTokens
        results = Array(repeating: nil, count: choices)
    }

    var isComplete: Bool { results.allSatisfy { $0 != nil } }

    /// - Parameter event: nil when the choice's stream has ended.
    mutating func take(_ event: GenerationEvent?, choice: Int) -> Step {
        switch event {
        case .prefill: return .nothing
        case .token(_, let text), .text(let text): return text.isEmpty ? .nothing : .text(text)
        case .failed(let reason): return .failed(.generationFailed, reason: reason)
        case .finished(let result) where result.finishReason == .cancelled:
            return .failed(.generationCancelled, reason: "the engine cancelled the generation")
        case .finished(let result):
            results[choice] = result
            return .finished(result.finishReason)
        case nil:
            return results[choice] == nil
                ? .failed(.generationFailed, reason: "the engine ended the stream without a result") : .nothing
        }
    }

    /// The `usage` object of the OpenAI API.
    var usage: JSONValue {
        let generated = results.reduce(0) { $0 + ($1?.tokens.count ?? 0) }
        return [
            "prompt_tokens": .integer(promptTokens),
            "completion_tokens": .integer(generated),
            "total_tokens": .integer(promptTokens + generated),
        ]
    }

    /// What this server adds: per choice the seed that would give the same answer again, and where the time went.
    /// Seeds are written as signed numbers, which is also how they are read.
    var timings: JSONValue {
        let finished = results.compactMap { $0 }
        return [
            "seeds": .array(finished.map { .integer(Int64(bitPattern: $0.seed)) }),
            "queue_seconds": .array(finished.map { .number($0.queueSeconds) }),
            "prefill_seconds": .array(finished.map { .number($0.prefillSeconds) }),
            "decode_seconds": .array(finished.map { .number($0.decodeSeconds) }),
        ]
    }
}
