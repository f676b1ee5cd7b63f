import Hummingbird
import Inference
import Logging
import ServiceLifecycle
import Telemetry

/// The HTTP server in front of a model.
///
/// It may run as a service among others, or alone with `runUntilSignalled()`.
public struct GuildhallServer: Service {
    /// Where the server listens, once it does.
    public struct Address: Sendable, Equatable {
        public let host: String
        public let port: Int
    }

    private let http: Application<APIResponder>
    private let configuration: ServerConfiguration
    private let drain: DrainState
    private let logger: Logger

    /// - Parameters:
    ///   - metrics: The server adds its metrics here and shows all that are in it at `/metrics`. One server per
    ///     registry.
    ///   - onReady: Called once, when connections are taken.
    public init(
        service: any GenerationService, configuration: ServerConfiguration = ServerConfiguration(),
        metrics: MetricsRegistry = MetricsRegistry(), logger: Logger,
        onReady: @escaping @Sendable (Address) -> Void = { _ in }
    ) {
        let drain = DrainState()
        Self.addCollectors(to: metrics, service: service, configuration: configuration)
        http = Application(
            responder: APIResponder(
                service: service, configuration: configuration, registry: metrics, drain: drain),
            server: .http1(configuration: .init(idleTimeout: .seconds(Int64(configuration.idleSeconds)))),
            configuration: ApplicationConfiguration(
                address: .hostname(configuration.host, port: configuration.port), serverName: "guildhall",
                availableConnectionsDelegate: .maximum(configuration.maxConnections, logger: logger)),
            onServerRunning: { channel in
                onReady(
                    Address(host: configuration.host, port: channel.localAddress?.port ?? configuration.port))
            }, logger: logger)
        self.configuration = configuration
        self.drain = drain
        self.logger = logger
    }

    /// The server before it listens, for tests that ask it without a socket.
    package var application: some ApplicationProtocol { http }

    /// Serves until a graceful shutdown is asked for: then no connection is taken any more, running answers finish,
    /// and this returns.
    ///
    /// - Throws: What keeps the server from listening, such as a port that is taken.
    public func run() async throws {
        try await withGracefulShutdownHandler {
            try await http.run()
        } onGracefulShutdown: {
            drain.begin()
        }
    }

    /// Serves until SIGTERM or SIGINT. Answers that are not finished `shutdownSeconds` after it are cut.
    public func runUntilSignalled() async throws {
        var group = ServiceGroupConfiguration(
            services: [self], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        group.maximumGracefulShutdownDuration = .seconds(configuration.shutdownSeconds)
        do {
            try await ServiceGroup(configuration: group).run()
        } catch  where drain.isDraining {
            // Whatever a part of the server says to being cut off, the shutdown was wanted and is done.
            logger.notice("shutdown cut unfinished answers", metadata: ["error": "\(error)"])
        }
    }

    private static func addCollectors(
        to metrics: MetricsRegistry, service: any GenerationService, configuration: ServerConfiguration
    ) {
        let experts = ExpertMetrics(maxSeries: configuration.maxExpertSeries)
        metrics.addCollector { experts.families(service.expertLoads()) }
        metrics.addCollector(ProcessMetrics.collect)
        let info = MetricFamily(
            name: "guildhall_info", help: "The program and the model it serves; the value is always 1.", kind: .gauge,
            samples: [
                MetricSample(
                    labels: [
                        MetricLabel("version", configuration.version), MetricLabel("model", service.model.id),
                        MetricLabel("architecture", service.model.architecture),
                    ], value: 1)
            ])
        metrics.addCollector { [info] }
    }
}
