#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Owned float32 storage, aligned to 64 bytes and zero at first.
///
/// A big buffer takes memory only as it is written: a KV cache may be made for a whole context and filled in part.
///
/// `@unchecked Sendable` passes the storage between threads, it does not order their accesses: who shares a buffer
/// partitions it (the workers of one `ComputePool.run` write disjoint parts).
public final class FloatBuffer: @unchecked Sendable {
    /// First element, valid as long as the buffer lives.
    public let pointer: UnsafeMutablePointer<Float>
    /// Number of floats.
    public let count: Int
    /// Pages straight from the system, for a big buffer.
    private let pages: ZeroPages?

    public init(count: Int) {
        precondition(count >= 0 && count <= Int.max / 8, "no such buffer")
        self.count = count
        let capacity = max(count, 1)
        let bytes = capacity * MemoryLayout<Float>.stride
        pages = ZeroPages(bytes: bytes)
        let storage = pages?.base ?? AlignedStorage.allocate(bytes: bytes)
        pointer = storage.bindMemory(to: Float.self, capacity: capacity)
        if pages == nil { pointer.initialize(repeating: 0, count: capacity) }
    }

    deinit {
        if let pages { pages.unmap() } else { AlignedStorage.free(pointer) }
    }

    public subscript(index: Int) -> Float {
        get {
            precondition(index >= 0 && index < count, "index outside the buffer")
            return pointer[index]
        }
        set {
            precondition(index >= 0 && index < count, "index outside the buffer")
            pointer[index] = newValue
        }
    }

    /// All elements; do not use it after the buffer is gone.
    public var elements: UnsafeMutableBufferPointer<Float> {
        UnsafeMutableBufferPointer(start: pointer, count: count)
    }
}

/// Allocation at cache lines, or at huge pages where the size makes them worth it.
enum AlignedStorage {
    static let hugePage = 2 << 20

    /// `bytes` uninitialised bytes, aligned to 64 at least. Free with `free(_:)`.
    static func allocate(bytes: Int) -> UnsafeMutableRawPointer {
        let isBig = bytes >= hugePage
        var storage: UnsafeMutableRawPointer?
        let status = posix_memalign(&storage, isBig ? hugePage : 64, bytes)
        guard status == 0, let storage else { preconditionFailure("out of memory: \(bytes) bytes") }
        #if os(Linux)
            // Advice only: without huge pages the storage works all the same.
            if isBig { madvise(storage, bytes, MADV_HUGEPAGE) }
        #endif
        return storage
    }

    static func free(_ storage: UnsafeMutableRawPointer) {
        #if canImport(Glibc)
            Glibc.free(storage)
        #elseif canImport(Musl)
            Musl.free(storage)
        #elseif canImport(Darwin)
            Darwin.free(storage)
        #endif
    }
}

/// Private zero pages, aligned to huge pages, which the system makes resident when they are first touched.
private struct ZeroPages {
    let base: UnsafeMutableRawPointer
    private let mapping: UnsafeMutableRawPointer
    private let mappedBytes: Int

    /// Nil if `bytes` are too few to be worth pages of their own, or the system gives none.
    init?(bytes: Int) {
        guard bytes >= 2 * AlignedStorage.hugePage else { return nil }
        mappedBytes = bytes + AlignedStorage.hugePage
        let mapped = mmap(nil, mappedBytes, PROT_READ | PROT_WRITE, Self.flags, -1, 0)
        guard let mapped, mapped != MAP_FAILED else { return nil }
        mapping = mapped
        base = mapped.alignedUp(toMultipleOf: AlignedStorage.hugePage)
        #if os(Linux)
            // Advice only: without huge pages the storage works all the same.
            madvise(base, bytes, MADV_HUGEPAGE)
        #endif
    }

    func unmap() { munmap(mapping, mappedBytes) }

    #if os(Linux)
        private static let flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE
    #else
        private static let flags = MAP_PRIVATE | MAP_ANON
    #endif
}
