import Checkpoints
import Foundation
import Tensors

/// Reads a trace in the compact layout: `meta.json` (shapes), `experts.uint8.bin` (ids, row-major
/// [rows × layers × top-k]) and `index.jsonl` (a request a line, prompt rows first).
///
/// One request is in memory at a time, and the index.
public struct CompactTrace: TraceSource {
    static let metaName = "meta.json"
    static let indexName = "index.jsonl"
    static let expertsName = "experts.uint8.bin"

    public let location: String
    public let shape: TraceShape
    public let requestCount: Int
    public let tokenCount: Int
    private let index: ByteRegion
    private let experts: OpenFile
    private let limits: TraceLimits

    /// Throws if one of the files is missing or `meta.json` does not say how to read them.
    public init(path: String, limits: TraceLimits = .default) throws(TraceError) {
        let meta = try Self.meta(path, limits: limits)
        let layers = try meta.size("num_moe_layers")
        shape = try meta.shape(blocks: "moe_layer_ids", experts: "num_experts", topK: "top_k", limits: limits)
        guard layers == shape.layerCount else {
            throw meta.error("num_moe_layers", "is \(layers), but moe_layer_ids has \(shape.layerCount)")
        }
        guard meta["dtype"]?.stringValue == "uint8", shape.expertCount <= 256 else {
            throw meta.error("dtype", "is not uint8, or there are more than 256 experts")
        }
        tokenCount = try meta.size("rows")
        requestCount = try meta.optionalSize("requests") ?? 0
        index = try MappedFile.open(path + "/" + Self.indexName)
        experts = try OpenFile(path + "/" + Self.expertsName)
        location = path
        self.limits = limits
    }

    private static func meta(_ path: String, limits: TraceLimits) throws(TraceError) -> FieldReader {
        let file = path + "/" + metaName
        let text = try MappedFile.open(file)
        guard text.count <= limits.indexBytes else {
            throw TraceError(file: file, reason: "has \(text.count) bytes, above the limit of \(limits.indexBytes)")
        }
        return FieldReader(try ConfigValue.parse(text, file: file), file: file)
    }

    public func forEachRequest<Failure: Error>(
        _ body: (RequestTrace) throws(Failure) -> Void
    ) throws(Failure) -> [TraceDamage] {
        var log = DamageLog(location: location, limit: limits.damages)
        let rows = experts.count / shape.idsPerToken
        if rows * shape.idsPerToken != experts.count || rows != tokenCount {
            let found = "has \(experts.count) bytes, which are not \(tokenCount) rows of \(shape.idsPerToken)"
            log.add(TraceError(file: experts.path, reason: found), requests: 0)
        }
        var lines = LineReader(index, limit: limits.requestBytes)
        var stored: [UInt8] = []
        while let line = lines.next() {
            let request: RequestTrace
            do throws(TraceError) { request = try read(line, rows: rows, through: &stored) } catch {
                log.add(error, requests: 1)
                continue
            }
            try body(request)
        }
        return log.damages
    }

    /// - Parameter stored: memory for the request's bytes, which grows as needed.
    private func read(
        _ line: LineReader.Line, rows: Int, through stored: inout [UInt8]
    ) throws(TraceError) -> RequestTrace {
        let file = location + "/" + Self.indexName
        let fields = FieldReader(try line.json(file: file), file: file, object: line.name)
        let (first, count) = (try fields.size("row_offset"), try fields.size("rows"))
        guard first <= rows, count <= rows - first else {
            throw fields.error("rows", "rows \(first) to \(first + count) are not within the \(rows) of the trace")
        }
        var request = RequestTrace(
            id: try fields.text("id"), domain: try fields.optionalText("domain"),
            category: try fields.optionalText("category"), arrival: try fields.optionalNumber("arrival"),
            prefillTokens: try fields.size("prompt_tokens"),
            firstPosition: try fields.optionalPosition("prompt_tokens_not_traced") ?? 0, experts: [])
        guard request.prefillTokens <= count else {
            throw fields.error("prompt_tokens", "is \(request.prefillTokens) of \(count) rows")
        }
        let bytes = count * shape.idsPerToken
        if stored.count < bytes { stored = [UInt8](repeating: 0, count: bytes) }
        let ids = stored.withUnsafeMutableBytes { memory in
            Result { () throws(TraceError) in
                let rows = UnsafeMutableRawBufferPointer(rebasing: memory[..<bytes])
                try experts.read(at: first * shape.idsPerToken, into: rows)
                return StoredIDs.bytes.read(UnsafeRawBufferPointer(rows), expertCount: shape.expertCount)
            }
        }
        guard let ids = try ids.get() else {
            throw fields.error("rows", "an expert id is not below \(shape.expertCount)")
        }
        request.experts = ids
        return request
    }
}
