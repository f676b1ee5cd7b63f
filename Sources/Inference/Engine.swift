import Activations
import ChatTemplates
import Dispatch
import Foundation
import Models
import Synchronization
import Tensors
import Tokenization

/// Limits and resources of an engine.
public struct EngineOptions: Sendable {
    /// Threads of the compute pool, the engine's own included.
    public var threads: Int = ComputePool.availableProcessors
    /// One for each thread to run on alone, where it should; check it before (`ProcessorList.check(threads:)`).
    public var processors: ProcessorList?
    /// Tokens that prompt and answer may have together; nil: what the model was trained for, at most
    /// `EngineOptions.defaultContextLimit`.
    public var contextLength: Int?
    /// Requests that are answered at the same time.
    public var maxRunning = 8
    /// Requests that may wait while others are answered; more are refused.
    public var maxWaiting = 64
    /// Tokens that go through the model at once: the next one of each answer, and pieces of prompts.
    public var prefillChunk = 512
    /// Prompt tokens that go through the model together with the next tokens of other answers, which wait for them.
    public var sharedPrefillChunk = 64
    /// How keys and values are kept.
    public var cacheType = KVCacheType.f32
    /// Memory for the KV caches of all requests together, in bytes, taken as it is needed. The context is no longer than
    /// what it holds; where several requests do not fit at the same time, the younger ones wait.
    public var cacheBytes = EngineOptions.defaultCacheBytes
    /// Records the expert activations of requests. Whoever makes it closes it, after the engine.
    public var recorder: TraceRecorder?

    /// A quarter of the machine's memory.
    public static let defaultCacheBytes = Int(clamping: ProcessInfo.processInfo.physicalMemory / 4)

    /// The context that is used if nobody asks for another one: some models' own is far longer than most need.
    public static let defaultContextLimit = 32_768
    /// A context that is no use when it is shorter.
    public static let smallestContext = 64

    public init() {}
}

/// The real generation service: one thread that owns the model's state and answers several requests at a time.
///
/// Requests come from any thread through a bounded queue; events go back through each request's stream.
public final class Engine: GenerationService {
    public let model: ModelDescription
    public let tokenizer: Tokenizer
    private let template: Result<ChatTemplate, PromptError>
    private let loads: ExpertLoadCounter
    private let queue: Mutex<RequestQueue>
    private let wakeUp = DispatchSemaphore(value: 0)
    private let finished = DispatchSemaphore(value: 0)

    public init(model loaded: LoadedModel, options: EngineOptions = EngineOptions()) {
        let outline = loaded.model.outline
        model = ModelDescription(loaded: loaded, options: options)
        tokenizer = loaded.tokenizer
        template = Engine.parseTemplate(loaded.chatTemplate)
        loads = ExpertLoadCounter(blocks: outline.moeBlocks, expertCount: outline.experts)
        queue = Mutex(RequestQueue(limit: options.maxWaiting, seats: loaded.seats(options)))
        let observer: any RoutingObserver = options.recorder.map { RoutingObservers(loads, $0) } ?? loads
        let thread = Thread { [self] in
            run(loaded.makeLoop(options, contextLength: model.contextLength, observer: observer))
            finished.signal()
        }
        thread.name = "engine"
        thread.start()
    }

    public func promptTokens(of text: String) -> [TokenID] { tokenizer.encode(text, addSpecial: true) }

    public func promptTokens(of messages: [ChatMessage]) throws(PromptError) -> [TokenID] {
        let prompt = try template.get().renderPrompt(messages, tokenizer: tokenizer)
        // The template spells the special tokens out, the begin-of-text token too if the model wants it.
        return tokenizer.encode(prompt, addSpecial: false, parseSpecial: true)
    }

    public func start(_ request: GenerationRequest) throws(AdmissionError) -> AsyncStream<GenerationEvent> {
        try check(request)
        let (stream, continuation) = AsyncStream.makeStream(of: GenerationEvent.self)
        let seed = request.sampling.seed ?? UInt64.random(in: 0...UInt64(Int64.max))
        let job = Job(request: request, seed: seed, events: continuation)
        continuation.onTermination = { _ in job.cancel() }
        let refusal: AdmissionError? = queue.withLock { queue in
            do throws(AdmissionError) { try queue.add(job) } catch { return error }
            return nil
        }
        if let refusal { throw refusal }
        wakeUp.signal()
        return stream
    }

    public func expertLoads() -> ExpertLoads { loads.snapshot() }

    /// Takes no more requests, answers those it has, and returns when the engine's thread is done.
    /// Blocks the calling thread; call it once.
    public func shutDown() {
        queue.withLock { $0.close() }
        wakeUp.signal()
        finished.wait()
    }

    private func check(_ request: GenerationRequest) throws(AdmissionError) {
        guard !request.promptTokens.isEmpty else { throw .emptyPrompt }
        guard request.promptTokens.count < model.contextLength else {
            throw .promptTooLong(tokens: request.promptTokens.count, limit: model.contextLength)
        }
        if let stranger = request.promptTokens.first(where: { $0 < 0 || $0 >= model.vocabularySize }) {
            throw .unknownToken(stranger)
        }
    }

    /// What the engine's thread does until it is time to end.
    private func run(_ loop: any AnsweringLoop) {
        while true {
            switch queue.withLock({ $0.next(seats: loop.seats, running: loop.running) }) {
            case .work(let jobs):
                for job in jobs { loop.admit(job) }
                loop.step()
            case .wait: wakeUp.wait()
            case .stop: return
            }
        }
    }

    private static func parseTemplate(_ source: String?) -> Result<ChatTemplate, PromptError> {
        guard let source else { return .failure(.noChatTemplate) }
        do { return .success(try ChatTemplate(source: source)) } catch {
            return .failure(.unsupported("\(error)"))
        }
    }
}

extension ModelDescription {
    /// What clients are told of `loaded`, with the context that `options` allow.
    init(loaded: LoadedModel, options: EngineOptions) {
        let outline = loaded.model.outline
        let wanted = options.contextLength ?? EngineOptions.defaultContextLimit
        self.init(
            id: loaded.id, architecture: outline.architecture,
            contextLength: min(wanted, outline.contextLength, loaded.longestSequence(options)),
            vocabularySize: outline.vocabularySize, layers: outline.layers, experts: outline.experts,
            expertsPerToken: outline.expertsPerToken)
    }
}
