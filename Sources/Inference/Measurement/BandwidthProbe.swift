import Tensors

/// Measures how fast all threads of a pool read memory together.
public final class BandwidthProbe {
    private let pool: ComputePool
    private let buffer: FloatBuffer
    private let pieces: Int
    private static let pieceBytes = 4 << 20

    /// - Parameter bytes: far more than the caches hold.
    public init(pool: ComputePool, bytes: Int = 512 << 20) {
        self.pool = pool
        pieces = max(bytes / Self.pieceBytes, 1)
        buffer = FloatBuffer(count: pieces * Self.pieceBytes / MemoryLayout<Float>.stride)
        // Pages that were never written all read as one page of zeros, out of the cache.
        forEachPiece { $0.update(repeating: 1, count: Self.pieceBytes / MemoryLayout<Float>.stride) }
    }

    /// What the buffer takes of memory.
    public var byteCount: Int { pieces * Self.pieceBytes }

    /// The best of `rounds` passes over the buffer.
    public func bytesPerSecond(rounds: Int = 5) -> Double {
        let seconds = (0..<max(rounds, 1)).map { _ in
            ContinuousClock().measure {
                forEachPiece { _ = Kernels.selected.readProbe($0, count: Self.pieceBytes) }
            }.seconds
        }
        return Double(byteCount) / (seconds.min() ?? .infinity)
    }

    private func forEachPiece(_ body: (UnsafeMutablePointer<Float>) -> Void) {
        pool.forEach(count: pieces, grain: 1) { taken, _ in
            for piece in taken { body(buffer.pointer + piece * (Self.pieceBytes / MemoryLayout<Float>.stride)) }
        }
    }
}
