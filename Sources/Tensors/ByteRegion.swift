/// Read-only bytes together with whatever keeps them alive: a mapped file or an owned allocation.
///
/// `@unchecked Sendable` holds because nobody writes the bytes after the region is made, and `owner` frees or
/// unmaps them only when the last region that names it is gone.
public struct ByteRegion: @unchecked Sendable {
    /// First byte. Valid as long as this region (or a copy of it) lives.
    public let base: UnsafeRawPointer
    /// Number of bytes from `base`.
    public let count: Int
    /// Where the system finds the bytes again if they leave memory.
    public let backing: Backing
    private let owner: AnyObject

    public enum Backing: Sendable {
        /// Nowhere: they are in memory only.
        case memory
        /// In a file that is mapped read-only.
        case file
    }

    public init(base: UnsafeRawPointer, count: Int, backing: Backing = .memory, owner: AnyObject) {
        precondition(count >= 0)
        self.base = base
        self.count = count
        self.backing = backing
        self.owner = owner
    }

    /// A region of its own of `count` bytes, aligned to 64, all of which `fill` writes.
    public init(count: Int, fill: (UnsafeMutableRawPointer) throws -> Void) rethrows {
        precondition(count >= 0)
        let storage = OwnedStorage(bytes: max(count, 1))
        try fill(storage.base)
        self.init(base: storage.base, count: count, owner: storage)
    }

    /// The bytes `range` of this region, sharing its owner.
    public func slice(_ range: Range<Int>) -> ByteRegion {
        precondition(range.lowerBound >= 0 && range.upperBound <= count, "slice outside the region")
        return ByteRegion(base: base + range.lowerBound, count: range.count, backing: backing, owner: owner)
    }

    /// From the beginning of this region to the end of `next`, which begins at most `gap` bytes behind its end. Nil if it
    /// does not, or belongs to another owner.
    func joined(with next: ByteRegion, gap: Int) -> ByteRegion? {
        let distance = Int(bitPattern: next.base) - Int(bitPattern: base)
        guard owner === next.owner, distance >= count, distance - count <= gap else { return nil }
        return ByteRegion(base: base, count: distance + next.count, backing: backing, owner: owner)
    }
}

/// Storage that lives as long as the regions that name it as their owner.
private final class OwnedStorage {
    let base: UnsafeMutableRawPointer

    init(bytes: Int) { base = AlignedStorage.allocate(bytes: bytes) }

    deinit { AlignedStorage.free(base) }
}
