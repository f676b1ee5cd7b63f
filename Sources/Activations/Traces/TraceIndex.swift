import Checkpoints
import Foundation
import Tensors

/// `trace.json`: what a trace is and which segments it has. docs/traces.md describes it.
struct TraceIndex: Equatable {
    static let fileName = "trace.json"
    static let format = "guildhall-trace"
    static let version = 1

    struct Segment: Equatable {
        /// A plain file name in the folder of the index.
        var file: String
        var requests: Int
        var tokens: Int
        var bytes: Int
    }

    var description: TraceDescription
    var shape: TraceShape
    var segments: [Segment] = []
    /// Requests that were to be recorded but were not, for want of time or space.
    var droppedRequests = 0

    var requestCount: Int { segments.reduce(0) { $0 &+ $1.requests } }
    var tokenCount: Int { segments.reduce(0) { $0 &+ $1.tokens } }
    var byteCount: Int { segments.reduce(0) { $0 &+ $1.bytes } }
}

/// Where a trace comes from.
public struct TraceDescription: Sendable, Equatable {
    /// Name of the model.
    public var model: String?
    /// What made the trace, in words.
    public var source: String?
    /// When the trace began, in seconds since 1970: the zero of the requests' arrival times.
    public var started: Double?

    public init(model: String? = nil, source: String? = nil, started: Double? = nil) {
        self.model = model
        self.source = source
        self.started = started
    }
}

extension TraceIndex {
    /// Reads and checks the index in `folder`.
    init(folder: String, limits: TraceLimits) throws(TraceError) {
        let path = folder + "/" + Self.fileName
        let text = try MappedFile.open(path)
        guard text.count <= limits.indexBytes else {
            throw TraceError(file: path, reason: "has \(text.count) bytes, above the limit of \(limits.indexBytes)")
        }
        let value = try ConfigValue.parse(text, file: path)
        try self.init(FieldReader(value, file: path), limits: limits)
    }

    private init(_ fields: FieldReader, limits: TraceLimits) throws(TraceError) {
        guard fields["format"]?.stringValue == Self.format else {
            throw fields.error("format", "is not \"\(Self.format)\"")
        }
        guard fields["version"]?.intValue == Self.version else {
            throw fields.error("version", "is not \(Self.version), the only one this program reads")
        }
        shape = try fields.shape(blocks: "blocks", experts: "expert_count", topK: "top_k", limits: limits)
        description = TraceDescription(
            model: try fields.optionalText("model"), source: try fields.optionalText("source"),
            started: try fields.optionalNumber("started"))
        droppedRequests = try fields.optionalSize("dropped_requests") ?? 0
        segments = try Self.segments(fields, limits: limits)
    }

    private static func segments(_ fields: FieldReader, limits: TraceLimits) throws(TraceError) -> [Segment] {
        guard let listed = fields["segments"]?.arrayValue, listed.count <= limits.segments else {
            throw fields.error("segments", "is not a list of at most \(limits.segments) segments")
        }
        var names: Set<String> = []
        var segments: [Segment] = []
        for value in listed {
            let entry = FieldReader(value, file: fields.file)
            let name = try entry.text("file")
            guard isPlain(name) else {
                throw entry.error("file", "'\(name.prefix(80))' is not a plain name of a .safetensors file")
            }
            guard names.insert(name).inserted else { throw entry.error("file", "'\(name)' is listed twice") }
            segments.append(
                Segment(
                    file: name, requests: try entry.size("requests"), tokens: try entry.size("tokens"),
                    bytes: try entry.size("bytes")))
        }
        return segments
    }

    /// An index may come from elsewhere: it must not be able to point outside its folder.
    private static func isPlain(_ name: String) -> Bool {
        name.hasSuffix(".safetensors") && name.utf8.count <= 255
            && !name.utf8.contains { $0 == UInt8(ascii: "/") || $0 == 0 }
    }
}
