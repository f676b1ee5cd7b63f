import Activations

/// One message of a conversation, as chat templates see it.
public struct ChatMessage: Sendable, Equatable {
    public var role: String
    public var content: String

    public init(role: String, content: String) {
        self.role = role
        self.content = content
    }
}

/// What clients may know about the model that is served.
public struct ModelDescription: Sendable, Equatable {
    /// The name clients give in `model`.
    public var id: String
    public var architecture: String
    /// Tokens that prompt and answer may have together.
    public var contextLength: Int
    public var vocabularySize: Int
    public var layers: Int
    public var experts: Int
    public var expertsPerToken: Int

    public init(
        id: String, architecture: String, contextLength: Int, vocabularySize: Int, layers: Int, experts: Int,
        expertsPerToken: Int
    ) {
        self.id = id
        self.architecture = architecture
        self.contextLength = contextLength
        self.vocabularySize = vocabularySize
        self.layers = layers
        self.experts = experts
        self.expertsPerToken = expertsPerToken
    }
}

/// Why a request was not taken.
public enum AdmissionError: Error, Sendable, Equatable {
    case emptyPrompt
    /// The prompt alone leaves no room for an answer.
    case promptTooLong(tokens: Int, limit: Int)
    /// A token id outside the vocabulary.
    case unknownToken(TokenID)
    case tooManyWaiting(limit: Int)
    case shuttingDown
}

/// Why messages could not be made into a prompt.
public enum PromptError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The checkpoint has no chat template.
    case noChatTemplate
    /// The template itself refused the conversation (its `raise_exception` text).
    case refused(String)
    /// The template uses something that is not supported, or ran past a limit.
    case unsupported(String)

    public var description: String {
        switch self {
        case .noChatTemplate: "the model has no chat template; it can continue plain text"
        case .refused(let reason): "the chat template refuses the conversation: \(reason)"
        case .unsupported(let reason): "the chat template cannot be run: \(reason)"
        }
    }
}

/// The engine as servers and commands see it. `Engine` is the real one.
public protocol GenerationService: Sendable {
    var model: ModelDescription { get }
    /// Prompt tokens of a conversation, ending where the assistant's answer begins.
    func promptTokens(of messages: [ChatMessage]) throws(PromptError) -> [TokenID]
    /// Prompt tokens of plain text, with the begin-of-text token if the model wants one.
    func promptTokens(of text: String) -> [TokenID]
    /// Queues `request`. Ending the iteration of the stream (or cancelling its task) stops the generation.
    func start(_ request: GenerationRequest) throws(AdmissionError) -> AsyncStream<GenerationEvent>
    /// Tokens per expert since the engine started. Cheap; may be called from any thread while it runs.
    func expertLoads() -> ExpertLoads
}
