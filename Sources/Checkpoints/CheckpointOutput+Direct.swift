import Foundation

extension CheckpointOutput {
    /// Appends many bytes that nobody reads soon, past the page cache where the file system lets one: the cache would
    /// push out what is in use, and copying to it takes longer than many disks do. For that the offset and the address of
    /// the bytes must be multiples of 4096.
    /// - Parameter progress: told which share is written.
    package mutating func writePastCache(
        _ bytes: UnsafeRawBufferPointer, progress: (Double) -> Void = { _ in }
    ) throws(CheckpointError) {
        let page = 4096
        let isAligned = offset.isMultiple(of: page) && Int(bitPattern: bytes.baseAddress).isMultiple(of: page)
        let whole = bytes.count / page * page
        var done = 0
        var isDirect = isAligned && setDirect(true)
        while done < whole {
            let piece = UnsafeRawBufferPointer(rebasing: bytes[done..<min(done + (16 << 20), whole)])
            do throws(CheckpointError) {
                done += try writeSome(piece)
            } catch {
                // Some file systems take the flag, and then no write.
                guard isDirect, setDirect(false) else { throw error }
                isDirect = false
            }
            progress(Double(done) / Double(bytes.count))
        }
        setDirect(false)
        try write(UnsafeRawBufferPointer(rebasing: bytes[done...]))
    }

    /// Whether writes go past the page cache from now on; whether the system takes that.
    @discardableResult
    private func setDirect(_ isDirect: Bool) -> Bool {
        #if os(Linux)
            // O_DIRECT of <asm/fcntl.h>, which the C library's headers show to programs for Linux alone.
            #if arch(arm64)
                let direct: Int32 = 0o200000
            #else
                let direct: Int32 = 0o40000
            #endif
            let flags = fcntl(descriptor, F_GETFL)
            return flags >= 0 && fcntl(descriptor, F_SETFL, isDirect ? flags | direct : flags & ~direct) == 0
        #else
            return false
        #endif
    }
}
