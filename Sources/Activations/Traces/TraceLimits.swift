/// Upper bounds a reader applies to what a trace claims, so that a hostile one costs no more than its own size.
public struct TraceLimits: Sendable {
    /// Experts of a layer: ids are 16 bits, and the largest stands for none.
    public static let experts = Int(RequestTrace.noExpert)
    /// Positions in a text: hundreds of times the longest contexts, and sums over all requests of a trace fit an integer.
    public static let positions = 1 << 32
    /// MoE layers.
    public var layers = 4096
    /// Experts a token uses in a layer.
    public var topK = 1024
    /// Bytes of an index (`trace.json`, `meta.json`).
    public var indexBytes = 64 << 20
    /// Segments of one trace.
    public var segments = 1 << 20
    /// Bytes of one request's line or entry, its id and labels included.
    public var requestBytes = 64 << 10
    /// Requests of one segment or of one compact folder.
    public var requests = 1 << 24
    /// Pieces of damage named one by one; more are counted.
    public var damages = 1000

    public init() {}

    /// Limits for ordinary use.
    public static let `default` = TraceLimits()
}
