import Activations

/// Requests to replay, in memory: all expert ids in one array, which a simulation reads at random.
public struct ReplayTrace: Sendable {
    public struct Request: Sendable, Equatable {
        public let id: String
        /// What is known of it before its prompt is read.
        public let label: String?
        public let prefillTokens: Int
        /// Rows, prefill and decode.
        public let tokens: Int
        /// Position in its text of the first row.
        public let firstPosition: Int
        /// Index of the first row's first id.
        let firstID: Int
    }

    public let shape: TraceShape
    public let requests: [Request]
    let ids: [UInt16]

    /// - Parameter requests: each with whole rows of `shape`.
    public init(shape: TraceShape, requests source: some Sequence<RequestTrace>) {
        var ids: [UInt16] = []
        var requests: [Request] = []
        for request in source {
            let tokens = request.tokenCount(shape)
            requests.append(
                Request(
                    id: request.id, label: request.placementLabel, prefillTokens: min(request.prefillTokens, tokens),
                    tokens: tokens, firstPosition: request.firstPosition, firstID: ids.count))
            ids.append(contentsOf: request.experts.prefix(tokens * shape.idsPerToken))
        }
        self.shape = shape
        self.requests = requests
        self.ids = ids
    }

    /// Rows `tokens` of a request: `[tokens, layers, topK]`.
    func experts(_ request: Int, tokens: Range<Int>) -> ArraySlice<UInt16> {
        let start = requests[request].firstID
        return ids[start + tokens.lowerBound * shape.idsPerToken..<start + tokens.upperBound * shape.idsPerToken]
    }

    /// A request with its first `tokens` rows: what has been seen of it.
    func seen(_ request: Int, tokens: Int) -> RequestTrace {
        let source = requests[request]
        return RequestTrace(
            id: source.id, domain: source.label, prefillTokens: min(source.prefillTokens, tokens),
            firstPosition: source.firstPosition, experts: Array(experts(request, tokens: 0..<tokens)))
    }
}
