import Inference

/// Measures one generation by listening to its events.
struct GenerationMeter {
    private enum State {
        case waiting
        case active
        case closed
    }

    private let metrics: ServingMetrics
    private let promptTokens: Int
    private let admitted: ContinuousClock.Instant
    private var lastToken: ContinuousClock.Instant?
    private var state = State.waiting

    init(_ metrics: ServingMetrics, promptTokens: Int, admitted: ContinuousClock.Instant) {
        self.metrics = metrics
        self.promptTokens = promptTokens
        self.admitted = admitted
        metrics.waiting.add(1)
    }

    mutating func note(_ event: GenerationEvent, at now: ContinuousClock.Instant) {
        if case .waiting = state { begin() }
        switch event {
        case .prefill, .text: break
        case .token: noteToken(at: now)
        case .finished(let result):
            metrics.queueSeconds.observe(result.queueSeconds)
            close(reason: result.finishReason.rawValue)
        case .failed: close(reason: "failed")
        }
    }

    /// Ends the measurement if nothing else has: nobody listens any more.
    mutating func close() { close(reason: FinishReason.cancelled.rawValue) }

    private mutating func begin() {
        metrics.waiting.add(-1)
        metrics.active.add(1)
        state = .active
    }

    private mutating func noteToken(at now: ContinuousClock.Instant) {
        metrics.generationTokens.increment()
        if let lastToken {
            metrics.interTokenLatency.observe(lastToken.duration(to: now).inSeconds)
        } else {
            metrics.promptTokens.increment(by: Double(promptTokens))
            metrics.timeToFirstToken.observe(admitted.duration(to: now).inSeconds)
        }
        lastToken = now
    }

    /// The gauges fall last: who sees them at rest finds the generation counted.
    private mutating func close(reason: String) {
        let before = state
        if case .closed = before { return }
        state = .closed
        metrics.finished.increment(labels: [reason])
        metrics.requestSeconds.observe(admitted.duration(to: .now).inSeconds)
        if case .waiting = before { metrics.waiting.add(-1) } else { metrics.active.add(-1) }
    }
}

extension Duration {
    var inSeconds: Double { self / .seconds(1) }
}
