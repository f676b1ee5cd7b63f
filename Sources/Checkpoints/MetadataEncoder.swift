import Tensors

/// Puts GGUF header fields into bytes.
struct MetadataEncoder {
    private(set) var bytes: [UInt8] = []

    mutating func append<T: FixedWidthInteger>(_ number: T) {
        withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
    }

    /// A GGUF string: 64-bit length and UTF-8.
    mutating func append(_ text: String) {
        append(UInt64(text.utf8.count))
        bytes.append(contentsOf: text.utf8)
    }

    /// `value` stored as `type`, without the type in front; false if it does not fit.
    mutating func append(_ value: MetadataValue, as type: MetadataType) -> Bool {
        switch (value, type) {
        case (.uint(let number), _): return append(integer: number, as: type)
        case (.int(let number), _): return append(integer: number, as: type)
        case (.float(let number), .float32): append(Float(number).bitPattern)
        case (.float(let number), .float64): append(number.bitPattern)
        case (.bool(let flag), .bool): append(UInt8(flag ? 1 : 0))
        case (.string(let text), .string): append(text)
        case (.array(let array), .array): append(array)
        default: return false
        }
        return true
    }

    private mutating func append(_ array: MetadataArray) {
        append(array.elementType.rawValue)
        append(UInt64(array.count))
        array.bytes.withBytes { bytes.append(contentsOf: $0) }
    }

    private mutating func append<Value: FixedWidthInteger>(integer: Value, as type: MetadataType) -> Bool {
        switch type {
        case .uint8: append(exactly: UInt8(exactly: integer))
        case .uint16: append(exactly: UInt16(exactly: integer))
        case .uint32: append(exactly: UInt32(exactly: integer))
        case .uint64: append(exactly: UInt64(exactly: integer))
        case .int8: append(exactly: Int8(exactly: integer))
        case .int16: append(exactly: Int16(exactly: integer))
        case .int32: append(exactly: Int32(exactly: integer))
        case .int64: append(exactly: Int64(exactly: integer))
        default: false
        }
    }

    private mutating func append<T: FixedWidthInteger>(exactly number: T?) -> Bool {
        guard let number else { return false }
        append(number)
        return true
    }
}

extension MetadataValue {
    /// The type llama.cpp's tools store such a value as and expect when they read it.
    var usualType: MetadataType {
        switch self {
        case .uint(let value): value <= UInt32.max ? .uint32 : .uint64
        case .int(let value): Int32(exactly: value) == nil ? .int64 : .int32
        case .float: .float32
        case .bool: .bool
        case .string: .string
        case .array: .array
        }
    }
}
