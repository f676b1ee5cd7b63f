import FoundationEssentials
import Hummingbird
import Inference
import Logging
import Telemetry

/// Finds out what a request wants, lets the right part answer it, and counts it.
struct APIResponder: HTTPResponder {
    typealias Context = BasicRequestContext

    private let service: any GenerationService
    private let registry: MetricsRegistry
    private let metrics: ServingMetrics
    private let drain: DrainState
    private let generation: GenerationResponder
    private let experts: ExpertsResponder
    private let models: ModelsForm
    private let page = Page()

    init(
        service: any GenerationService, configuration: ServerConfiguration, registry: MetricsRegistry,
        drain: DrainState
    ) {
        self.service = service
        self.registry = registry
        self.drain = drain
        metrics = ServingMetrics(registry)
        generation = GenerationResponder(
            service: service, configuration: configuration, drain: drain, metrics: metrics)
        experts = ExpertsResponder(
            service: service, configuration: configuration, drain: drain, seats: Seats(configuration.maxLiveClients))
        models = ModelsForm(model: service.model, created: Int64(Date().timeIntervalSince1970))
    }

    /// Errors other than `APIError` come from the connection and go on to it.
    func respond(to request: Request, context: Context) async throws -> Response {
        let endpoint = Endpoint(path: request.uri.path)
        var response: Response
        do {
            response = try await answer(request, endpoint, logger: context.logger)
        } catch let error as APIError {
            response = .error(error)
            if error.status == .methodNotAllowed { response.headers[.allow] = endpoint?.allowed }
        }
        metrics.requests.increment(labels: [endpoint?.label ?? "other", String(response.status.code)])
        return request.method == .head ? response.createHeadResponse() : response
    }

    private func answer(_ request: Request, _ endpoint: Endpoint?, logger: Logger) async throws -> Response {
        guard let endpoint else {
            throw APIError.notFound("There is nothing at \(request.uri.path).", code: "unknown_url")
        }
        guard endpoint.takes(request.method) else {
            throw APIError(
                status: .methodNotAllowed, message: "\(endpoint.label) takes \(endpoint.allowed) requests only.",
                code: "method_not_allowed")
        }
        switch endpoint {
        case .page: return page.response()
        case .health: return health()
        case .metrics: return scrape()
        case .models: return .json(models.list)
        case .model(let id):
            guard id == service.model.id else { throw APIError.unknownModel(id, served: service.model.id) }
            return .json(models.single)
        case .experts: return experts.snapshot()
        case .liveExperts: return try experts.live(request)
        case .chatCompletions: return try await generation.chat(request, logger: logger)
        case .completions: return try await generation.completion(request, logger: logger)
        }
    }

    private func health() -> Response {
        drain.isDraining ? .json(["status": "draining"], status: .serviceUnavailable) : .json(["status": "ok"])
    }

    private func scrape() -> Response {
        .text(TextExposition.encode(registry.gather()), contentType: TextExposition.contentType)
    }
}

extension Endpoint {
    /// HEAD goes wherever GET does, except to a stream without end.
    fileprivate func takes(_ method: HTTPRequest.Method) -> Bool {
        method == self.method || (method == .head && self.method == .get && self != .liveExperts)
    }

    /// The value of the `Allow` header.
    fileprivate var allowed: String {
        [HTTPRequest.Method.get, .head, .post].filter(takes).map(\.rawValue).joined(separator: ", ")
    }
}
