import Activations
import Tokenization

/// A token of the model's vocabulary.
public typealias TokenID = Tokenization.TokenID

/// How the next token is chosen from the logits.
public struct SamplingOptions: Sendable, Equatable {
    /// 0 means greedy: the token with the largest logit (the lowest id among equals).
    public var temperature: Float = 0.8
    /// Keep the k most probable tokens; 0 keeps all.
    public var topK: Int = 0
    /// Keep the most probable tokens whose probabilities sum to at least this; 1 keeps all.
    public var topP: Float = 1
    /// Drop tokens less probable than this share of the most probable one; 0 drops none.
    public var minP: Float = 0
    /// Seed of the random choices; nil takes one from the system, which the result reports.
    public var seed: UInt64?

    public init() {}
}

/// What a client asks of the engine. Limits are checked when it is submitted.
public struct GenerationRequest: Sendable {
    public var promptTokens: [TokenID]
    /// Tokens to generate at most; nil: as many as the context holds.
    public var maxTokens: Int?
    public var sampling = SamplingOptions()
    /// Texts that end the answer; they are not part of it.
    public var stop: [String] = []
    /// Go on past the model's end-of-text token (for benchmarks).
    public var ignoreEndOfText = false
    /// What a trace of expert activations calls this request.
    public var label = RequestLabel()

    public init(promptTokens: [TokenID]) { self.promptTokens = promptTokens }
}

/// Why a generation ended, in the words of the OpenAI API.
public enum FinishReason: String, Sendable, Equatable {
    /// The model ended its text, or a stop text appeared.
    case stop
    /// `maxTokens` or the context is used up.
    case length
    /// The client went away or the server gave up waiting.
    case cancelled
}

/// What one generation took and gave. Times are in seconds.
public struct GenerationResult: Sendable, Equatable {
    public var finishReason: FinishReason
    public var promptTokens: Int
    public var tokens: [TokenID]
    public var seed: UInt64
    public var queueSeconds: Double
    public var prefillSeconds: Double
    public var decodeSeconds: Double

    public init(
        finishReason: FinishReason, promptTokens: Int, tokens: [TokenID], seed: UInt64, queueSeconds: Double,
        prefillSeconds: Double, decodeSeconds: Double
    ) {
        self.finishReason = finishReason
        self.promptTokens = promptTokens
        self.tokens = tokens
        self.seed = seed
        self.queueSeconds = queueSeconds
        self.prefillSeconds = prefillSeconds
        self.decodeSeconds = decodeSeconds
    }
}

/// What a running generation tells its client, in order; `finished` or `failed` is the last.
public enum GenerationEvent: Sendable, Equatable {
    /// Prefill went on to `done` of `total` prompt tokens; with `done` 0 the wait in the queue is over.
    case prefill(done: Int, total: Int)
    /// One token was chosen. `text` is what became readable with it: it may be empty (half a character, or text
    /// held back because it may become a stop text), and never holds half a character.
    case token(id: TokenID, text: String)
    /// Text that was held back and is now known to belong to the answer.
    case text(String)
    case finished(GenerationResult)
    case failed(String)
}
