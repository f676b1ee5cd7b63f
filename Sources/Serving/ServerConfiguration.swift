import Inference

/// Where the server listens, and what one client may cost it. The number of requests that may wait is the engine's
/// limit, not the server's.
public struct ServerConfiguration: Sendable {
    /// Name or address to listen on. The default takes connections from this machine only: there are no passwords.
    public var host = "127.0.0.1"
    /// 0 takes any free port; `onReady` tells which.
    public var port = 8080
    /// Version of the program, told in `system_fingerprint` and `guildhall_info`.
    public var version = "0.1.0"

    /// Bytes of a request's body; more is answered with 413.
    public var maxBodyBytes = 8 << 20
    /// Connections at the same time; others wait in the system's queue until one closes.
    public var maxConnections = 1024
    /// Answers (`n` times prompts) that one request may ask for.
    public var maxChoices = 16
    /// Clients that may watch the experts at the same time.
    public var maxLiveClients = 16
    /// Series of each expert metric; with more experts only the busiest and idlest of each layer are exported.
    public var maxExpertSeries = 4096

    /// Seconds that a client may take to send a request's body.
    public var bodySeconds = 30
    /// Seconds after which a connection is closed on which no request is running, also when a client takes that
    /// long to send the headers.
    public var idleSeconds = 60
    /// Seconds of silence after which a stream sends a comment, so that proxies do not cut it.
    public var keepAliveSeconds = 10.0
    /// Seconds between two looks at the experts' loads for those who watch.
    public var liveSeconds = 0.25
    /// Seconds that running answers get to finish after SIGTERM or SIGINT; then they are cut.
    public var shutdownSeconds = 30

    /// What is used where a request does not say.
    public var defaultSampling = SamplingOptions()

    public init() {}
}
