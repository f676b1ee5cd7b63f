/// Recorded expert activations, wherever they are kept, read request by request.
public protocol TraceSource: Sendable {
    /// The path a user gave, for messages.
    var location: String { get }
    var shape: TraceShape { get }
    /// Requests and tokens that the source says it holds. Damage may make them fewer.
    var requestCount: Int { get }
    var tokenCount: Int { get }

    /// Calls `body` with each readable request in the order of the trace. One request is in memory at a time.
    ///
    /// - Returns: what could not be read; everything else was handed to `body`.
    func forEachRequest<Failure: Error>(
        _ body: (RequestTrace) throws(Failure) -> Void
    ) throws(Failure) -> [TraceDamage]
}

/// The trace in the folder at `path`: segments of this program, or the compact layout.
public func openTrace(path: String, limits: TraceLimits = .default) throws(TraceError) -> any TraceSource {
    switch try TraceKind.detect(path: path) {
    case .segments: try TraceReader(path: path, limits: limits)
    case .compact: try CompactTrace(path: path, limits: limits)
    }
}

/// A trace in memory: the twin of the readers, for tests and for small traces made on the spot.
public struct TraceSample: TraceSource {
    public let location: String
    public let shape: TraceShape
    public let requests: [RequestTrace]

    /// - Parameter requests: of `shape`, ids within it.
    public init(location: String = "sample", shape: TraceShape, requests: [RequestTrace]) {
        precondition(requests.allSatisfy { $0.fits(shape) }, "requests are of another shape")
        self.location = location
        self.shape = shape
        self.requests = requests
    }

    public var requestCount: Int { requests.count }
    public var tokenCount: Int { requests.reduce(0) { $0 + $1.tokenCount(shape) } }

    public func forEachRequest<Failure: Error>(
        _ body: (RequestTrace) throws(Failure) -> Void
    ) throws(Failure) -> [TraceDamage] {
        for request in requests { try body(request) }
        return []
    }
}

extension RequestTrace {
    /// Whether this is whole tokens of `shape` with ids and boundaries within it.
    func fits(_ shape: TraceShape) -> Bool {
        guard experts.count.isMultiple(of: shape.idsPerToken), (0...TraceLimits.positions).contains(firstPosition)
        else {
            return false
        }
        guard (0...tokenCount(shape)).contains(prefillTokens), weights.map({ $0.count == experts.count }) ?? true else {
            return false
        }
        // One more than an id, so that `noExpert` wraps to 0 and the loop has no branch.
        return experts.reduce(0) { max($0, $1 &+ 1) } <= shape.expertCount
    }
}
