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
        /// The prompt and what was answered so far. What the cache does not hold goes through the model next.
        var tokens: [TokenID]
        /// Whether it waits for KV memory. Its cache is empty then.
        var isWaiting = true
        /// Prompt tokens that the client was told of.
        var reported = 0
        var isDone = false

        var pending: ArraySlice<TokenID> { tokens[cache.count...] }
        var promptCount: Int { job.request.promptTokens.count }
        /// Whether several tokens may go through the model at once: the prompt, or all tokens anew.
        var isFeeding: Bool { cache.count < promptCount || pending.count > 1 }
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
                tokens: prompt))
    }

    func step() {
        forget { $0.job.isCancelled }
        guard !answers.isEmpty else { return }
        resumeWaiting()
        let (taking, plan) = plannedPass()
        let parts = zip(taking, plan.tokens).map { index, count in
            let pending = answers[index].pending
            return SequencePart(
                tokens: pending.prefix(count), cache: answers[index].cache,
                logits: count == pending.count ? .last : .none)
        }
        let areLast = parts.map { $0.logits == .last }
        let jobs = taking.map { answers[$0].job }
        let passed = recorder.record(zip(taking, parts).map { (answers[$0].recording, $1.tokens.count) }) {
            // A pass is given up only when nobody waits for any of it.
            runner.forward(parts, isCancelled: { jobs.allSatisfy(\.isCancelled) })
        }
        guard let logits = passed else {
            return forget { answer in jobs.contains { $0 === answer.job } }
        }
        var offset = 0
        let vocabulary = runner.model.configuration.vocabularySize
        for (index, isLast) in zip(taking, areLast) {
            let count = isLast ? vocabulary : 0
            advance(&answers[index], logits: UnsafeBufferPointer(rebasing: logits[offset..<offset + count]))
            offset += count
        }
        remove(where: \.isDone)
    }

    /// Lets answers begin, in order of arrival, while there is KV memory for all of their tokens. The first always can:
    /// no request is longer than what the memory holds.
    private func resumeWaiting() {
        var available = runner.pages.available
        for answer in answers where !answer.isWaiting { available -= growth(answer) }
        for index in answers.indices where answers[index].isWaiting {
            let needed = growth(answers[index])
            guard index == 0 || needed <= available else { return }
            answers[index].isWaiting = false
            available -= needed
        }
    }

    /// Pages that the answer takes until its next token is chosen.
    private func growth(_ answer: Answer) -> Int {
        max(runner.demand.pages(answer.tokens.count + 1) - answer.cache.heldPages, 0)
    }

    /// Who takes part in the next pass, with how many tokens each. Where the KV memory is too small for all, the youngest
    /// answers wait; their tokens go through the model again when there is room, with the same results.
    private func plannedPass() -> (taking: [Int], plan: BatchPlan) {
        while true {
            let active = answers.indices.filter { !answers[$0].isWaiting }
            let plan = BatchPlan(
                pendingPrompt: active.map { answers[$0].isFeeding ? answers[$0].pending.count : 0 },
                budget: runner.maxBatch, share: promptShare)
            let needed = zip(active, plan.tokens).reduce(0) { $0 + answers[$1.0].cache.pagesNeeded(for: $1.1) }
            guard needed > runner.pages.available, active.count > 1, let youngest = active.last else {
                let taking = zip(active, plan.tokens).filter { $0.1 > 0 }
                return (taking.map(\.0), BatchPlan(tokens: taking.map(\.1)))
            }
            answers[youngest].cache.removeAll()
            if let recording = answers[youngest].recording { recorder?.restart(recording) }
            answers[youngest].isWaiting = true
        }
    }

    /// Takes note of tokens that went through the model; with logits, the next token is chosen.
    private func advance(_ answer: inout Answer, logits: UnsafeBufferPointer<Float>) {
        let isBeginning = answer.tokens.count == answer.promptCount
        if isBeginning, answer.cache.count > answer.reported {
            answer.reported = answer.cache.count
            answer.job.events.yield(.prefill(done: answer.reported, total: answer.promptCount))
        }
        guard !logits.isEmpty else { return }
        if isBeginning { answer.generation.prefillEnded() }
        guard let token = answer.generation.accept(logits: logits) else {
            answer.isDone = true
            return
        }
        answer.tokens.append(token)
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
