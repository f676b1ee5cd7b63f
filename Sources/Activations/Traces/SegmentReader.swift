import Checkpoints
import Tensors

/// One segment of a trace, opened and checked; its rows stay in the mapped file until they are asked for.
struct SegmentReader {
    let entries: [SegmentEntry]
    private let path: String
    private let shape: TraceShape
    private let ids: StoredIDs
    private let experts: TensorEntry
    private let weights: TensorEntry?

    init(path: String, shape: TraceShape) throws(TraceError) {
        let file = try SafetensorsFile(path: path)
        guard let experts = file.entries.first(where: { $0.name == "experts" }) else {
            throw TraceError(file: path, item: "experts", reason: "no such tensor")
        }
        ids = try Self.form(experts)
        let tokens = experts.shape.first ?? 0
        guard experts.shape == [tokens, shape.layerCount, shape.topK] else {
            throw TraceError(
                file: path, item: "experts",
                reason: "has shape \(experts.shape), not [tokens, \(shape.layerCount), \(shape.topK)]")
        }
        weights = file.entries.first { $0.name == "weights" }
        if let weights, weights.typeName != "F32" || weights.shape != experts.shape {
            throw TraceError(
                file: path, item: "weights",
                reason: "is \(weights.typeName) of \(weights.shape), not F32 of \(experts.shape)")
        }
        self.path = path
        self.shape = shape
        self.experts = experts
        entries = try Self.table(file, tokens: tokens)
    }

    private static func form(_ experts: TensorEntry) throws(TraceError) -> StoredIDs {
        switch experts.typeName {
        case "U8": return .bytes
        case "U16": return .words
        default:
            throw TraceError(
                file: experts.file, item: experts.name, reason: "must be U8 or U16, is \(experts.typeName)")
        }
    }

    private static func table(_ file: SafetensorsFile, tokens: Int) throws(TraceError) -> [SegmentEntry] {
        guard let text = file.metadata["requests"] else {
            throw TraceError(file: file.path, item: "requests", reason: "the metadata has no table of requests")
        }
        guard let written = file.metadata["requests_crc32"] else {
            throw TraceError(file: file.path, item: "requests_crc32", reason: "is missing: the table has no checksum")
        }
        var copy = text
        let checksum = copy.withUTF8 { CRC32.of(UnsafeRawBufferPointer($0)) }
        guard written == String(checksum) else {
            throw TraceError(file: file.path, item: "requests", reason: "does not match its checksum")
        }
        return try SegmentEntry.table(text, tokens: tokens, file: file.path)
    }

    /// The request of an entry with its rows. Throws if they are not what was written or hold ids of no expert.
    func request(_ entry: SegmentEntry) throws(TraceError) -> RequestTrace {
        var request = entry.request
        let stored = rows(entry.rows, of: experts, width: ids.width)
        let storedWeights = weights.map { rows(entry.rows, of: $0, width: MemoryLayout<Float>.size) }
        if let checksum = entry.checksum {
            var crc = CRC32()
            stored.withBytes { crc.update($0) }
            storedWeights?.withBytes { crc.update($0) }
            guard crc.value == checksum else { throw error(entry, "the rows do not match their checksum") }
        }
        guard let read = stored.withBytes({ ids.read($0, expertCount: shape.expertCount) }) else {
            throw error(entry, "an expert id is not below \(shape.expertCount)")
        }
        request.experts = read
        request.weights = storedWeights?.withBytes(Self.floats)
        guard request.weights?.allSatisfy(\.isFinite) ?? true else { throw error(entry, "a weight is not finite") }
        return request
    }

    private func error(_ entry: SegmentEntry, _ reason: String) -> TraceError {
        let row = shape.idsPerToken * ids.width
        return TraceError(
            file: path, item: entry.request.id, offset: experts.offset + entry.rows.lowerBound * row, reason: reason)
    }

    /// In range: the header's check gave the tensor its shape, and the table's the rows.
    private func rows(_ rows: Range<Int>, of tensor: TensorEntry, width: Int) -> ByteRegion {
        let row = shape.idsPerToken * width
        return tensor.region.slice(rows.lowerBound * row..<rows.upperBound * row)
    }

    private static func floats(_ bytes: UnsafeRawBufferPointer) -> [Float] {
        let count = bytes.count / MemoryLayout<Float>.size
        return [Float](unsafeUninitializedCapacity: count) { floats, initialised in
            // `floats` has room for exactly these bytes, which need not be aligned.
            UnsafeMutableRawBufferPointer(floats).copyMemory(
                from: UnsafeRawBufferPointer(rebasing: bytes[..<(count * 4)]))
            initialised = count
        }
    }
}
