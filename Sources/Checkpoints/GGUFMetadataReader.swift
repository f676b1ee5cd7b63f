import Tensors

/// Reads the key-value part of a GGUF header.
struct GGUFMetadataReader {
    var cursor: ByteCursor
    let limits: CheckpointLimits
    /// Bytes of string values seen so far, against `limits.metadataStringBytes`.
    private var stringBytes = 0

    init(cursor: ByteCursor, limits: CheckpointLimits) {
        self.cursor = cursor
        self.limits = limits
    }

    /// The next `count` pairs. A key that occurs twice is an error.
    mutating func pairs(_ count: Int) throws(CheckpointError) -> [String: MetadataValue] {
        var result: [String: MetadataValue] = [:]
        for _ in 0..<count {
            cursor.item = nil
            let key = try cursor.name("metadata key", limit: limits.nameBytes)
            cursor.item = key
            let type = try type()
            let value = try value(type)
            guard result.updateValue(value, forKey: key) == nil else {
                throw cursor.error("metadata key occurs twice")
            }
        }
        cursor.item = nil
        return result
    }

    private mutating func type() throws(CheckpointError) -> MetadataType {
        let id = try cursor.number(UInt32.self, "metadata value type")
        guard let type = MetadataType(rawValue: id) else { throw cursor.error("metadata value type \(id) is unknown") }
        return type
    }

    private mutating func value(_ type: MetadataType) throws(CheckpointError) -> MetadataValue {
        switch type {
        case .uint8: .uint(UInt64(try cursor.number(UInt8.self, "value")))
        case .int8: .int(Int64(try cursor.number(Int8.self, "value")))
        case .uint16: .uint(UInt64(try cursor.number(UInt16.self, "value")))
        case .int16: .int(Int64(try cursor.number(Int16.self, "value")))
        case .uint32: .uint(UInt64(try cursor.number(UInt32.self, "value")))
        case .int32: .int(Int64(try cursor.number(Int32.self, "value")))
        case .uint64: .uint(try cursor.number(UInt64.self, "value"))
        case .int64: .int(try cursor.number(Int64.self, "value"))
        case .float32: .float(Double(Float(bitPattern: try cursor.number(UInt32.self, "value"))))
        case .float64: .float(Double(bitPattern: try cursor.number(UInt64.self, "value")))
        case .bool: .bool(try bool())
        case .string: .string(try string())
        case .array: .array(try array(nesting: 0))
        }
    }

    private mutating func bool() throws(CheckpointError) -> Bool {
        let byte = try cursor.number(UInt8.self, "value")
        guard byte <= 1 else { throw cursor.error("bool is \(byte), must be 0 or 1") }
        return byte == 1
    }

    private mutating func string() throws(CheckpointError) -> String {
        let bytes = try cursor.stringBytes("string length", limit: limits.metadataStringBytes - stringBytes)
        stringBytes += bytes.count
        return bytes.repairedText
    }

    /// An array with its element type and count in front; checks every element but decodes none.
    mutating func array(nesting: Int) throws(CheckpointError) -> MetadataArray {
        guard nesting < limits.arrayNesting else {
            throw cursor.error("arrays are nested more than \(limits.arrayNesting) deep")
        }
        let type = try type()
        let count = try cursor.count(of: "array length", unit: type.leastBytes, limit: limits.arrayElements)
        let start = cursor.offset
        try skipElements(type, count: count, nesting: nesting)
        let bytes = cursor.region.slice(start..<cursor.offset)
        return MetadataArray(elementType: type, count: count, bytes: bytes)
    }

    private mutating func skipElements(_ type: MetadataType, count: Int, nesting: Int) throws(CheckpointError) {
        switch type {
        case .bool:
            for _ in 0..<count { _ = try bool() }
        case .string:
            for _ in 0..<count { _ = try cursor.skipString("string length") }
        case .array:
            for _ in 0..<count { _ = try array(nesting: nesting + 1) }
        default:
            // `count` was checked against the bytes that are left in units of the element's size, so no overflow.
            _ = try cursor.bytes(count * type.leastBytes, "array")
        }
    }
}
