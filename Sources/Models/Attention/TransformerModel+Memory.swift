import Tensors

extension TransformerModel {
    /// No context is longer.
    public static let mostPositions = 1 << 27

    /// The longest sequence whose KV cache fits into `cacheBytes` bytes, fed `maxBatch` tokens at a time at most; no
    /// longer than `limit`.
    public func longestSequence(
        cacheType: KVCacheType, cacheBytes: Int, maxBatch: Int, limit: Int = mostPositions
    ) -> Int {
        KVDemand(masks: configuration.blocks.map(\.mask), maxBatch: maxBatch).positions(
            pages: cacheBytes / configuration.attention.page(cacheType).bytes, limit: limit)
    }

    /// Bytes of keys and values that the token at `position` reads.
    public func cacheBytesRead(at position: Int, type: KVCacheType) -> Int {
        let page = configuration.attention.page(type)
        let seen = configuration.blocks.reduce(0) { $0 + position + 1 - $1.mask.start(for: position) }
        return seen * page.bytes / KVPageShape.positions
    }
}
