import Checkpoints
import Foundation

/// Requests that wait to be written together.
struct PendingSegment {
    private(set) var entries: [SegmentEntry] = []
    private(set) var tokens = 0
    private let shape: TraceShape
    private let ids: StoredIDs
    private var experts: [UInt8] = []
    private var weights: [Float] = []
    private var table: [UInt8] = []

    init(shape: TraceShape) {
        self.shape = shape
        ids = StoredIDs(expertCount: shape.expertCount)
    }

    /// Bytes that the file will have, or a little less.
    var byteCount: Int { entries.isEmpty ? 0 : experts.count + 4 * weights.count + 2 * table.count + 512 }

    /// Bytes that `request` adds to the file at most.
    func upperBound(of request: RequestTrace) -> Int {
        // In the header, which is JSON within JSON, each byte of a label may be escaped twice.
        let labels = request.id.utf8.count + (request.domain?.utf8.count ?? 0) + (request.category?.utf8.count ?? 0)
        let perID = ids.width + (request.weights == nil ? 0 : MemoryLayout<Float>.size)
        return request.experts.count * perID + 12 * labels + 512
    }

    /// Whether `request` can be in a file with those that wait: a file has weights for all of its requests or for none.
    func canTake(_ request: RequestTrace, bytes: Int, limit: Int) -> Bool {
        guard !entries.isEmpty else { return true }
        return byteCount + bytes <= limit && entries.count < SegmentEntry.limit
            && (request.weights == nil) == weights.isEmpty
    }

    mutating func append(_ request: RequestTrace, file: String) throws(TraceError) {
        let start = experts.count
        ids.append(request.experts, to: &experts)
        var crc = CRC32()
        experts.withUnsafeBytes { crc.update(UnsafeRawBufferPointer(rebasing: $0[start...])) }
        if let new = request.weights {
            weights += new
            new.withUnsafeBytes { crc.update($0) }
        }
        let count = request.tokenCount(shape)
        var bare = request
        bare.experts = []
        bare.weights = nil
        let entry = SegmentEntry(request: bare, rows: tokens..<tokens + count, checksum: crc.value)
        table += (entries.isEmpty ? Array("[".utf8) : Array(",\n".utf8)) + (try entry.json(file: file))
        entries.append(entry)
        tokens += count
    }

    /// Writes the file, which appears at `path` when it is complete, and returns its size in bytes.
    func write(to path: String) throws(TraceError) -> Int {
        var writer = SafetensorsWriter()
        let text = table + Array("]".utf8)
        writer.metadata = [
            "format": TraceIndex.format, "version": String(TraceIndex.version),
            "requests": String(decoding: text, as: UTF8.self),
            "requests_crc32": String(text.withUnsafeBytes { CRC32.of($0) }),
        ]
        let dimensions = [tokens, shape.layerCount, shape.topK]
        if !weights.isEmpty { writer.add("weights", shape: dimensions, floats: weights) }
        switch ids {
        case .bytes: writer.add("experts", shape: dimensions, bytes: experts)
        case .words: writer.add("experts", shape: dimensions, littleEndianWords: experts)
        }
        try writer.write(to: path)
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        return (attributes?[.size] as? Int) ?? byteCount
    }
}
