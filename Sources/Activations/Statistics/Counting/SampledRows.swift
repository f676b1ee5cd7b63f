/// Rows of sampled tokens, gathered until there are enough of them: tables of pairs are far larger than a processor's
/// cache, so that a layer counts many tokens at once or waits for memory at each.
struct SampledRows {
    private let shape: TraceShape
    /// Of each random half of the requests.
    private var halves: [[UInt16]] = [[], []]

    /// Ids of both halves at which it is time to count.
    private static let enough = 1 << 21

    init(shape: TraceShape) { self.shape = shape }

    var isFull: Bool { halves[0].count + halves[1].count >= Self.enough }

    /// - Parameter tokens: rows of the request.
    mutating func append(_ tokens: [Int32], of request: RequestTrace, half: Int) {
        for token in tokens {
            let start = Int(token) * shape.idsPerToken
            halves[half].append(contentsOf: request.experts[start..<start + shape.idsPerToken])
        }
    }

    mutating func removeAll() { for half in halves.indices { halves[half].removeAll(keepingCapacity: true) } }

    /// Calls `body` with the rows of one layer, for each half that has some.
    func forEachHalf(layer: Int, _ body: (_ rows: LayerRows, _ half: Int) -> Void) {
        for (half, ids) in halves.enumerated() {
            ids.withUnsafeBufferPointer { ids in
                let rows = LayerRows(
                    ids: ids, shape: shape, layer: layer, tokens: ids.count / shape.idsPerToken, prefillTokens: 0)
                if let rows { body(rows, half) }
            }
        }
    }
}
