import Checkpoints

/// Why a trace could not be read or written. Always names the file, and the request or field and the byte where known.
public struct TraceError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Path of the file.
    public let file: String
    /// Request, field or tensor the error is about.
    public let item: String?
    /// Byte offset from the start of the file.
    public let offset: Int?
    /// What is wrong, in words.
    public let reason: String

    public init(file: String, item: String? = nil, offset: Int? = nil, reason: String) {
        self.file = file
        self.item = item
        self.offset = offset
        self.reason = reason
    }

    init(_ error: CheckpointError) {
        self.init(file: error.file, item: error.item, offset: error.offset, reason: error.reason)
    }

    /// `trace/segment-00000.safetensors: 'request-7' at byte 1024: reason`, on one line, control characters escaped.
    public var description: String {
        CheckpointError(file: file, item: item, offset: offset, reason: reason).description
    }
}

/// Runs `body` and turns the errors of file readers into those of traces.
func asTraceError<Result>(_ body: () throws(CheckpointError) -> Result) throws(TraceError) -> Result {
    do { return try body() } catch { throw TraceError(error) }
}
