/// Parses JSON (RFC 8259) into a `JSONTree`.
struct JSONTreeParser {
    private let bytes: [UInt8]
    private let source: String
    private var position = 0
    private var depth = 0

    /// Tokenizer files nest about ten deep.
    private static let deepest = 64
    /// The tree takes up to 25 times the bytes of the text. The largest tokenizer files have 35 MB.
    private static let longest = 256 << 20

    private init(_ bytes: [UInt8], source: String) {
        self.bytes = bytes
        self.source = source
    }

    /// Errors name `source` and the byte.
    static func parse(_ bytes: [UInt8], source: String) throws(TokenizerError) -> JSONTree {
        var parser = JSONTreeParser(bytes, source: source)
        guard bytes.count <= longest else { throw parser.error("is longer than \(longest) bytes") }
        let tree = try parser.value()
        guard parser.peek() == nil else { throw parser.error("unexpected text after the value") }
        return tree
    }

    private func error(_ reason: String) -> TokenizerError {
        TokenizerError(source: source, item: "byte \(position)", reason: reason)
    }

    /// The next byte after whitespace.
    private mutating func peek() -> UInt8? {
        while position < bytes.count {
            let byte = bytes[position]
            guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return byte }
            position += 1
        }
        return nil
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard peek() == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private mutating func expect(_ character: Unicode.Scalar) throws(TokenizerError) {
        guard take(character) else { throw error("expected \(character)") }
    }

    private mutating func value() throws(TokenizerError) -> JSONTree {
        depth += 1
        guard depth <= Self.deepest else { throw error("nested more than \(Self.deepest) deep") }
        defer { depth -= 1 }
        switch peek() {
        case UInt8(ascii: "{"): return .object(try members())
        case UInt8(ascii: "["): return .array(try elements())
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try literal("true", .bool(true))
        case UInt8(ascii: "f"): return try literal("false", .bool(false))
        case UInt8(ascii: "n"): return try literal("null", .null)
        default: return .number(try number())
        }
    }

    private mutating func members() throws(TokenizerError) -> [JSONTree.Member] {
        try expect("{")
        var members: [JSONTree.Member] = []
        if take("}") { return members }
        repeat {
            guard peek() == UInt8(ascii: "\"") else { throw error("expected a member name") }
            let key = try string()
            try expect(":")
            members.append(JSONTree.Member(key: key, value: try value()))
        } while take(",")
        try expect("}")
        return members
    }

    private mutating func elements() throws(TokenizerError) -> [JSONTree] {
        try expect("[")
        var elements: [JSONTree] = []
        if take("]") { return elements }
        repeat { elements.append(try value()) } while take(",")
        try expect("]")
        return elements
    }

    private mutating func literal(_ text: String, _ value: JSONTree) throws(TokenizerError) -> JSONTree {
        guard bytes[position...].starts(with: text.utf8) else { throw error("expected \(text)") }
        position += text.utf8.count
        return value
    }

    private mutating func number() throws(TokenizerError) -> Double {
        let start = position
        while position < bytes.count, Self.isNumberByte(bytes[position]) { position += 1 }
        // Double's own syntax is wider (hexadecimal, inf), but has no such bytes.
        guard let value = Double(String(decoding: bytes[start..<position], as: UTF8.self)) else {
            throw error("expected a value")
        }
        return value
    }

    private static func isNumberByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."),
            UInt8(ascii: "e"), UInt8(ascii: "E"):
            true
        default: false
        }
    }

    /// The string at the quotation mark at `position`.
    private mutating func string() throws(TokenizerError) -> String {
        position += 1
        let start = position
        while position < bytes.count, bytes[position] != UInt8(ascii: "\"") {
            if bytes[position] == UInt8(ascii: "\\") { return try escapedString(from: start) }
            position += 1
        }
        guard position < bytes.count else { throw error("a string has no end") }
        defer { position += 1 }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    /// Goes on from the first backslash of the string that starts at `start`.
    private mutating func escapedString(from start: Int) throws(TokenizerError) -> String {
        var text = Array(bytes[start..<position])
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"): text += try escape()
            default: text.append(byte)
            }
        }
        throw error("a string has no end")
    }

    private mutating func escape() throws(TokenizerError) -> [UInt8] {
        guard position < bytes.count else { throw error("a string has no end") }
        let byte = bytes[position]
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
        case UInt8(ascii: "b"): return [0x08]
        case UInt8(ascii: "f"): return [0x0C]
        case UInt8(ascii: "n"): return [0x0A]
        case UInt8(ascii: "r"): return [0x0D]
        case UInt8(ascii: "t"): return [0x09]
        case UInt8(ascii: "u"): return try unicodeEscape()
        default: throw error("unknown escape")
        }
    }

    /// One `\uXXXX` or a surrogate pair of them; half a pair becomes U+FFFD.
    private mutating func unicodeEscape() throws(TokenizerError) -> [UInt8] {
        let first = try hexDigits()
        var units = [first]
        if UTF16.isLeadSurrogate(first), bytes[position...].starts(with: [UInt8(ascii: "\\"), UInt8(ascii: "u")]) {
            let beforeSecond = position
            position += 2
            let second = try hexDigits()
            if UTF16.isTrailSurrogate(second) { units.append(second) } else { position = beforeSecond }
        }
        return Array(String(decoding: units, as: UTF16.self).utf8)
    }

    private mutating func hexDigits() throws(TokenizerError) -> UInt16 {
        let digits = bytes[position...].prefix(4)
        guard digits.count == 4, digits.allSatisfy({ Unicode.Scalar($0).properties.isASCIIHexDigit }),
            let value = UInt16(String(decoding: digits, as: UTF8.self), radix: 16)
        else { throw error("expected four hexadecimal digits") }
        position += 4
        return value
    }
}
