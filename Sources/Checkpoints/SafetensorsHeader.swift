import Tensors

/// The header of a safetensors file, every range checked against the size of the file.
///
/// Source: https://github.com/huggingface/safetensors#format. The data must be covered without holes or overlaps.
struct SafetensorsHeader {
    private(set) var metadata: [String: String] = [:]
    private(set) var directory: TensorDirectory
    private let region: ByteRegion
    private let file: String
    private let limits: CheckpointLimits
    private let dataStart: Int
    private var layout = TensorLayout()
    private var hasMetadata = false

    init(_ region: ByteRegion, file: String, limits: CheckpointLimits) throws(CheckpointError) {
        var cursor = ByteCursor(region, file: file)
        let length = try cursor.count(of: "header length", unit: 1, limit: limits.headerBytes)
        let text = try cursor.bytes(length, "header")
        self.region = region
        self.file = file
        self.limits = limits
        dataStart = cursor.offset
        directory = TensorDirectory(location: file)
        var scanner = JSONScanner(text, file: file, start: 8, maximumNesting: limits.jsonNesting)
        try read(&scanner)
        try checkCoverage()
    }

    private mutating func read(_ scanner: inout JSONScanner) throws(CheckpointError) {
        try scanner.object { scanner, name throws(CheckpointError) in
            guard name.utf8.count <= limits.nameBytes else {
                throw scanner.error("tensor name is longer than \(limits.nameBytes) bytes")
            }
            scanner.item = name
            if name == "__metadata__" {
                try readMetadata(&scanner)
            } else {
                try readTensor(name, &scanner)
            }
            scanner.item = nil
        }
        try scanner.end()
    }

    private mutating func readMetadata(_ scanner: inout JSONScanner) throws(CheckpointError) {
        guard !hasMetadata else { throw scanner.error("occurs twice") }
        hasMetadata = true
        var pairs: [String: String] = [:]
        let limit = limits.metadataPairs
        try scanner.object { scanner, key throws(CheckpointError) in
            guard pairs.count < limit else { throw scanner.error("has more than \(limit) entries") }
            guard pairs.updateValue(try scanner.string(), forKey: key) == nil else {
                throw scanner.error("key '\(key.prefix(80))' occurs twice")
            }
        }
        metadata = pairs
    }

    private mutating func readTensor(_ name: String, _ scanner: inout JSONScanner) throws(CheckpointError) {
        guard directory.entries.count < limits.tensors else {
            throw scanner.error("is one of more than \(limits.tensors) tensors")
        }
        let fields = try SafetensorsTensorFields(&scanner, limits: limits)
        let range = try fields.range(dataStart: dataStart, fileSize: region.count, scanner)
        layout.add(name, range)
        try directory.add(
            TensorEntry(
                name: name, typeName: fields.format.name, type: fields.format.elementType, shape: fields.shape,
                region: region.slice(range), file: file, offset: range.lowerBound))
    }

    private func checkCoverage() throws(CheckpointError) {
        var position = dataStart
        for (name, range) in try layout.sorted(file: file) {
            guard range.lowerBound == position else {
                throw CheckpointError(
                    file: file, item: name, offset: position,
                    reason: "\(range.lowerBound - position) bytes before this tensor belong to no tensor")
            }
            position = range.upperBound
        }
        guard position == region.count else {
            throw CheckpointError(
                file: file, offset: position,
                reason: "\(region.count - position) bytes after the last tensor belong to no tensor")
        }
    }
}

/// The three fields of one tensor's header entry.
struct SafetensorsTensorFields {
    let format: StorageFormat
    let shape: [Int]
    /// Begin and end, from the start of the data; not yet checked.
    private let offsets: (begin: Int, end: Int)

    init(_ scanner: inout JSONScanner, limits: CheckpointLimits) throws(CheckpointError) {
        var format: StorageFormat?
        var shape: [Int]?
        var offsets: [Int]?
        let dimensions = limits.dimensions
        try scanner.object { scanner, field throws(CheckpointError) in
            switch field {
            case "dtype" where format == nil: format = try Self.format(&scanner)
            case "shape" where shape == nil: shape = try Self.sizes(&scanner, "dimension", limit: dimensions)
            case "data_offsets" where offsets == nil: offsets = try Self.sizes(&scanner, "data offset", limit: 2)
            default: throw scanner.error("field '\(field.prefix(80))' is unknown or occurs twice")
            }
        }
        guard let format, let shape, let offsets, offsets.count == 2 else {
            throw scanner.error("needs dtype, shape and two data_offsets")
        }
        self.format = format
        self.shape = shape
        self.offsets = (offsets[0], offsets[1])
    }

    private static func format(_ scanner: inout JSONScanner) throws(CheckpointError) -> StorageFormat {
        let name = try scanner.string()
        guard let format = StorageFormat.safetensors[name] else {
            throw scanner.error("dtype '\(name.prefix(32))' is unknown")
        }
        return format
    }

    private static func sizes(
        _ scanner: inout JSONScanner, _ what: StaticString, limit: Int
    ) throws(CheckpointError) -> [Int] {
        var sizes: [Int] = []
        try scanner.array { scanner throws(CheckpointError) in
            guard sizes.count < limit else { throw scanner.error("has more than \(limit) \(what)s") }
            sizes.append(try scanner.size(what))
        }
        return sizes
    }

    /// The tensor's bytes in the file. Throws if they are not within it or do not fit dtype and shape.
    func range(dataStart: Int, fileSize: Int, _ scanner: JSONScanner) throws(CheckpointError) -> Range<Int> {
        let (begin, end) = offsets
        guard begin <= end, end <= fileSize - dataStart else {
            throw scanner.error(
                "data offsets \(begin) to \(end) are not within the \(fileSize - dataStart) bytes of data;"
                    + " is the file cut short?")
        }
        guard let elements = elementCount(shape), let bytes = format.byteCount(elements: elements),
            bytes == end - begin
        else {
            throw scanner.error("\(end - begin) bytes are not shape \(shape) of \(format.name)")
        }
        return dataStart + begin..<dataStart + end
    }
}
