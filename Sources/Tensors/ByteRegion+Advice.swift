#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

extension ByteRegion {
    /// Tells the system that these bytes are not needed again soon, so that pages of a mapped file leave the memory of
    /// this process. Advice only: the bytes stay what they are and may be read at any time.
    public func adviseUnneeded() {
        #if os(Linux)
            let page = Int(sysconf(Int32(_SC_PAGESIZE)))
            let first = (Int(bitPattern: base) + page - 1) / page * page
            let last = (Int(bitPattern: base) + count) / page * page
            guard last > first, let start = UnsafeMutableRawPointer(bitPattern: first) else { return }
            // MADV_PAGEOUT (Linux 5.4), which the C library's headers may not name. Unlike MADV_DONTNEED it never loses
            // what is in memory only.
            madvise(start, last - first, 21)
        #endif
    }
}
