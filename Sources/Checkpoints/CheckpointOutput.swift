import Foundation

/// A file being written under a temporary name next to its final one; it appears, complete, when `commit` renames it.
/// Without `commit` nothing is left behind.
public struct CheckpointOutput: ~Copyable {
    private let path: String
    let temporaryPath: String
    let descriptor: Int32
    private var isCommitted = false
    /// Bytes written so far.
    package private(set) var offset = 0

    /// Creates the temporary file in the folder of `path`, so that the rename stays within one file system.
    package init(path: String) throws(CheckpointError) {
        let url = URL(fileURLWithPath: path)
        let folder = url.deletingLastPathComponent().path
        var attempt = 0
        // The name is free unless an earlier process of the same number was killed while writing.
        while true {
            let name = Self.temporaryPrefix(of: url) + "\(getpid()).\(attempt)" + Self.temporarySuffix
            let candidate = HuggingFaceFolder.join(folder, name)
            let descriptor = open(candidate, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
            if descriptor >= 0, Self.claim(descriptor) {
                self.path = path
                self.descriptor = descriptor
                temporaryPath = candidate
                return
            }
            attempt += 1
            guard descriptor >= 0 || errno == EEXIST, attempt < 100 else {
                throw CheckpointError(file: path, reason: "cannot create: \(String(cString: strerror(errno)))")
            }
        }
    }

    /// Marks a new file as being written, for `removeAbandoned`; false, and the file is closed, if that came first.
    private static func claim(_ descriptor: Int32) -> Bool {
        var status = stat()
        if flock(descriptor, LOCK_EX) == 0, fstat(descriptor, &status) == 0, status.st_nlink == 0 {
            close(descriptor)
            return false
        }
        // Some file systems have no locks.
        return true
    }

    deinit {
        close(descriptor)
        if !isCommitted { unlink(temporaryPath) }
    }

    /// Appends `bytes`.
    public mutating func write(_ bytes: UnsafeRawBufferPointer) throws(CheckpointError) {
        var rest = bytes
        while !rest.isEmpty { rest = UnsafeRawBufferPointer(rebasing: rest[try writeSome(rest)...]) }
    }

    /// Appends the first of `bytes`, one at least.
    /// - Returns: how many.
    mutating func writeSome(_ bytes: UnsafeRawBufferPointer) throws(CheckpointError) -> Int {
        while true {
            let written = Foundation.write(descriptor, bytes.baseAddress, bytes.count)
            if written < 0, errno == EINTR { continue }
            guard written > 0 else { throw failure("cannot write") }
            offset += written
            return written
        }
    }

    /// Appends numbers as they lie in memory: little-endian on the machines this program supports.
    public mutating func write<Number: BitwiseCopyable>(_ numbers: [Number]) throws(CheckpointError) {
        // `write` takes the buffer only for the duration of the call.
        try numbers.withUnsafeBufferPointer { buffer throws(CheckpointError) in
            try write(UnsafeRawBufferPointer(buffer))
        }
    }

    /// Appends `count` zeros as a hole, which takes no space where the file system has such.
    public mutating func skip(_ count: Int) throws(CheckpointError) {
        precondition(count >= 0)
        guard ftruncate(descriptor, off_t(offset + count)) == 0, lseek(descriptor, 0, SEEK_END) >= 0 else {
            throw failure("cannot extend")
        }
        offset += count
    }

    /// Appends zeros up to the next multiple of `alignment`.
    mutating func pad(to alignment: Int) throws(CheckpointError) {
        let padding = (alignment - offset % alignment) % alignment
        // In pieces, because an alignment may be as large as 2 GiB.
        let zeros = [UInt8](repeating: 0, count: min(padding, 1 << 16))
        var left = padding
        while left > 0 {
            let piece = min(left, zeros.count)
            try write(Array(zeros.prefix(piece)))
            left -= piece
        }
    }

    /// Deletes what writers of the file at `path` left behind because they were killed.
    package static func removeAbandoned(path: String) {
        let url = URL(fileURLWithPath: path)
        removeAbandoned(folder: url.deletingLastPathComponent().path, prefix: "\(url.lastPathComponent).")
    }

    /// Deletes what writers of files in `folder` whose names begin with `prefix` left behind because they were killed.
    package static func removeAbandoned(folder: String, prefix: String) {
        for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        where name.hasPrefix(".\(prefix)") && name.hasSuffix(temporarySuffix) {
            let candidate = HuggingFaceFolder.join(folder, name)
            let descriptor = open(candidate, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
            guard descriptor >= 0 else { continue }
            // A writer that lives holds the lock, in whatever container it runs.
            if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { unlink(candidate) }
            close(descriptor)
        }
    }

    private static func temporaryPrefix(of url: URL) -> String { ".\(url.lastPathComponent)." }
    private static let temporarySuffix = ".partial"

    /// Flushes to disk and puts the file in its place.
    package mutating func commit() throws(CheckpointError) {
        guard fsync(descriptor) == 0 else { throw failure("cannot flush") }
        guard rename(temporaryPath, path) == 0 else { throw failure("cannot rename") }
        isCommitted = true
    }

    private func failure(_ what: String) -> CheckpointError {
        CheckpointError(file: path, offset: offset, reason: "\(what): \(String(cString: strerror(errno)))")
    }
}

/// Writes the bytes of one tensor, in one call of `write` or many.
public typealias TensorBody = (inout CheckpointOutput) throws(CheckpointError) -> Void

/// A tensor that a writer will write.
struct PendingTensor {
    let name: String
    let typeName: String
    let shape: [Int]
    let byteCount: Int
    let body: TensorBody

    /// Lets the body write, and checks that it wrote what the header promised.
    func write(to output: inout CheckpointOutput, file: String) throws(CheckpointError) {
        let start = output.offset
        try body(&output)
        let written = output.offset - start
        guard written == byteCount else {
            throw CheckpointError(
                file: file, item: name, offset: start,
                reason: "\(written) bytes were written, but \(byteCount) belong to shape \(shape) of \(typeName)")
        }
    }
}
