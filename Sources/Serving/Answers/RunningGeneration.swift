import Hummingbird
import Inference
import Logging

/// What a connection hears while an answer is made.
enum AnswerFeedItem: Sendable {
    /// Something of one choice; nil when the engine has nothing more to say about it.
    case event(choice: Int, GenerationEvent?)
    /// Some time has passed.
    case silence
}

/// An answer that the engine is working on. Dropping it, or the feed of its sources, stops the work.
struct RunningGeneration: Sendable {
    private let plan: GenerationPlan
    private let streams: [AsyncStream<GenerationEvent>]
    private let metrics: ServingMetrics
    private let logger: Logger
    private let admitted = ContinuousClock.now

    /// Starts all choices or none: when one is refused, the streams of those before it are dropped, which stops them.
    init(
        _ plan: GenerationPlan, service: any GenerationService, metrics: ServingMetrics, logger: Logger
    ) throws(APIError) {
        var streams: [AsyncStream<GenerationEvent>] = []
        for request in plan.requests {
            do {
                streams.append(try service.start(request))
            } catch {
                throw APIError(error, field: plan.field)
            }
        }
        self.plan = plan
        self.streams = streams
        self.metrics = metrics
        self.logger = logger
    }

    /// Feeds for `withFeed`, one for each choice.
    var sources: [@Sendable (AsyncStream<AnswerFeedItem>.Continuation) async -> Void] {
        streams.enumerated().map { choice, stream in
            { continuation in
                for await event in stream { continuation.yield(.event(choice: choice, event)) }
                continuation.yield(.event(choice: choice, nil))
            }
        }
    }

    /// Waits for the whole answer.
    ///
    /// - Throws: `APIError` when the generation fails or the client goes away.
    func gather(_ feed: AsyncStream<AnswerFeedItem>) async throws -> JSONValue {
        var progress = AnswerProgress(plan, metrics: metrics, admitted: admitted)
        defer { progress.close(plan, logger) }
        var choices = plan.echoes.map { (text: $0, reason: FinishReason.cancelled) }
        for await item in feed {
            guard case .event(let choice, let event) = item else { continue }
            switch progress.take(event, choice: choice) {
            case .nothing: break
            case .text(let text): choices[choice].text += text
            case .finished(let reason): choices[choice].reason = reason
            case .failed(let error, let reason): throw logged(error, reason)
            }
            if progress.tally.isComplete { return plan.form.whole(choices: choices, tally: progress.tally) }
        }
        throw APIError.clientGone
    }

    /// Sends the answer piece by piece, and an error object if it fails on the way.
    func relay(
        _ feed: AsyncStream<AnswerFeedItem>, to writer: inout EventStreamWriter, keepAlive: Double
    ) async throws {
        var progress = AnswerProgress(plan, metrics: metrics, admitted: admitted)
        defer { progress.close(plan, logger) }
        try await open(&writer)
        for await item in feed {
            guard case .event(let choice, let event) = item else {
                try await writer.keepAlive(after: keepAlive)
                continue
            }
            switch progress.take(event, choice: choice) {
            case .nothing: break
            case .text(let text): try await writer.send(plan.form.piece(choice: choice, text: text))
            case .finished(let reason): try await writer.send(plan.form.closing(choice: choice, reason: reason))
            case .failed(let error, let reason):
                try await writer.send(logged(error, reason).json)
                return
            }
            guard progress.tally.isComplete else { continue }
            if plan.parameters.includesUsage { try await writer.send(plan.form.usage(progress.tally)) }
            try await writer.sendDone()
            return
        }
    }

    /// What a stream begins with, before the engine has said anything.
    private func open(_ writer: inout EventStreamWriter) async throws {
        for (choice, echo) in plan.echoes.enumerated() {
            if let opening = plan.form.opening(choice: choice) { try await writer.send(opening) }
            if !echo.isEmpty { try await writer.send(plan.form.piece(choice: choice, text: echo)) }
        }
    }

    private func logged(_ error: APIError, _ reason: String) -> APIError {
        logger.error("generation failed", metadata: ["answer": "\(plan.form.id)", "reason": "\(reason)"])
        return error
    }
}

/// The tally of an answer and the clocks of its choices, which hear the same events.
private struct AnswerProgress {
    private(set) var tally: AnswerTally
    private var meters: [GenerationMeter]
    private let admitted: ContinuousClock.Instant

    init(_ plan: GenerationPlan, metrics: ServingMetrics, admitted: ContinuousClock.Instant) {
        tally = AnswerTally(promptTokens: plan.promptTokens, choices: plan.requests.count)
        meters = plan.requests.map {
            GenerationMeter(metrics, promptTokens: $0.promptTokens.count, admitted: admitted)
        }
        self.admitted = admitted
    }

    mutating func take(_ event: GenerationEvent?, choice: Int) -> AnswerTally.Step {
        if let event { meters[choice].note(event, at: .now) }
        return tally.take(event, choice: choice)
    }

    /// Ends the count of choices that did not finish, and logs one line without any of the text.
    mutating func close(_ plan: GenerationPlan, _ logger: Logger) {
        for index in meters.indices { meters[index].close() }
        let finished = tally.results.compactMap { $0 }
        logger.info(
            "answered",
            metadata: [
                "answer": "\(plan.form.id)", "prompt_tokens": "\(plan.promptTokens)",
                "completion_tokens": "\(finished.reduce(0) { $0 + $1.tokens.count })",
                "finished": "\(finished.count) of \(plan.requests.count)",
                "seconds": "\(admitted.duration(to: .now).inSeconds)",
            ])
    }
}

extension APIError {
    /// Nobody will read this; the status is for the metrics (the number is nginx's).
    fileprivate static let clientGone = APIError(
        status: .init(code: 499), message: "The client closed the connection.", type: "server_error")
}
