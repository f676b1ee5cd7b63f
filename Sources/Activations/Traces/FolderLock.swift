import Foundation

/// Keeps two writers, of this process or another, from writing the same trace. Gone with the process that holds it.
struct FolderLock: ~Copyable {
    private let descriptor: Int32

    init(_ folder: String) throws(TraceError) {
        let opened = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard opened >= 0 else {
            throw TraceError(file: folder, reason: "cannot open: \(String(cString: strerror(errno)))")
        }
        guard flock(opened, LOCK_EX | LOCK_NB) == 0 else {
            let reason = errno == EWOULDBLOCK ? "is being written by another trace writer" : "cannot be locked"
            close(opened)
            throw TraceError(file: folder, reason: reason)
        }
        descriptor = opened
    }

    deinit { close(descriptor) }
}
