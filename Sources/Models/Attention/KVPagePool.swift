import Tensors

/// Memory for the pages of all KV caches of a runner, within a limit. A page holds 64 positions of one block.
///
/// Used by one thread. Memory is asked of the system in pieces as it is needed, and kept: pages that come back serve
/// the next cache.
public final class KVPagePool {
    public let shape: KVPageShape
    /// Pages that there may be.
    public let limit: Int
    /// Pages that caches hold.
    public private(set) var used = 0
    /// Pages that nobody holds; the next one last.
    private var idle: [UnsafeMutableRawPointer] = []
    private var pieces: [FloatBuffer] = []
    private var made = 0

    private static let pieceBytes = 32 << 20

    init(shape: KVPageShape, bytes: Int) {
        precondition(bytes >= 0)
        self.shape = shape
        limit = bytes / shape.bytes
    }

    /// Pages that can still be taken.
    public var available: Int { limit - used }

    /// A page, whose contents are undefined. There must be one available.
    func take() -> UnsafeMutableRawPointer {
        precondition(available > 0, "the KV memory is used up")
        if idle.isEmpty { grow() }
        used += 1
        return idle.removeLast()
    }

    /// Takes `page` back, which nobody uses any more.
    func giveBack(_ page: UnsafeMutableRawPointer) {
        used -= 1
        idle.append(page)
    }

    private func grow() {
        let count = min(max(Self.pieceBytes / shape.bytes, 1), limit - made)
        let piece = FloatBuffer(count: count * shape.bytes / MemoryLayout<Float>.stride)
        let base = UnsafeMutableRawPointer(piece.pointer)
        idle.append(contentsOf: (0..<count).reversed().map { base + $0 * shape.bytes })
        pieces.append(piece)
        made += count
    }
}
