import Activations
import Inference
import Synchronization

/// An engine that does what a script says, and remembers what was asked of it.
final class ServiceTwin: GenerationService {
    enum Step: Sendable {
        case event(GenerationEvent)
        case pause(Duration)
        /// Goes on when the test opens the gate.
        case gate
    }

    typealias Script = @Sendable (GenerationRequest) throws(AdmissionError) -> [Step]

    private struct State {
        var requests: [GenerationRequest] = []
        var messages: [[ChatMessage]] = []
        var cancellations = 0
        var finished = 0
        var loads: [[UInt64]]
    }

    let model: ModelDescription
    private let script: Script
    private let promptError: PromptError?
    private let state: Mutex<State>
    private let gate = AsyncStream.makeStream(of: Void.self)

    init(
        layers: Int = 2, experts: Int = 4, promptError: PromptError? = nil,
        script: @escaping Script = { _ in ServiceTwin.words(["Hello", ",", " world"]) }
    ) {
        model = ModelDescription(
            id: "twin-moe", architecture: "twin", contextLength: 64, vocabularySize: 1000, layers: layers,
            experts: experts, expertsPerToken: 2)
        self.script = script
        self.promptError = promptError
        state = Mutex(State(loads: Array(repeating: Array(repeating: 0, count: experts), count: layers)))
    }

    /// Generations whose stream was dropped or cancelled before they were done.
    var cancellations: Int { state.withLock { $0.cancellations } }
    var finished: Int { state.withLock { $0.finished } }
    var requests: [GenerationRequest] { state.withLock { $0.requests } }
    var messages: [[ChatMessage]] { state.withLock { $0.messages } }

    func openGate() { gate.continuation.finish() }

    func addLoad(layer: Int, expert: Int, tokens: UInt64) {
        state.withLock { $0.loads[layer][expert] += tokens }
    }

    func promptTokens(of messages: [ChatMessage]) throws(PromptError) -> [TokenID] {
        state.withLock { $0.messages.append(messages) }
        if let promptError { throw promptError }
        return promptTokens(of: messages.map(\.content).joined(separator: " "))
    }

    /// One token per word.
    func promptTokens(of text: String) -> [TokenID] {
        text.split(separator: " ").indices.map { TokenID($0 + 1) }
    }

    func start(_ request: GenerationRequest) throws(AdmissionError) -> AsyncStream<GenerationEvent> {
        if request.promptTokens.isEmpty { throw .emptyPrompt }
        if request.promptTokens.count >= model.contextLength {
            throw .promptTooLong(tokens: request.promptTokens.count, limit: model.contextLength)
        }
        if let token = request.promptTokens.first(where: { !(0..<1000).contains($0) }) { throw .unknownToken(token) }
        let steps = try script(request)
        state.withLock { $0.requests.append(request) }
        let (stream, continuation) = AsyncStream.makeStream(of: GenerationEvent.self)
        let player = Task { await play(steps, to: continuation) }
        continuation.onTermination = { [self] reason in
            player.cancel()
            if case .cancelled = reason { state.withLock { $0.cancellations += 1 } }
        }
        return stream
    }

    func expertLoads() -> ExpertLoads {
        let loads = state.withLock { $0.loads }
        return ExpertLoads(layers: loads.enumerated().map { ExpertLoads.Layer(block: $0.offset, tokens: $0.element) })
    }

    private func play(_ steps: [Step], to continuation: AsyncStream<GenerationEvent>.Continuation) async {
        for step in steps where !Task.isCancelled {
            switch step {
            case .event(let event): continuation.yield(event)
            case .pause(let duration): try? await Task.sleep(for: duration)
            case .gate: for await _ in gate.stream {}
            }
        }
        if !Task.isCancelled { state.withLock { $0.finished += 1 } }
        continuation.finish()
    }

    // MARK: - Scripts

    /// The events of an answer made of these texts, one token each.
    static func words(_ texts: [String], reason: FinishReason = .stop, prompt: Int = 3) -> [Step] {
        [.event(.prefill(done: prompt, total: prompt))]
            + texts.enumerated().map { .event(.token(id: TokenID($0), text: $1)) }
            + [.event(.finished(result(tokens: texts.count, reason: reason, prompt: prompt)))]
    }

    /// Tokens without end, for answers that somebody else must stop.
    static let endless: [Step] = (0..<100_000).flatMap { index -> [Step] in
        [.event(.token(id: TokenID(index % 1000), text: "word ")), .pause(.milliseconds(5))]
    }

    static func result(tokens: Int, reason: FinishReason, prompt: Int) -> GenerationResult {
        GenerationResult(
            finishReason: reason, promptTokens: prompt, tokens: (0..<tokens).map { TokenID($0) }, seed: .max,
            queueSeconds: 0.25, prefillSeconds: 0.5, decodeSeconds: 1.5)
    }
}
