import Activations
import Randomness

/// What placement learns from: expert counts of every request, and a sample of its tokens (who is chosen together).
public struct TrainingSet: Sendable {
    public struct Request: Sendable {
        public let label: String?
        /// Rows that count: decode where the request has any, else all.
        public let tokens: Int
        /// Activations of the prompt's first tokens, `[tokens, layers, topK]`; empty where not recorded.
        public let prompt: [UInt16]
        /// Sampled tokens of this request, as a range of the sample.
        public let sampled: Range<Int>

        /// Tokens that one sampled token stands for.
        public var weight: Float { sampled.isEmpty ? 0 : Float(tokens) / Float(sampled.count) }
    }

    public let shape: TraceShape
    public private(set) var requests: [Request] = []
    /// By layer, `[requests * experts]`: assignments of each request.
    public private(set) var counts: [[UInt32]]
    /// By layer, `[sampled tokens * topK]`.
    public private(set) var sample: [[UInt16]]
    /// Request of each sampled token.
    public private(set) var sampleRequest: [Int32] = []
    private let tokensPerRequest: Int
    private let promptTokens: Int

    /// - Parameters:
    ///   - tokensPerRequest: tokens sampled of each request, evenly over its length.
    ///   - promptTokens: tokens of the prompt kept of each request, from which its group is predicted.
    public init(shape: TraceShape, tokensPerRequest: Int = 48, promptTokens: Int = 64) {
        self.shape = shape
        self.tokensPerRequest = tokensPerRequest
        self.promptTokens = promptTokens
        counts = shape.blocks.map { _ in [] }
        sample = shape.blocks.map { _ in [] }
    }

    /// What counts alone tell: one request that chose every expert as often as was counted, with no token known.
    ///
    /// Balance can be planned from it, as that needs nothing else; bytes cannot.
    public init(_ experts: ExpertCounts) {
        self.init(shape: TraceShape(blocks: experts.blocks, expertCount: experts.expertCount, topK: 1))
        // As large as 32 bits hold; what that takes from small counts is no more than a rounding.
        let largest = experts.counts.joined().max() ?? 0
        let scale = min(1, Double(UInt32.max) / Double(max(1, largest)))
        let scaled = experts.counts.map { row in row.map { UInt32((Double($0) * scale).rounded(.down)) } }
        let tokens = scaled.map { $0.reduce(0) { $0 + Int($1) } }.max() ?? 0
        guard tokens > 0 else { return }
        counts = scaled
        requests = [Request(label: nil, tokens: tokens, prompt: [], sampled: 0..<0)]
    }

    /// All requests with one of so many of their sampled tokens; expert counts stay whole.
    func thinned(_ thinning: Int) -> TrainingSet {
        guard thinning > 1 else { return self }
        var thinned = self
        var tokens: [Int] = []
        for (index, request) in requests.enumerated() {
            let (first, sampled) = (tokens.count, request.sampled)
            let middle = min((thinning - 1) / 2, max(0, sampled.count - 1))
            tokens += stride(from: sampled.lowerBound + middle, to: sampled.upperBound, by: thinning)
            thinned.requests[index] = Request(
                label: request.label, tokens: request.tokens, prompt: request.prompt, sampled: first..<tokens.count)
        }
        thinned.sample = sample.map { layer in tokens.flatMap { layer[$0 * shape.topK..<($0 + 1) * shape.topK] } }
        thinned.sampleRequest = tokens.map { sampleRequest[$0] }
        return thinned
    }

    /// Tokens that the requests stand for.
    public var tokens: Int { requests.reduce(0) { $0 + $1.tokens } }

    /// Takes in a request; one without tokens is passed over.
    public mutating func add(_ request: RequestTrace) {
        let all = request.tokenCount(shape)
        let start = request.prefillTokens < all ? request.prefillTokens : 0
        guard all > start else { return }
        let rows = (start..<all)
        let picked = Self.spread(rows, min(tokensPerRequest, rows.count))
        let first = sampleRequest.count
        for layer in shape.blocks.indices {
            addCounts(request, rows, layer: layer)
            for row in picked {
                let at = row * shape.idsPerToken + layer * shape.topK
                sample[layer].append(contentsOf: request.experts[at..<at + shape.topK])
            }
        }
        sampleRequest.append(contentsOf: repeatElement(Int32(requests.count), count: picked.count))
        let prompt = Self.spread(0..<min(request.prefillTokens, all), min(promptTokens, request.prefillTokens, all))
        requests.append(
            Request(
                label: request.placementLabel, tokens: rows.count,
                prompt: prompt.flatMap {
                    request.experts[$0 * shape.idsPerToken..<($0 + 1) * shape.idsPerToken]
                }, sampled: first..<sampleRequest.count))
    }

    private mutating func addCounts(_ request: RequestTrace, _ rows: Range<Int>, layer: Int) {
        var row = [UInt32](repeating: 0, count: shape.expertCount)
        for token in rows {
            let at = token * shape.idsPerToken + layer * shape.topK
            for expert in request.experts[at..<at + shape.topK] where Int(expert) < row.count {
                row[Int(expert)] += 1
            }
        }
        counts[layer].append(contentsOf: row)
    }

    /// `count` positions of `range`, evenly apart.
    private static func spread(_ range: Range<Int>, _ count: Int) -> [Int] {
        (0..<count).map { range.lowerBound + ($0 * 2 + 1) * range.count / (2 * count) }
    }

    /// Assignments of every expert of a layer over all requests, `[experts]`.
    public func loads(layer: Int) -> [Double] {
        var loads = [Double](repeating: 0, count: shape.expertCount)
        for (index, count) in counts[layer].enumerated() { loads[index % shape.expertCount] += Double(count) }
        return loads
    }
}
