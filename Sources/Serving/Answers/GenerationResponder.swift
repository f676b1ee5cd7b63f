import Hummingbird
import Inference
import Logging

/// Answers requests for text: asks the engine, and brings what it says to the client, whole or as a stream.
struct GenerationResponder: Sendable {
    let service: any GenerationService
    let configuration: ServerConfiguration
    let drain: DrainState
    let metrics: ServingMetrics

    func chat(_ request: Request, logger: Logger) async throws -> Response {
        let body = try await readJSONObject(request, configuration)
        let chat = try ChatRequest(body, modelID: service.model.id, configuration: configuration)
        let plan = try GenerationPlan(chat, service: service, version: configuration.version)
        return try await answer(plan, request, logger: logger)
    }

    func completion(_ request: Request, logger: Logger) async throws -> Response {
        let body = try await readJSONObject(request, configuration)
        let completion = try CompletionRequest(body, modelID: service.model.id, configuration: configuration)
        let plan = GenerationPlan(completion, service: service, version: configuration.version)
        return try await answer(plan, request, logger: logger)
    }

    private func answer(_ plan: GenerationPlan, _ request: Request, logger: Logger) async throws -> Response {
        if drain.isDraining { throw APIError.shuttingDown }
        let generation = try RunningGeneration(plan, service: service, metrics: metrics, logger: logger)
        var request = request
        // The body has been read. This says so, and keeps the connection's input for the watch over it.
        request.body = RequestBody(buffer: ByteBuffer())
        if plan.parameters.isStreamed { return stream(generation, request) }
        return try await whole(generation, request)
    }

    private func whole(_ generation: RunningGeneration, _ request: Request) async throws -> Response {
        let json = try await withFeed(of: request, sources: generation.sources) { feed in
            try await generation.gather(feed)
        }
        return .json(json, headers: [.connection: "close"])
    }

    private func stream(_ generation: RunningGeneration, _ request: Request) -> Response {
        let keepAlive = configuration.keepAliveSeconds
        let body = ResponseBody { writer in
            var events = EventStreamWriter(writer)
            try await withFeed(
                of: request, sources: generation.sources + [ticks(.silence, every: keepAlive / 2)]
            ) { feed in
                try await generation.relay(feed, to: &events, keepAlive: keepAlive)
            }
            try await events.finish()
        }
        return Response(status: .ok, headers: EventStreamWriter.headers, body: body)
    }
}
