import Randomness
import Tensors

/// Caches of several blocks, and queries; all caches hold the same page of random numbers.
struct AttentionWorkload {
    let shape: KVPageShape
    let positions: Int
    let heads: Int
    private let rows: Int
    private let blocks: Int
    private let memory: FloatBuffer
    private let queries: FloatBuffer
    private static let chunk = 1024

    init(_ shape: KVPageShape, positions: Int, heads: Int, rows: Int, blocks: Int) {
        self.shape = shape
        self.positions = positions
        self.heads = heads
        self.rows = rows
        self.blocks = blocks
        var random = SplitMix64(seed: 1)
        let pages = KVPageShape.pages(positions) * blocks
        memory = FloatBuffer(count: pages * shape.bytes / 4)
        let first = UnsafeMutableRawPointer(memory.pointer)
        for slot in 0..<KVPageShape.positions {
            let keys = (0..<shape.heads * shape.keySize).map { _ in Float.random(in: -1...1, using: &random) }
            let values = (0..<shape.heads * shape.valueSize).map { _ in Float.random(in: -1...1, using: &random) }
            Kernels.selected.store(shape, page: first, slot: slot, keys: keys, values: shape.isLatent ? nil : values)
        }
        for page in 1..<max(pages, 2) where page < pages {
            (first + page * shape.bytes).copyMemory(from: first, byteCount: shape.bytes)
        }
        queries = FloatBuffer(count: rows * heads * shape.keySize)
        for i in 0..<queries.count { queries[i] = Float.random(in: -0.1...0.1, using: &random) }
    }

    /// Multiplications and additions of decode for each byte read.
    var operationsPerByte: Double {
        Double(2 * heads * (shape.keySize + shape.valueSize) * KVPageShape.positions) / Double(shape.headBytes)
    }

    /// One token's attention in every block, cut as the models cut it. The bytes of keys and values come back.
    func decode(_ pool: ComputePool) -> Double {
        let chunks = (positions + Self.chunk - 1) / Self.chunk
        for block in 0..<blocks {
            pool.forEach(count: shape.heads * chunks, grain: 1) { units, worker in
                for unit in units {
                    let (head, chunk) = unit.quotientAndRemainder(dividingBy: chunks)
                    attend(
                        pool, worker, block: block, head: head, position: positions - 1, rows: 1,
                        positions: chunk * Self.chunk..<(chunk + 1) * Self.chunk)
                }
            }
        }
        return Double(blocks * KVPageShape.pages(positions) * shape.bytes)
    }

    /// The attention of the last `tokens` tokens. Multiplications and additions come back, masked ones not counted.
    func prefill(_ pool: ComputePool, tokens: Int) -> Double {
        let tiles = (tokens + rows - 1) / rows
        pool.forEach(count: shape.heads * tiles, grain: 1) { units, worker in
            for unit in units {
                let (head, tile) = unit.quotientAndRemainder(dividingBy: tiles)
                let first = positions - tokens + tile * rows
                let count = min(rows, positions - first)
                for start in stride(from: 0, to: first + count, by: Self.chunk) {
                    attend(
                        pool, worker, block: 0, head: head, position: first, rows: count,
                        positions: start..<start + Self.chunk)
                }
            }
        }
        let seen = tokens * (2 * positions - tokens + 1) / 2
        return Double(2 * seen * shape.heads * heads * (shape.keySize + shape.valueSize))
    }

    private func attend(
        _ pool: ComputePool, _ worker: Int, block: Int, head: Int, position: Int, rows: Int, positions: Range<Int>
    ) {
        let pageCount = KVPageShape.pages(self.positions)
        let count = rows * heads
        let scratchFloats = Kernels.attentionScratch(shape, count: count)
        let stateFloats = AttentionState.floats(count: count, stride: shape.valueStride)
        let scratch = pool.scratch(worker: worker, bytes: (scratchFloats + stateFloats) * 4)
            .assumingMemoryBound(to: Float.self)
        withUnsafeTemporaryAllocation(of: UnsafeRawPointer?.self, capacity: pageCount) { pages in
            for page in 0..<pageCount {
                pages.initializeElement(
                    at: page, to: UnsafeRawPointer(memory.pointer) + (block * pageCount + page) * shape.bytes)
            }
            guard let table = pages.baseAddress else { return }
            Kernels.selected.attend(
                shape, head: head,
                queries: AttentionQueries(
                    vectors: queries.pointer, rows: rows, heads: heads, position: position, mask: .all),
                pages: table, positions: positions, scratch: scratch,
                state: AttentionState(scratch + scratchFloats, count: count))
        }
    }
}
