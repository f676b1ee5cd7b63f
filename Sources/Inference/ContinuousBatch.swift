import Activations
import Models

/// Continuous batching (Yu et al. 2022, OSDI, "Orca"): each pass through the model holds the next token of every answer
/// and pieces of new prompts; answers come and go between passes.
///
/// An answer's tokens are the same as if it had been alone: the model's results for a sequence do not depend on the
/// others.
final class ContinuousBatch: AnsweringLoop {
    let seats: Int
    private let loaded: LoadedModel
    private let runner: ModelRunner
    private let contextLength: Int
    private let promptShare: Int
    private let recorder: TraceRecorder?
    private var answers: [Answer] = []

    /// One answer and how far it is.
    private struct Answer {
        let job: Job
        let cache: KVCache
        /// Nil if its expert activations are not recorded.
        let recording: TraceRecorder.Recording?
        var generation: RunningGeneration
        /// What goes through the model next: the rest of the prompt, then one token at a time.
        var pending: ArraySlice<TokenID>
        var isDone = false

        var isInPrompt: Bool { cache.count < job.request.promptTokens.count }
    }

    /// - Parameter promptShare: tokens of prompts in a pass that also holds next tokens.
    init(
        loaded: LoadedModel, runner: ModelRunner, seats: Int, promptShare: Int, contextLength: Int,
        recorder: TraceRecorder? = nil
    ) {
        precondition(seats > 0 && seats <= runner.maxBatch, "a pass has a place for every answer")
        self.promptShare = promptShare
        self.loaded = loaded
        self.runner = runner
        self.seats = seats
        self.contextLength = contextLength
        self.recorder = recorder
    }

    var running: Int { answers.count }

    func admit(_ job: Job) {
        let prompt = job.request.promptTokens
        let budget = job.budget(contextLength: contextLength)
        job.events.yield(.prefill(done: 0, total: prompt.count))
        answers.append(
            Answer(
                job: job, cache: runner.makeCache(capacity: prompt.count + max(budget, 1)),
                recording: recorder?.admit(job), generation: RunningGeneration(job: job, model: loaded, budget: budget),
                pending: prompt[...]))
    }

    func step() {
        forget { $0.job.isCancelled }
        guard !answers.isEmpty else { return }
        let plan = BatchPlan(
            pendingPrompt: answers.map { $0.isInPrompt ? $0.pending.count : 0 }, budget: runner.maxBatch,
            share: promptShare)
        let taking = answers.indices.filter { plan.tokens[$0] > 0 }
        let parts = taking.map { index in
            let part = answers[index].pending.prefix(plan.tokens[index])
            return SequencePart(
                tokens: part, cache: answers[index].cache,
                logits: part.count == answers[index].pending.count ? .last : .none)
        }
        let jobs = taking.map { answers[$0].job }
        let passed = recorder.record(zip(taking, parts).map { (answers[$0].recording, $1.tokens.count) }) {
            // A pass is given up only when nobody waits for any of it.
            runner.forward(parts, isCancelled: { jobs.allSatisfy(\.isCancelled) })
        }
        guard let logits = passed else {
            return forget { answer in jobs.contains { $0 === answer.job } }
        }
        var offset = 0
        for (index, part) in zip(taking, parts) {
            let count = part.logits == .last ? runner.model.configuration.vocabularySize : 0
            advance(
                &answers[index], by: part.tokens.count,
                logits: UnsafeBufferPointer(rebasing: logits[offset..<offset + count]))
            offset += count
        }
        remove(where: \.isDone)
    }

    /// Takes note of `count` tokens that went through the model; with logits, the next token is chosen.
    private func advance(_ answer: inout Answer, by count: Int, logits: UnsafeBufferPointer<Float>) {
        let total = answer.job.request.promptTokens.count
        let wasInPrompt = answer.cache.count - count < total
        answer.pending = answer.pending.dropFirst(count)
        if wasInPrompt {
            answer.job.events.yield(.prefill(done: answer.cache.count, total: total))
            if !logits.isEmpty { answer.generation.prefillEnded() }
        }
        guard !logits.isEmpty else { return }
        guard let token = answer.generation.accept(logits: logits) else {
            answer.isDone = true
            return
        }
        answer.pending = [token]
    }

    /// Ends the answers that nobody waits for.
    private func forget(_ isUnwanted: (Answer) -> Bool) {
        for index in answers.indices where isUnwanted(answers[index]) { answers[index].generation.end(.cancelled) }
        remove(where: isUnwanted)
    }

    private func remove(where isGone: (Answer) -> Bool) {
        for answer in answers where isGone(answer) {
            if let recording = answer.recording { recorder?.finish(recording) }
        }
        answers.removeAll(where: isGone)
    }
}
