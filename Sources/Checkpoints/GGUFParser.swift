import Tensors

/// What the header of one GGUF file says, every offset checked against the size of the file.
struct GGUFContents {
    var version: UInt32 = 0
    var alignment = 32
    var metadata: [String: MetadataValue] = [:]
    var entries: [TensorEntry] = []
}

/// Parses one GGUF file, versions 2 and 3, little-endian.
/// Source: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
struct GGUFParser {
    /// The bytes `GGUF` as a little-endian number.
    static let magic: UInt32 = 0x4655_4747

    private var cursor: ByteCursor
    private let limits: CheckpointLimits

    static func parse(
        _ region: ByteRegion, file: String, limits: CheckpointLimits
    ) throws(CheckpointError) -> GGUFContents {
        var parser = GGUFParser(cursor: ByteCursor(region, file: file), limits: limits)
        return try parser.contents()
    }

    private init(cursor: ByteCursor, limits: CheckpointLimits) {
        self.cursor = cursor
        self.limits = limits
    }

    private mutating func contents() throws(CheckpointError) -> GGUFContents {
        var contents = GGUFContents()
        contents.version = try version()
        // A tensor takes at least a name length, one byte of name, a dimension count, a type and an offset.
        let tensorCount = try cursor.count(of: "tensor count", unit: 25, limit: limits.tensors)
        // A pair takes at least a key length, one byte of key, a type and one byte of value.
        let pairCount = try cursor.count(of: "metadata count", unit: 14, limit: limits.metadataPairs)
        var reader = GGUFMetadataReader(cursor: cursor, limits: limits)
        contents.metadata = try reader.pairs(pairCount)
        cursor = reader.cursor
        contents.alignment = try alignment(contents.metadata["general.alignment"])
        contents.entries = try entries(tensorCount, alignment: contents.alignment)
        return contents
    }

    private mutating func version() throws(CheckpointError) -> UInt32 {
        let magic = try cursor.number(UInt32.self, "magic")
        guard magic == Self.magic else {
            throw CheckpointError(file: cursor.file, offset: 0, reason: "is not a GGUF file (no 'GGUF' at the start)")
        }
        let version = try cursor.number(UInt32.self, "version")
        switch version {
        case 2, 3: return version
        case 1: throw cursor.error("GGUF version 1 is not supported (2 and 3 are)")
        case _ where version & 0xffff == 0: throw cursor.error("big-endian GGUF is not supported")
        default: throw cursor.error("GGUF version \(version) is not supported (2 and 3 are)")
        }
    }

    private func alignment(_ value: MetadataValue?) throws(CheckpointError) -> Int {
        guard let value else { return 32 }
        // The specification asks for a multiple of 8, ggml for a power of two.
        guard case .uint(let alignment) = value, alignment >= 8, alignment <= UInt64(UInt32.max),
            alignment.nonzeroBitCount == 1
        else {
            throw CheckpointError(
                file: cursor.file, item: "general.alignment",
                reason: "must be a power of two from 8 on, is \(value.uintValue.map(String.init) ?? value.kind)")
        }
        return Int(alignment)
    }

    private mutating func entries(_ count: Int, alignment: Int) throws(CheckpointError) -> [TensorEntry] {
        var infos: [GGUFTensorInfo] = []
        infos.reserveCapacity(count)
        for _ in 0..<count { infos.append(try GGUFTensorInfo(&cursor, limits: limits)) }
        // The cursor is within the file and the alignment below 2^32, so the sum cannot overflow.
        let dataStart = (cursor.offset + alignment - 1) / alignment * alignment
        var layout = TensorLayout()
        var entries: [TensorEntry] = []
        entries.reserveCapacity(count)
        for info in infos {
            let range = try info.range(dataStart: dataStart, alignment: alignment, cursor: cursor)
            layout.add(info.name, range)
            entries.append(info.entry(cursor.region.slice(range), file: cursor.file, offset: range.lowerBound))
        }
        _ = try layout.sorted(file: cursor.file)
        return entries
    }
}
