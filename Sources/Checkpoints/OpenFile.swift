import Foundation

/// A regular file that is read piece by piece, so that only the pieces are in this process's memory.
///
/// A file that is cut short meanwhile ends in an error, not, as a mapped one, in the end of the process.
package final class OpenFile: Sendable {
    package let path: String
    /// Bytes that it had when it was opened.
    package let count: Int
    private let descriptor: Int32

    /// The file at `path`, which must be regular and not empty.
    package init(_ path: String) throws(CheckpointError) {
        self.path = path
        // O_NONBLOCK: opening a named pipe must fail below, not wait for a writer. It changes nothing for regular files.
        descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            throw CheckpointError(file: path, reason: "cannot open: \(String(cString: strerror(errno)))")
        }
        do throws(CheckpointError) { count = try Self.size(descriptor, path: path) } catch {
            close(descriptor)
            throw error
        }
    }

    deinit { close(descriptor) }

    /// The file's number with the system, valid as long as this is.
    func withDescriptor<Result>(_ body: (Int32) -> Result) -> Result { body(descriptor) }

    /// Reads the bytes from `offset` on until `buffer` is full.
    package func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(CheckpointError) {
        var filled = 0
        while filled < buffer.count {
            let got = pread(
                descriptor, buffer.baseAddress.map { $0 + filled }, buffer.count - filled, off_t(offset + filled))
            if got > 0 {
                filled += got
            } else if got == 0 {
                throw CheckpointError(file: path, offset: offset + filled, reason: "ends here: it was cut short")
            } else if errno != EINTR {
                let reason = "cannot read: \(String(cString: strerror(errno)))"
                throw CheckpointError(file: path, offset: offset + filled, reason: reason)
            }
        }
    }

    private static func size(_ descriptor: Int32, path: String) throws(CheckpointError) -> Int {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            throw CheckpointError(file: path, reason: "cannot stat: \(String(cString: strerror(errno)))")
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw CheckpointError(file: path, reason: "is not a regular file")
        }
        guard status.st_size > 0 else {
            throw CheckpointError(file: path, reason: "is empty")
        }
        return Int(status.st_size)
    }
}
