import Foundation

/// Why bytes are not JSON that templates can use, and where.
public struct TemplateJSONError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Bytes before the place the error was found.
    public let offset: Int
    public let message: String

    public var description: String { "JSON at byte \(offset): \(message)" }
}

extension TemplateValue {
    /// Containers may nest this deep in JSON.
    public static let maxJSONDepth = 100

    /// Reads JSON (RFC 8259), keeping the order of keys. Integers beyond 64 bits, lone surrogates and nesting beyond
    /// `maxJSONDepth` are errors.
    public init(json data: Data) throws(TemplateJSONError) {
        var reader = JSONReader(bytes: Array(data))
        self = try reader.readDocument()
    }

    /// Reads JSON text; see `init(json: Data)`.
    public init(json text: String) throws(TemplateJSONError) {
        var reader = JSONReader(bytes: Array(text.utf8))
        self = try reader.readDocument()
    }
}

/// A strict recursive-descent reader. Foundation's own loses the order of keys.
struct JSONReader {
    let bytes: [UInt8]
    var position = 0
    private var depth = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    mutating func readDocument() throws(TemplateJSONError) -> TemplateValue {
        let value = try readValue()
        skipSpace()
        guard position == bytes.count else { throw error("text after the value") }
        return value
    }

    func error(_ message: String) -> TemplateJSONError { TemplateJSONError(offset: position, message: message) }

    var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipSpace() {
        while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
    }

    private mutating func skip(_ byte: UInt8) -> Bool {
        skipSpace()
        guard next == byte else { return false }
        position += 1
        return true
    }

    private mutating func readValue() throws(TemplateJSONError) -> TemplateValue {
        skipSpace()
        switch next {
        case UInt8(ascii: "{"): return try nested { reader throws(TemplateJSONError) in try reader.readObject() }
        case UInt8(ascii: "["): return try nested { reader throws(TemplateJSONError) in try reader.readArray() }
        case UInt8(ascii: "\""): return .string(try readString())
        case UInt8(ascii: "t"): return try readWord("true", as: .bool(true))
        case UInt8(ascii: "f"): return try readWord("false", as: .bool(false))
        case UInt8(ascii: "n"): return try readWord("null", as: .null)
        default: return try readNumber()
        }
    }

    private mutating func nested(
        _ read: (inout JSONReader) throws(TemplateJSONError) -> TemplateValue
    ) throws(TemplateJSONError) -> TemplateValue {
        guard depth < TemplateValue.maxJSONDepth else { throw error("nested too deep") }
        depth += 1
        defer { depth -= 1 }
        position += 1
        return try read(&self)
    }

    private mutating func readObject() throws(TemplateJSONError) -> TemplateValue {
        var object = TemplateObject()
        guard !skip(UInt8(ascii: "}")) else { return .object(object) }
        repeat {
            skipSpace()
            guard next == UInt8(ascii: "\"") else { throw error("expected a key") }
            let key = try readString()
            guard skip(UInt8(ascii: ":")) else { throw error("expected ':'") }
            object[key] = try readValue()
        } while skip(UInt8(ascii: ","))
        guard skip(UInt8(ascii: "}")) else { throw error("expected ',' or '}'") }
        return .object(object)
    }

    private mutating func readArray() throws(TemplateJSONError) -> TemplateValue {
        var items: [TemplateValue] = []
        guard !skip(UInt8(ascii: "]")) else { return .array(items) }
        repeat { items.append(try readValue()) } while skip(UInt8(ascii: ","))
        guard skip(UInt8(ascii: "]")) else { throw error("expected ',' or ']'") }
        return .array(items)
    }

    private mutating func readWord(_ word: StaticString, as value: TemplateValue) throws(TemplateJSONError)
        -> TemplateValue
    {
        let expected = Array(word.description.utf8)
        guard bytes[position...].starts(with: expected) else { throw error("unknown word") }
        position += expected.count
        return value
    }
}
