import Activations
import Models
import Tensors

/// What only the engine's thread touches: the model runner, its scratch memory and the compute pool.
///
/// `@unchecked Sendable` holds because it is made on one thread, handed to the engine's thread before that starts,
/// and used there alone.
final class EngineWorker: @unchecked Sendable {
    private let loaded: LoadedModel
    private let options: EngineOptions
    private let observer: any RoutingObserver
    private let contextLength: Int
    private var runner: ModelRunner?

    init(loaded: LoadedModel, options: EngineOptions, observer: any RoutingObserver) {
        self.loaded = loaded
        self.options = options
        self.observer = observer
        contextLength = ModelDescription(loaded: loaded, options: options).contextLength
    }

    /// Called first, on the engine's thread: the compute pool belongs to the thread that makes it.
    func begin() {
        runner = ModelRunner(
            model: loaded.transformer, pool: ComputePool(threads: options.threads), maxBatch: options.prefillChunk,
            observer: observer)
    }

    /// Runs `job` from prompt to last token and tells its client.
    func answer(_ job: Job) {
        guard let runner else { return job.events.finish() }
        let room = contextLength - job.request.promptTokens.count
        let budget = min(job.request.maxTokens ?? room, room)
        var generation = RunningGeneration(job: job, model: loaded, budget: budget)
        let cache = runner.makeCache(capacity: job.request.promptTokens.count + max(budget, 1))
        guard var logits = prefill(job, with: runner, cache: cache) else { return generation.end(.cancelled) }
        generation.prefillEnded()
        while true {
            guard let token = generation.accept(logits: logits) else { return }
            guard let next = runner.forward([token], cache: cache, logits: .last, isCancelled: { job.isCancelled })
            else { return generation.end(.cancelled) }
            logits = next
        }
    }

    /// Logits after the last prompt token, or nil if the client went away.
    private func prefill(_ job: Job, with runner: ModelRunner, cache: KVCache) -> UnsafeBufferPointer<Float>? {
        let prompt = job.request.promptTokens
        job.events.yield(.prefill(done: 0, total: prompt.count))
        for start in stride(from: 0, to: prompt.count, by: options.prefillChunk) {
            let end = min(start + options.prefillChunk, prompt.count)
            let logits = runner.forward(
                prompt[start..<end], cache: cache, logits: end == prompt.count ? .last : .none,
                isCancelled: { job.isCancelled })
            guard let logits else { return nil }
            job.events.yield(.prefill(done: end, total: prompt.count))
            if end == prompt.count { return logits }
        }
        return nil
    }
}
