/// How often one request uses each expert of some neighbouring layers, counted in one pass over its rows: the ids of
/// neighbouring layers are next to each other in memory.
///
/// A layer has an entry for each expert in prefill, for each in decode, and one for all ids that are no expert.
struct RequestCounts {
    private let shape: TraceShape
    private let layers: Range<Int>
    private let counts: UnsafeMutablePointer<UInt32>

    /// - Parameter memory: `bytes(_:layers:)` bytes, aligned to 4, that stay valid as long as this is used.
    init(shape: TraceShape, layers: Range<Int>, memory: UnsafeMutableRawPointer) {
        self.shape = shape
        self.layers = layers
        counts = memory.assumingMemoryBound(to: UInt32.self)
    }

    static func bytes(_ shape: TraceShape, layers: Int) -> Int {
        layers * entries(shape.expertCount) * MemoryLayout<UInt32>.stride
    }

    /// Half of the counts are in use at a time, those of prefill or of decode, and should stay in a first-level cache.
    private static let cacheBytes = 16 << 10

    /// How many layers to count at once: pieces for all threads, each small enough.
    static func layersTogether(_ shape: TraceShape, threads: Int) -> Int {
        let even = (shape.layerCount + 2 * threads - 1) / (2 * threads)
        return max(1, min(even, 2 * cacheBytes / bytes(shape, layers: 1)))
    }

    private static func entries(_ experts: Int) -> Int { 2 * experts + 1 }

    /// Those of one layer: prefill, decode, and the one of no expert.
    subscript(layer: Int) -> UnsafeBufferPointer<UInt32> {
        precondition(layers.contains(layer), "not counted here")
        let entries = Self.entries(shape.expertCount)
        return UnsafeBufferPointer(start: counts + (layer - layers.lowerBound) * entries, count: entries)
    }

    /// Counts anew.
    ///
    /// - Parameters:
    ///   - ids: of `tokens` whole rows at least.
    ///   - prefillTokens: how many of the rows come before decode's.
    func count(_ ids: [UInt16], tokens: Int, prefillTokens: Int) {
        counts.update(repeating: 0, count: layers.count * Self.entries(shape.expertCount))
        precondition(tokens * shape.idsPerToken <= ids.count, "rows beyond the ids")
        ids.withUnsafeBufferPointer { ids in
            guard let start = ids.baseAddress else { return }
            add(start, rows: 0..<prefillTokens, phase: 0)
            add(start, rows: prefillTokens..<tokens, phase: shape.expertCount)
        }
    }

    /// - Parameter phase: where its experts begin among a layer's entries.
    private func add(_ ids: UnsafePointer<UInt16>, rows: Range<Int>, phase: Int) {
        let (experts, topK, entries) = (shape.expertCount, shape.topK, Self.entries(shape.expertCount))
        // Writes stay inside: whatever is no expert goes to the layer's last entry.
        let stranger = 2 * experts &- phase
        for row in rows {
            var choice = ids + (row &* shape.idsPerToken &+ layers.lowerBound &* topK)
            var layer = counts + phase
            for _ in 0..<layers.count {
                for place in 0..<topK {
                    let id = Int(choice[place])
                    layer[id < experts ? id : stranger] &+= 1
                }
                choice += topK
                layer += entries
            }
        }
    }
}
