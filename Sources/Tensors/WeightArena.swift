/// Memory for many matrices, in chunks on huge pages (where the system gives them). A matrix of a few megabytes by
/// itself would lie on small pages, which products from memory read a third more slowly.
///
/// One thread at a time may use an arena. A chunk lives as long as a region of it; none is used twice.
public final class WeightArena {
    private let chunkBytes: Int
    private var chunk: ByteRegion?
    private var used = 0

    /// - Parameter chunkBytes: what is asked of the system at once; more for a matrix that is larger. Pages that are
    ///   not written take no memory.
    public init(chunkBytes: Int = 256 << 20) {
        precondition(chunkBytes > 0)
        self.chunkBytes = chunkBytes
    }

    /// The next `count` bytes, aligned to 64, all of which `fill` writes. Nothing is used up if it throws.
    func region(count: Int, fill: (UnsafeMutableRawPointer) throws -> Void) rethrows -> ByteRegion {
        let start = (used + 63) / 64 * 64
        if let chunk, count <= chunk.count - start {
            let region = chunk.slice(start..<start + count)
            // Nobody reads these bytes before they are handed out, and they are handed out once.
            try fill(UnsafeMutableRawPointer(mutating: region.base))
            used = start + count
            return region
        }
        let chunk = ByteRegion(count: max(chunkBytes, count)) { _ in }
        try fill(UnsafeMutableRawPointer(mutating: chunk.base))
        self.chunk = chunk
        used = count
        return chunk.slice(0..<count)
    }
}
