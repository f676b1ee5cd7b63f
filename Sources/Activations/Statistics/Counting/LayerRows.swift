/// One layer's ids in the rows of a request: a view that is valid only while the request's ids are borrowed.
struct LayerRows {
    /// First id of the layer in the first token's row.
    private let ids: UnsafePointer<UInt16>
    /// Ids from one token's row to the next.
    private let stride: Int
    let topK: Int
    let tokens: Int
    /// Tokens of the prompt; they come first.
    let prefillTokens: Int

    /// nil where there are no ids.
    ///
    /// - Parameter tokens: whole rows in `ids`, so that every row that can be asked for is inside.
    init?(ids: UnsafeBufferPointer<UInt16>, shape: TraceShape, layer: Int, tokens: Int, prefillTokens: Int) {
        guard let start = ids.baseAddress, tokens > 0 else { return nil }
        precondition(tokens * shape.idsPerToken <= ids.count && layer < shape.layerCount, "rows beyond the ids")
        self.ids = start + layer * shape.topK
        stride = shape.idsPerToken
        topK = shape.topK
        self.tokens = tokens
        self.prefillTokens = prefillTokens
    }

    /// `topK` ids of this layer, in order of choice; those of the next layer follow.
    ///
    /// - Parameter token: below `tokens`.
    func row(_ token: Int) -> UnsafePointer<UInt16> { ids + token * stride }
}
