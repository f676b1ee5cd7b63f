/// One metadata value of a GGUF file. Unsigned integers of any width are `uint`, signed ones `int`, and both float
/// widths `float`; arrays keep their stored type.
public enum MetadataValue: Sendable, Equatable {
    case uint(UInt64)
    case int(Int64)
    case float(Double)
    case bool(Bool)
    case string(String)
    case array(MetadataArray)

    /// What error messages call the value: `an unsigned integer`, `an array of 12 string`, …
    public var kind: String {
        switch self {
        case .uint: "an unsigned integer"
        case .int: "a signed integer"
        case .float: "a float"
        case .bool: "a bool"
        case .string: "a string"
        case .array(let array): "an array of \(array.count) \(array.elementType.name)"
        }
    }
}

/// Stored type of a GGUF metadata value. Raw values are the ids of the GGUF specification
/// (`gguf_metadata_value_type`).
public enum MetadataType: UInt32, Sendable, CaseIterable {
    case uint8 = 0
    case int8 = 1
    case uint16 = 2
    case int16 = 3
    case uint32 = 4
    case int32 = 5
    case float32 = 6
    case bool = 7
    case string = 8
    case array = 9
    case uint64 = 10
    case int64 = 11
    case float64 = 12

    /// Bytes of one value, or nil for strings and arrays, whose size varies.
    public var width: Int? {
        switch self {
        case .uint8, .int8, .bool: 1
        case .uint16, .int16: 2
        case .uint32, .int32, .float32: 4
        case .uint64, .int64, .float64: 8
        case .string, .array: nil
        }
    }

    /// Least bytes one value takes: a string has an 8-byte length, an array a type and a length.
    var leastBytes: Int {
        width ?? (self == .array ? 12 : 8)
    }

    /// `uint32`, `string`, …
    public var name: String { "\(self)" }
}
