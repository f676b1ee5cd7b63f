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
    private var runner: (any AnswerRunner)?

    init(loaded: LoadedModel, options: EngineOptions, observer: any RoutingObserver) {
        self.loaded = loaded
        self.options = options
        self.observer = observer
        contextLength = ModelDescription(loaded: loaded, options: options).contextLength
    }

    /// Called first, on the engine's thread: the compute pool belongs to the thread that makes it.
    func begin() {
        runner = loaded.model.makeRunner(options: options, observer: observer)
    }

    /// Runs `job` from prompt to last token and tells its client.
    func answer(_ job: Job) {
        guard let runner else { return job.events.finish() }
        let room = contextLength - job.request.promptTokens.count
        let budget = min(job.request.maxTokens ?? room, room)
        var generation = RunningGeneration(job: job, model: loaded, budget: budget)
        let total = job.request.promptTokens.count
        job.events.yield(.prefill(done: 0, total: total))
        let first = runner.begin(
            job.request.promptTokens, room: budget,
            progress: { done in job.events.yield(.prefill(done: done, total: total)) },
            isCancelled: { job.isCancelled })
        guard var logits = first else { return generation.end(.cancelled) }
        generation.prefillEnded()
        while true {
            guard let token = generation.accept(logits: logits) else { return }
            guard let next = runner.advance(token, isCancelled: { job.isCancelled }) else {
                return generation.end(.cancelled)
            }
            logits = next
        }
    }
}
