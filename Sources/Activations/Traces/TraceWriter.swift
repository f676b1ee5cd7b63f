import Checkpoints
import Foundation

/// Writes a trace request by request into segments of bounded size. The folder is a valid trace after each segment.
///
/// A folder that holds a trace of the same shape is continued. Call `flush` at the end: what is not flushed is lost.
public struct TraceWriter: ~Copyable, Sendable {
    public struct Options: Sendable {
        /// Bytes of a segment; only a single request may be larger.
        public var segmentBytes = 32 << 20
        /// Bytes that all files of the trace may have together; nil: no bound. Requests beyond it are counted.
        public var budgetBytes: Int?

        public init() {}
    }

    public let folder: String
    public var shape: TraceShape { index.shape }
    /// When the trace began, in seconds since 1970; earlier than now if a trace is continued.
    public var started: Double? { index.description.started }
    /// Requests written and not yet flushed, tokens of them, and requests that had no place.
    public var requestCount: Int { index.requestCount + segment.entries.count }
    public var tokenCount: Int { index.tokenCount + segment.tokens }
    public var droppedRequests: Int { index.droppedRequests }
    /// Whether there are requests that only `flush` would write.
    var hasUnwritten: Bool { !segment.entries.isEmpty }
    /// Bytes of the segments written so far.
    public var byteCount: Int { index.byteCount }

    private let options: Options
    private var index: TraceIndex
    private var indexBytes: Int
    private var segment: PendingSegment
    private let lock: FolderLock

    /// Creates the folder, or continues the trace in it. Throws if it holds another kind of trace or is being written.
    public init(
        folder: String, shape: TraceShape, description: TraceDescription = TraceDescription(),
        options: Options = Options()
    ) throws(TraceError) {
        if let problem = shape.problem(.default) { throw TraceError(file: folder, reason: problem) }
        do { try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true) } catch {
            throw TraceError(file: folder, reason: "cannot create: \(error.localizedDescription)")
        }
        // What can throw comes first: a value that cannot be copied is made as a whole or not at all.
        let lock = try FolderLock(folder)
        // What a writer left behind that was killed; the lock says that none lives.
        CheckpointOutput.removeAbandoned(folder: folder, prefix: Self.segmentPrefix)
        let index = try Self.index(folder, TraceIndex(description: description, shape: shape))
        indexBytes = try index.write(folder: folder)
        self.index = index
        self.lock = lock
        self.folder = folder
        self.options = options
        segment = PendingSegment(shape: shape)
    }

    /// The index in `folder`, where there is one; else `new`.
    private static func index(_ folder: String, _ new: TraceIndex) throws(TraceError) -> TraceIndex {
        guard FileManager.default.fileExists(atPath: folder + "/" + TraceIndex.fileName) else { return new }
        let found = try TraceIndex(folder: folder, limits: .default)
        guard found.shape == new.shape else {
            throw TraceError(file: folder, reason: "holds a trace of another model")
        }
        return found
    }

    /// Adds a request. Returns false, and counts it, if the budget has no room for it.
    public mutating func append(_ request: RequestTrace) throws(TraceError) -> Bool {
        guard request.fits(shape) else {
            throw TraceError(file: folder, item: request.id, reason: "is not of the trace's shape")
        }
        let bytes = segment.upperBound(of: request)
        if let budget = options.budgetBytes, bytesOnDisk + segment.byteCount + bytes > budget {
            index.droppedRequests += 1
            return false
        }
        if !segment.canTake(request, bytes: bytes, limit: options.segmentBytes) { try flush() }
        try segment.append(request, file: folder)
        return true
    }

    /// Takes note of requests that never reached this writer.
    public mutating func countDropped(_ requests: Int) { index.droppedRequests += requests }

    /// Writes what was added since the last flush. If that fails, these requests are dropped and counted.
    public mutating func flush() throws(TraceError) {
        let pending = segment
        segment = PendingSegment(shape: shape)
        let name = nextName
        if !pending.entries.isEmpty {
            do throws(TraceError) {
                let bytes = try pending.write(to: folder + "/" + name)
                index.segments.append(
                    TraceIndex.Segment(
                        file: name, requests: pending.entries.count, tokens: pending.tokens, bytes: bytes))
            } catch {
                index.droppedRequests += pending.entries.count
                throw error
            }
        }
        indexBytes = try index.write(folder: folder)
    }

    /// A name that no segment has: others may have been taken out of the index.
    private var nextName: String {
        let names = Set(index.segments.map(\.file))
        var number = index.segments.count
        while names.contains(Self.name(number)) { number += 1 }
        return Self.name(number)
    }

    private static let segmentPrefix = "segment-"

    private static func name(_ number: Int) -> String {
        let digits = String(number)
        return segmentPrefix + String(repeating: "0", count: max(0, 5 - digits.count)) + digits + ".safetensors"
    }

    /// Segments, and the index with one more of them.
    private var bytesOnDisk: Int { index.byteCount + indexBytes + 128 }
}
