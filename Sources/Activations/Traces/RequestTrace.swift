/// The expert activations of one request: its prompt's tokens (prefill) first, then its answer's (decode).
public struct RequestTrace: Sendable, Equatable {
    /// No expert: a token dropped by capacity or a layer that did not route it.
    public static let noExpert = UInt16.max

    public var id: String
    /// Label of the request's domain (code, chat, …), where one is known.
    public var domain: String?
    /// A finer label within the domain, where one is known.
    public var category: String?
    /// Seconds since the trace began, where known.
    public var arrival: Double?
    /// Seconds from the first to the last forward pass over the prompt, and from there to the end, where known.
    public var prefillSeconds: Double?
    public var decodeSeconds: Double?
    /// Tokens of the prompt that have rows; they come first.
    public var prefillTokens: Int
    /// Position in the request's text of the first row: 0 unless rows of the prompt are missing (a trace of decode only).
    public var firstPosition: Int
    /// `[tokens, layers, topK]`, row-major, logical ids; `noExpert` where there was none.
    public var experts: [UInt16]
    /// The routers' weights in the same order, where recorded.
    public var weights: [Float]?

    public init(
        id: String, domain: String? = nil, category: String? = nil, arrival: Double? = nil, prefillTokens: Int,
        firstPosition: Int = 0, experts: [UInt16], weights: [Float]? = nil
    ) {
        self.id = id
        self.domain = domain
        self.category = category
        self.arrival = arrival
        self.prefillTokens = prefillTokens
        self.firstPosition = firstPosition
        self.experts = experts
        self.weights = weights
    }

    /// Rows of this request, prefill and decode.
    public func tokenCount(_ shape: TraceShape) -> Int { experts.count / max(1, shape.idsPerToken) }
}
