import Tensors

/// An array of a GGUF file's metadata, kept as the bytes of the file (a vocabulary costs nothing until it is asked
/// for) and decoded by `strings`, `uints`, … on each call: keep the result, do not call them in a loop.
///
/// Two arrays are equal if type, count and stored bytes are.
public struct MetadataArray: Sendable {
    /// Stored type of the elements.
    public let elementType: MetadataType
    /// Number of elements.
    public let count: Int
    /// The elements as GGUF stores them, without the type and count in front.
    let bytes: ByteRegion

    /// `bytes` must hold `count` elements of `elementType`; `GGUFMetadataReader` has checked that for files.
    init(elementType: MetadataType, count: Int, bytes: ByteRegion) {
        self.elementType = elementType
        self.count = count
        self.bytes = bytes
    }

    /// The elements if they are unsigned integers of any width, or signed ones and none negative.
    public var uints: [UInt64]? {
        switch elementType {
        case .uint8: numbers(UInt8.self) { UInt64($0) }
        case .uint16: numbers(UInt16.self) { UInt64($0) }
        case .uint32: numbers(UInt32.self) { UInt64($0) }
        case .uint64: numbers(UInt64.self) { $0 }
        case .int8, .int16, .int32, .int64: ints.flatMap { converted($0) { UInt64(exactly: $0) } }
        default: nil
        }
    }

    /// The elements if they are integers of any width and none is above `Int64.max`.
    public var ints: [Int64]? {
        switch elementType {
        case .int8: numbers(Int8.self) { Int64($0) }
        case .int16: numbers(Int16.self) { Int64($0) }
        case .int32: numbers(Int32.self) { Int64($0) }
        case .int64: numbers(Int64.self) { $0 }
        case .uint8, .uint16, .uint32, .uint64: uints.flatMap { converted($0) { Int64(exactly: $0) } }
        default: nil
        }
    }

    /// The elements if they are floats of either width.
    public var floats: [Double]? {
        switch elementType {
        case .float32: numbers(UInt32.self) { Double(Float(bitPattern: $0)) }
        case .float64: numbers(UInt64.self) { Double(bitPattern: $0) }
        default: nil
        }
    }

    /// The elements if they are booleans.
    public var bools: [Bool]? {
        elementType == .bool ? numbers(UInt8.self) { $0 != 0 } : nil
    }

    /// The elements if they are strings; invalid UTF-8 is replaced by U+FFFD.
    public var strings: [String]? {
        guard elementType == .string else { return nil }
        // The lengths were checked when the file was opened. A cursor checks them once more because the file, not this
        // process, owns the bytes.
        var cursor = ByteCursor(bytes, file: "")
        var result: [String] = []
        result.reserveCapacity(count)
        for _ in 0..<count {
            guard let text = try? cursor.stringBytes("string", limit: bytes.count) else { return nil }
            result.append(text.repairedText)
        }
        return result
    }

    /// The elements if they are arrays.
    public var nested: [MetadataArray]? {
        guard elementType == .array else { return nil }
        var reader = GGUFMetadataReader(cursor: ByteCursor(bytes, file: ""), limits: .default)
        var result: [MetadataArray] = []
        for _ in 0..<count {
            guard let element = try? reader.array(nesting: 0) else { return nil }
            result.append(element)
        }
        return result
    }

    private func numbers<Stored: FixedWidthInteger & BitwiseCopyable, Value>(
        _ type: Stored.Type, _ convert: (Stored) -> Value
    ) -> [Value] {
        (0..<count).map { convert(bytes.number(at: $0 * MemoryLayout<Stored>.size, as: type)) }
    }

    private func converted<From, To>(_ values: [From], _ convert: (From) -> To?) -> [To]? {
        let result = values.compactMap(convert)
        return result.count == values.count ? result : nil
    }
}

extension MetadataArray: Equatable {
    public static func == (left: MetadataArray, right: MetadataArray) -> Bool {
        guard left.elementType == right.elementType, left.count == right.count else { return false }
        return left.bytes.withBytes { a in right.bytes.withBytes { b in a.elementsEqual(b) } }
    }
}
