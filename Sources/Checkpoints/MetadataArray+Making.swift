import Tensors

/// Arrays made in memory, for writing. Without `type` the narrowest of the 32-bit and 64-bit types that holds all
/// values is stored, which is what llama.cpp's tools write and read. A value that does not fit `type` is a
/// programmer error.
extension MetadataArray {
    public static func uints(_ values: [UInt64], as type: MetadataType? = nil) -> MetadataArray {
        let isNarrow = values.allSatisfy { $0 <= UInt32.max }
        return make(values.map { .uint($0) }, type ?? (isNarrow ? .uint32 : .uint64))
    }

    public static func ints(_ values: [Int64], as type: MetadataType? = nil) -> MetadataArray {
        let isNarrow = values.allSatisfy { Int32(exactly: $0) != nil }
        return make(values.map { .int($0) }, type ?? (isNarrow ? .int32 : .int64))
    }

    /// Rounded to `float32` unless `type` is `float64`.
    public static func floats(_ values: [Double], as type: MetadataType = .float32) -> MetadataArray {
        make(values.map { .float($0) }, type)
    }

    public static func bools(_ values: [Bool]) -> MetadataArray {
        make(values.map { .bool($0) }, .bool)
    }

    public static func strings(_ values: [String]) -> MetadataArray {
        make(values.map { .string($0) }, .string)
    }

    public static func nested(_ values: [MetadataArray]) -> MetadataArray {
        make(values.map { .array($0) }, .array)
    }

    private static func make(_ values: [MetadataValue], _ type: MetadataType) -> MetadataArray {
        var encoder = MetadataEncoder()
        for value in values {
            let fits = encoder.append(value, as: type)
            precondition(fits, "value does not fit the type of the array")
        }
        return MetadataArray(elementType: type, count: values.count, bytes: HeapBytes.region(encoder.bytes))
    }
}
