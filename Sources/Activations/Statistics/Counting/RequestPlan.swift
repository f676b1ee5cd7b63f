/// What is to be done with one request, decided once for all layers.
struct RequestPlan {
    /// Row of its domain; nil without a label or beyond the limit of domains.
    let domain: Int?
    /// Half of the trace that it is drawn into (0 or 1), for comparisons of a thing with itself.
    let half: Int
    /// Window of time that it belongs to.
    let window: Int
    /// Windows 2i and 2i + 1 are to become one before it is counted.
    let mergesWindows: Bool
    /// Place where its own counts are kept.
    let slot: Int?
    /// Tokens from its beginning that go through the caches.
    let cacheTokens: Int
    /// Tokens whose pairs are counted.
    let pairTokens: [Int32]
}
