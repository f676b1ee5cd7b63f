import Tensors

/// Reads a file's header from front to back and refuses to pass the end of the bytes.
struct ByteCursor {
    let region: ByteRegion
    let file: String
    /// Tensor or key that errors name.
    var item: String?
    private(set) var offset = 0

    init(_ region: ByteRegion, file: String) {
        self.region = region
        self.file = file
    }

    var remaining: Int { region.count - offset }

    func error(_ reason: String) -> CheckpointError {
        CheckpointError(file: file, item: item, offset: offset, reason: reason)
    }

    /// The next little-endian number; `what` names it in errors.
    mutating func number<T: FixedWidthInteger & BitwiseCopyable>(
        _ type: T.Type, _ what: StaticString
    ) throws(CheckpointError) -> T {
        guard remaining >= MemoryLayout<T>.size else { throw truncated(what) }
        defer { offset += MemoryLayout<T>.size }
        return region.number(at: offset, as: type)
    }

    /// A 64-bit count of things that take at least `unit` bytes each, refused if the rest of the file cannot hold them
    /// or if it exceeds `limit`.
    mutating func count(of what: StaticString, unit: Int, limit: Int) throws(CheckpointError) -> Int {
        let start = offset
        let claimed = try number(UInt64.self, what)
        guard claimed <= UInt64(remaining / unit) else {
            throw CheckpointError(
                file: file, item: item, offset: start,
                reason: "\(what) is \(claimed), but only \(remaining) bytes follow")
        }
        guard claimed <= UInt64(limit) else {
            throw CheckpointError(
                file: file, item: item, offset: start, reason: "\(what) is \(claimed), above the limit of \(limit)")
        }
        return Int(claimed)
    }

    /// The next `count` bytes.
    mutating func bytes(_ count: Int, _ what: StaticString) throws(CheckpointError) -> ByteRegion {
        guard count >= 0, count <= remaining else { throw truncated(what) }
        defer { offset += count }
        return region.slice(offset..<offset + count)
    }

    /// A GGUF string: 64-bit length, then that many bytes.
    mutating func stringBytes(_ what: StaticString, limit: Int) throws(CheckpointError) -> ByteRegion {
        let length = try count(of: what, unit: 1, limit: limit)
        return try bytes(length, what)
    }

    /// Passes over a GGUF string without making a region of it (an array has several 100,000 of them).
    mutating func skipString(_ what: StaticString) throws(CheckpointError) {
        let length = try number(UInt64.self, what)
        guard length <= UInt64(remaining) else { throw truncated(what) }
        offset += Int(length)
    }

    /// A non-empty GGUF string that must be valid UTF-8: a key or a tensor name.
    mutating func name(_ what: StaticString, limit: Int) throws(CheckpointError) -> String {
        let start = offset
        let bytes = try stringBytes(what, limit: limit)
        guard bytes.count > 0 else { throw CheckpointError(file: file, offset: start, reason: "\(what) is empty") }
        guard let text = bytes.validText else {
            throw CheckpointError(file: file, offset: start, reason: "\(what) is not valid UTF-8")
        }
        return text
    }

    private func truncated(_ what: StaticString) -> CheckpointError {
        error("file ends within \(what)")
    }
}
