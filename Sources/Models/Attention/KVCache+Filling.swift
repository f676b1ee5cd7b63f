import Tensors

extension KVCache {
    /// Fills the first `positions` positions of an empty cache with keys and values drawn from -1...1: for measurements,
    /// where only the time matters. The 64 positions of a block's first page are repeated.
    ///
    /// - Parameter random: the next number.
    public func fill(positions: Int, pool: ComputePool, random: () -> Float) {
        precondition(count == 0 && positions <= capacity, "only an empty cache can be filled")
        reserve(positions)
        advance(positions)
        let shape = self.pool.shape
        let pattern = FloatBuffer(count: shape.bytes / MemoryLayout<Float>.stride)
        let page = UnsafeMutableRawPointer(pattern.pointer)
        for slot in 0..<KVPageShape.positions {
            let keys = (0..<shape.heads * shape.keySize).map { _ in random() }
            let values = (0..<shape.heads * shape.valueSize).map { _ in random() }
            Kernels.selected.store(shape, page: page, slot: slot, keys: keys, values: shape.isLatent ? nil : values)
        }
        pool.forEach(count: blocks, grain: 1) { blocks, _ in
            for block in blocks { copy(page, to: block, bytes: shape.bytes) }
        }
    }

    private func copy(_ pattern: UnsafeMutableRawPointer, to block: Int, bytes: Int) {
        for index in heldPages(of: block) {
            page(block, of: index * KVPageShape.positions).copyMemory(from: pattern, byteCount: bytes)
        }
    }
}
