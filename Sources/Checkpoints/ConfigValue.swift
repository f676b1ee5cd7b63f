import Tensors

/// A JSON value, as `config.json` and its like hold them.
public enum ConfigValue: Sendable, Equatable {
    case null
    case bool(Bool)
    /// A number written without fraction and exponent that fits.
    case int(Int64)
    /// Any other number; also `NaN`, `Infinity` and `-Infinity`, which Python's `json` writes.
    case float(Double)
    case string(String)
    case array([ConfigValue])
    case object([String: ConfigValue])

    /// Parses JSON text. Of a key that occurs twice the last value counts, as in Python. The tree may take some 20 times
    /// the memory of the text: bound the text (`CheckpointLimits.configBytes`).
    ///
    /// - Parameter file: what errors call the text.
    public static func parse(
        _ text: ByteRegion, file: String, limits: CheckpointLimits = .default
    ) throws(CheckpointError) -> ConfigValue {
        var scanner = JSONScanner(text, file: file, maximumNesting: limits.jsonNesting)
        let value = try ConfigValue.value(&scanner)
        try scanner.end()
        return value
    }

    /// Parses JSON text in memory; see `parse(_:file:limits:)`.
    public static func parse(
        bytes: [UInt8], file: String, limits: CheckpointLimits = .default
    ) throws(CheckpointError) -> ConfigValue {
        try parse(HeapBytes.region(bytes), file: file, limits: limits)
    }

    /// The value that comes next, whatever it is.
    package static func value(_ scanner: inout JSONScanner) throws(CheckpointError) -> ConfigValue {
        switch scanner.peek() {
        case UInt8(ascii: "{"):
            var members: [String: ConfigValue] = [:]
            try scanner.object { scanner, key throws(CheckpointError) in members[key] = try value(&scanner) }
            return .object(members)
        case UInt8(ascii: "["):
            var elements: [ConfigValue] = []
            try scanner.array { scanner throws(CheckpointError) in elements.append(try value(&scanner)) }
            return .array(elements)
        case UInt8(ascii: "\""): return .string(try scanner.string())
        default: return try scalar(&scanner)
        }
    }

    /// A number, bool or null.
    package static func scalar(_ scanner: inout JSONScanner) throws(CheckpointError) -> ConfigValue {
        if scanner.take(word: "true") { return .bool(true) }
        if scanner.take(word: "false") { return .bool(false) }
        if scanner.take(word: "null") { return .null }
        if scanner.take(word: "NaN") { return .float(.nan) }
        if scanner.take(word: "Infinity") { return .float(.infinity) }
        if scanner.take(word: "-Infinity") { return .float(-.infinity) }
        let text = try scanner.numberText()
        guard let value = number(text) else { throw scanner.error("'\(text)' is not a JSON number") }
        return value
    }

    /// Nil if `text` is not a number of JSON's grammar or its magnitude is beyond `Double`.
    private static func number(_ text: String) -> ConfigValue? {
        let unsigned = text.first == "-" ? text.dropFirst() : text[...]
        guard let first = unsigned.utf8.first, first >= 0x30, first <= 0x39 else { return nil }
        let digits = unsigned.prefix { $0.isNumber }
        guard digits.count == 1 || first != 0x30 else { return nil }
        if digits.count == unsigned.count, let value = Int64(text) { return .int(value) }
        let rest = unsigned.dropFirst(digits.count)
        // A point must be followed by a digit; Swift's own conversion is looser.
        guard !rest.hasPrefix(".") || rest.dropFirst().first?.isNumber == true else { return nil }
        guard let value = Double(text), value.isFinite else { return nil }
        return .float(value)
    }
}

extension ConfigValue {
    /// The member `key` of an object; nil if there is none or this is no object.
    public subscript(key: String) -> ConfigValue? {
        objectValue?[key]
    }

    public var isNull: Bool { self == .null }

    public var boolValue: Bool? {
        if case .bool(let value) = self { value } else { nil }
    }

    /// A whole number, also when written as `1e6` or `32.0`.
    public var intValue: Int? {
        switch self {
        case .int(let value): Int(exactly: value)
        case .float(let value): Int(exactly: value)
        default: nil
        }
    }

    /// Any number.
    public var floatValue: Double? {
        switch self {
        case .int(let value): Double(value)
        case .float(let value): value
        default: nil
        }
    }

    public var stringValue: String? {
        if case .string(let value) = self { value } else { nil }
    }

    public var arrayValue: [ConfigValue]? {
        if case .array(let value) = self { value } else { nil }
    }

    public var objectValue: [String: ConfigValue]? {
        if case .object(let value) = self { value } else { nil }
    }
}
