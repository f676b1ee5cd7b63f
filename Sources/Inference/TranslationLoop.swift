import Activations
import Models
import Tensors

/// Answers of an encoder and a decoder, one after another: the encoder reads the prompt, the decoder begins an answer
/// with its start token. The whole prompt goes through the encoder at once: each of its tokens sees all others, and
/// experts have a capacity for the whole.
final class TranslationLoop: AnsweringLoop {
    let seats = 1
    private let loaded: LoadedModel
    private let model: SwitchTransformer
    private let pool: ComputePool
    private let observer: any RoutingObserver
    private let contextLength: Int
    private let recorder: TraceRecorder?
    private var runner: SwitchTransformerRunner?
    private var job: Job?

    init(
        loaded: LoadedModel, model: SwitchTransformer, pool: ComputePool, observer: any RoutingObserver,
        contextLength: Int, recorder: TraceRecorder? = nil
    ) {
        self.loaded = loaded
        self.model = model
        self.pool = pool
        self.observer = observer
        self.contextLength = contextLength
        self.recorder = recorder
    }

    var running: Int { job == nil ? 0 : 1 }

    func admit(_ job: Job) { self.job = job }

    /// Runs the request from prompt to last token.
    func step() {
        guard let job else { return }
        defer { self.job = nil }
        let prompt = job.request.promptTokens
        let budget = job.budget(contextLength: contextLength)
        var generation = RunningGeneration(job: job, model: loaded, budget: budget)
        job.events.yield(.prefill(done: 0, total: prompt.count))
        let runner = runner(for: prompt.count)
        let recording = recorder?.admit(job)
        defer { if let recording { recorder?.finish(recording) } }
        let encoded = recorder.record([(recording, prompt.count)]) {
            runner.encode(prompt, answerCapacity: 1 + max(budget, 1), isCancelled: { job.isCancelled })
        }
        guard let encoded else { return generation.end(.cancelled) }
        var token = model.configuration.startToken
        while let logits = recorder.record(
            [(recording, 1)], pass: { runner.decode([token], sequence: encoded, logits: .last) { job.isCancelled } })
        {
            if encoded.count == 1 {
                job.events.yield(.prefill(done: prompt.count, total: prompt.count))
                generation.prefillEnded()
            }
            guard let next = generation.accept(logits: logits) else { return }
            token = next
        }
        generation.end(.cancelled)
    }

    /// A runner with scratch memory for `tokens` at least; the last one if it is large enough.
    private func runner(for tokens: Int) -> SwitchTransformerRunner {
        if let runner, runner.maxTokens >= tokens { return runner }
        let made = SwitchTransformerRunner(model: model, pool: pool, maxTokens: tokens, observer: observer)
        runner = made
        return made
    }
}
