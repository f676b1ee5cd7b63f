import Activations
import Models
import Tensors

/// Computes the logits of one answer after another. Used by the engine's thread alone.
///
/// Logits are those of one position and valid until the next call. Nil means that `isCancelled` became true; the next
/// call is then `begin`.
protocol AnswerRunner {
    /// Takes a prompt and gives the logits of the answer's first token.
    ///
    /// - Parameters:
    ///   - room: tokens that the answer may have.
    ///   - progress: told how many prompt tokens are done.
    func begin(_ prompt: [TokenID], room: Int, progress: (Int) -> Void, isCancelled: () -> Bool)
        -> UnsafeBufferPointer<Float>?

    /// Appends a token to the answer and gives the logits of the next one.
    func advance(_ token: TokenID, isCancelled: () -> Bool) -> UnsafeBufferPointer<Float>?
}

extension LanguageModel {
    /// A runner with a compute pool of its own, which belongs to the calling thread.
    func makeRunner(options: EngineOptions, observer: any RoutingObserver) -> any AnswerRunner {
        let pool = ComputePool(threads: options.threads)
        switch self {
        case .decoder(let model):
            return ContinuationRunner(
                ModelRunner(model: model, pool: pool, maxBatch: options.prefillChunk, observer: observer))
        case .encoderDecoder(let model):
            return TranslationRunner(model, pool: pool, observer: observer)
        }
    }
}

/// The answer continues the prompt.
final class ContinuationRunner: AnswerRunner {
    private let runner: ModelRunner
    private var cache: KVCache?

    init(_ runner: ModelRunner) { self.runner = runner }

    func begin(_ prompt: [TokenID], room: Int, progress: (Int) -> Void, isCancelled: () -> Bool)
        -> UnsafeBufferPointer<Float>?
    {
        let cache = runner.makeCache(capacity: prompt.count + max(room, 1))
        self.cache = cache
        for start in stride(from: 0, to: prompt.count, by: runner.maxBatch) {
            let end = min(start + runner.maxBatch, prompt.count)
            let logits = runner.forward(
                prompt[start..<end], cache: cache, logits: end == prompt.count ? .last : .none,
                isCancelled: isCancelled)
            guard let logits else { return nil }
            progress(end)
            if end == prompt.count { return logits }
        }
        return nil
    }

    func advance(_ token: TokenID, isCancelled: () -> Bool) -> UnsafeBufferPointer<Float>? {
        guard let cache else { return nil }
        return runner.forward([token], cache: cache, logits: .last, isCancelled: isCancelled)
    }
}

/// The encoder reads the prompt, the decoder begins an answer with its start token. The whole prompt goes through the
/// encoder at once: each of its tokens sees all others, and experts have a capacity for the whole.
final class TranslationRunner: AnswerRunner {
    private let model: SwitchTransformer
    private let pool: ComputePool
    private let observer: any RoutingObserver
    private var runner: SwitchTransformerRunner?
    private var sequence: SwitchSequence?

    init(_ model: SwitchTransformer, pool: ComputePool, observer: any RoutingObserver) {
        self.model = model
        self.pool = pool
        self.observer = observer
    }

    func begin(_ prompt: [TokenID], room: Int, progress: (Int) -> Void, isCancelled: () -> Bool)
        -> UnsafeBufferPointer<Float>?
    {
        sequence = runner(for: prompt.count).encode(prompt, answerCapacity: 1 + max(room, 1), isCancelled: isCancelled)
        guard sequence != nil else { return nil }
        let logits = advance(model.configuration.startToken, isCancelled: isCancelled)
        progress(prompt.count)
        return logits
    }

    func advance(_ token: TokenID, isCancelled: () -> Bool) -> UnsafeBufferPointer<Float>? {
        guard let runner, let sequence else { return nil }
        return runner.decode([token], sequence: sequence, logits: .last, isCancelled: isCancelled)
    }

    /// A runner with scratch memory for `tokens` at least; the last one if it is large enough.
    private func runner(for tokens: Int) -> SwitchTransformerRunner {
        if let runner, runner.maxTokens >= tokens { return runner }
        let made = SwitchTransformerRunner(model: model, pool: pool, maxTokens: tokens, observer: observer)
        runner = made
        return made
    }
}
