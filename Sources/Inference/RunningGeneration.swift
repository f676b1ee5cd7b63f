import Tokenization

/// One answer while it grows: picks tokens, makes text of them, knows when to stop and reports.
struct RunningGeneration {
    private let job: Job
    private let budget: Int
    private let endTokens: Set<TokenID>
    private let started = ContinuousClock.now
    private var sampler: Sampler
    private var detokenizer: IncrementalDetokenizer
    private var stops: StopMatcher
    private var tokens: [TokenID] = []
    private var decodeStarted: ContinuousClock.Instant

    init(job: Job, model: LoadedModel, budget: Int) {
        self.job = job
        self.budget = budget
        endTokens = job.request.ignoreEndOfText ? [] : model.endOfGeneration
        sampler = Sampler(options: job.request.sampling, seed: job.seed)
        detokenizer = IncrementalDetokenizer(
            tokenizer: model.tokenizer, continuesText: model.model.continuesPrompt)
        stops = StopMatcher(stops: job.request.stop)
        decodeStarted = started
    }

    mutating func prefillEnded() { decodeStarted = .now }

    /// Picks a token and tells the client; nil if that ended the answer, else the token to feed back.
    mutating func accept(logits: UnsafeBufferPointer<Float>) -> TokenID? {
        guard !job.isCancelled else { return ended(.cancelled) }
        guard tokens.count < budget else { return ended(.length) }
        let token = sampler.choose(from: logits)
        if endTokens.contains(token) { return ended(.stop) }
        tokens.append(token)
        switch stops.push(detokenizer.push(token)) {
        case .stopped(let text):
            job.events.yield(.token(id: token, text: text))
            report(.stop)
            return nil
        case .emit(let text):
            job.events.yield(.token(id: token, text: text))
        }
        // The last token needs no forward pass: nothing would be read from it.
        return tokens.count < budget ? token : ended(.length)
    }

    /// Ends the answer: gives out what was held back, then the result.
    mutating func end(_ reason: FinishReason) {
        var reason = reason
        var rest = ""
        switch stops.push(detokenizer.flush()) {
        case .emit(let text): rest = text + stops.flush()
        case .stopped(let text):
            rest = text
            reason = .stop
        }
        if !rest.isEmpty { job.events.yield(.text(rest)) }
        report(reason)
    }

    private mutating func ended(_ reason: FinishReason) -> TokenID? {
        end(reason)
        return nil
    }

    private func report(_ reason: FinishReason) {
        let now = ContinuousClock.now
        job.events.yield(
            .finished(
                GenerationResult(
                    finishReason: reason, promptTokens: job.request.promptTokens.count, tokens: tokens, seed: job.seed,
                    queueSeconds: (started - job.submitted).seconds,
                    prefillSeconds: (decodeStarted - started).seconds, decodeSeconds: (now - decodeStarted).seconds)))
        job.events.finish()
    }
}

extension Duration {
    /// This duration in seconds.
    public var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
