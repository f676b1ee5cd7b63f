#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// What the system is told about the use of bytes. Advice only, and nothing outside Linux: the bytes stay what they are
/// and may be read at any time.
extension ByteRegion {
    /// These bytes are not needed again soon: pages of a mapped file leave the memory of this process, and that of the
    /// system unless other processes use them.
    public func adviseUnneeded() {
        // Linux 5.4. Unlike MADV_DONTNEED it never loses what is in memory only.
        advise(Advice.pageOut, pages: .inside)
    }

    /// These bytes of a mapped file are not needed again soon by this process; the system may keep them.
    func adviseUnmapped() {
        precondition(backing == .file, "bytes that are in memory only would be lost")
        advise(Advice.dontNeed, pages: .inside)
    }

    /// Brings the bytes into memory, those of a file at the speed of the disk, and returns when they are there.
    public func load() {
        // Linux 5.14. Before, at least let reading begin.
        if !advise(Advice.populateRead, pages: .touched) { advise(Advice.willNeed, pages: .touched) }
    }

    /// Asks for huge pages, where the bytes begin at the boundary of one. Linux gives them to files whose file system has large folios.
    public func adviseHugePages() { advise(Advice.hugePage, pages: .touched) }

    /// How much of it is in memory, of this process or of the system: 0 to 1. 1 where the system does not tell.
    var residentShare: Double {
        #if os(Linux)
            let pages = pages(.touched)
            guard let start = UnsafeMutableRawPointer(bitPattern: pages.lowerBound) else { return 1 }
            var isResident = [UInt8](repeating: 0, count: pages.count / Self.pageBytes)
            guard !isResident.isEmpty, mincore(start, pages.count, &isResident) == 0 else { return 1 }
            return Double(isResident.count { $0 & 1 == 1 }) / Double(isResident.count)
        #else
            return 1
        #endif
    }

    /// Which pages advice is about, for a region that does not begin and end with one.
    private enum Pages { case touched, inside }

    /// Numbers of <asm-generic/mman-common.h>; the C library's headers may be older than the kernel.
    private enum Advice {
        static let willNeed: Int32 = 3, dontNeed: Int32 = 4, hugePage: Int32 = 14, pageOut: Int32 = 21
        static let populateRead: Int32 = 22
    }

    /// Whether the system took the advice.
    @discardableResult
    private func advise(_ advice: Int32, pages: Pages) -> Bool {
        #if os(Linux)
            let range = self.pages(pages)
            guard !range.isEmpty, let start = UnsafeMutableRawPointer(bitPattern: range.lowerBound) else { return true }
            return madvise(start, range.count, advice) == 0
        #else
            return false
        #endif
    }

    #if os(Linux)
        private static let pageBytes = Int(sysconf(Int32(_SC_PAGESIZE)))

        private func pages(_ pages: Pages) -> Range<Int> {
            let first = Int(bitPattern: base), end = first + count
            let widened = Self.pageBytes - 1
            switch pages {
            case .touched:
                return first / Self.pageBytes * Self.pageBytes..<(end + widened) / Self.pageBytes * Self.pageBytes
            case .inside:
                let start = (first + widened) / Self.pageBytes * Self.pageBytes
                return start..<max(start, end / Self.pageBytes * Self.pageBytes)
            }
        }
    #endif
}
