/// Why bytes are not the JSON that is taken, and where.
package struct JSONError: Error, Equatable {
    package var message: String
    /// Index of the first byte that is wrong.
    package var offset: Int
}

/// What a document may cost. Every value takes some tens of bytes of memory, so their number has a limit too.
package struct JSONLimits: Sendable {
    package var depth = 64
    package var values = 1 << 19
    /// Bytes of one number.
    package var numberLength = 64

    package init() {}
}

/// A strict parser of RFC 8259 for bytes nobody has checked: no extensions, no lone surrogates, no invalid UTF-8,
/// no number that a `Double` cannot hold, and no name twice in an object (RFC 8259 leaves open which would count).
package struct JSONParser {
    let bytes: [UInt8]
    let limits: JSONLimits
    var offset = 0
    private var values = 0

    private init(_ bytes: [UInt8], limits: JSONLimits) {
        self.bytes = bytes
        self.limits = limits
    }

    package static func parse(_ bytes: [UInt8], limits: JSONLimits = JSONLimits())
        throws(JSONError) -> JSONValue
    {
        var parser = JSONParser(bytes, limits: limits)
        let value = try parser.value(depth: 0)
        parser.skipSpace()
        guard parser.next == nil else { throw parser.error("there is more after the value") }
        return value
    }

    var next: UInt8? { offset < bytes.count ? bytes[offset] : nil }

    func error(_ message: String, at place: Int? = nil) -> JSONError {
        JSONError(message: next == nil ? "\(message) (the text ends here)" : message, offset: place ?? offset)
    }

    mutating func skipSpace() {
        while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { offset += 1 }
    }

    /// Takes `byte` if it comes next.
    mutating func take(_ byte: Unicode.Scalar) -> Bool {
        guard next == UInt8(ascii: byte) else { return false }
        offset += 1
        return true
    }

    private mutating func value(depth: Int) throws(JSONError) -> JSONValue {
        guard depth <= limits.depth else { throw error("nested deeper than \(limits.depth)") }
        values += 1
        guard values <= limits.values else { throw error("more than \(limits.values) values") }
        skipSpace()
        guard let byte = next else { throw error("a value is missing") }
        switch byte {
        case UInt8(ascii: "{"): return .object(try object(depth: depth))
        case UInt8(ascii: "["): return .array(try array(depth: depth))
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: throw error("a value is missing")
        }
    }

    private mutating func word(_ word: String, _ value: JSONValue) throws(JSONError) -> JSONValue {
        guard bytes[offset...].starts(with: word.utf8) else { throw error("a value is missing") }
        offset += word.utf8.count
        return value
    }

    private mutating func array(depth: Int) throws(JSONError) -> [JSONValue] {
        offset += 1
        var elements: [JSONValue] = []
        skipSpace()
        if take("]") { return elements }
        repeat {
            elements.append(try value(depth: depth + 1))
            skipSpace()
        } while take(",")
        guard take("]") else { throw error("expected , or ] in an array") }
        return elements
    }

    private mutating func object(depth: Int) throws(JSONError) -> JSONObject {
        offset += 1
        var object = JSONObject()
        skipSpace()
        if take("}") { return object }
        repeat {
            skipSpace()
            let start = offset
            guard next == UInt8(ascii: "\"") else { throw error("expected a name in quotes") }
            let name = try string()
            skipSpace()
            guard take(":") else { throw error("expected : after a name") }
            let member = try value(depth: depth + 1)
            guard object.append(name, member) else { throw error("a name appears twice in an object", at: start) }
            skipSpace()
        } while take(",")
        guard take("}") else { throw error("expected , or } in an object") }
        return object
    }
}
