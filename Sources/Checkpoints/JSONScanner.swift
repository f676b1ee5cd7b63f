import Tensors

/// Pulls values out of JSON text one by one, so that a reader with a fixed schema (a safetensors header) builds no tree.
///
/// Strict RFC 8259, with the three extensions Python's `json` writes: `NaN`, `Infinity` and `-Infinity`. Nesting is
/// bounded; every step moves forward, so the time is linear in the bytes.
package struct JSONScanner {
    private let bytes: ByteRegion
    private let file: String
    /// Where `bytes` begins in the file.
    private let start: Int
    private let maximumNesting: Int
    private var nesting = 0
    private(set) var offset = 0
    /// Tensor or key that errors name.
    package var item: String?

    /// Scans text in memory, which `file` stands for in errors.
    package init(_ bytes: [UInt8], file: String, maximumNesting: Int) {
        self.init(HeapBytes.region(bytes), file: file, maximumNesting: maximumNesting)
    }

    init(_ bytes: ByteRegion, file: String, start: Int = 0, maximumNesting: Int) {
        self.bytes = bytes
        self.file = file
        self.start = start
        self.maximumNesting = maximumNesting
    }

    package func error(_ reason: String) -> CheckpointError {
        CheckpointError(file: file, item: item, offset: start + offset, reason: reason)
    }

    /// Calls `member` with each key; it must consume the value.
    package mutating func object(
        _ member: (inout JSONScanner, String) throws(CheckpointError) -> Void
    ) throws(CheckpointError) {
        try list(from: "{", to: "}") { scanner throws(CheckpointError) in
            let key = try scanner.string()
            try scanner.expect(":")
            try member(&scanner, key)
        }
    }

    /// Calls `element` before each element; it must consume it.
    package mutating func array(_ element: (inout JSONScanner) throws(CheckpointError) -> Void) throws(CheckpointError)
    {
        try list(from: "[", to: "]", element)
    }

    private mutating func list(
        from opening: Unicode.Scalar, to closing: Unicode.Scalar,
        _ element: (inout JSONScanner) throws(CheckpointError) -> Void
    ) throws(CheckpointError) {
        try expect(opening)
        nesting += 1
        guard nesting <= maximumNesting else { throw error("JSON is nested more than \(maximumNesting) deep") }
        if !take(closing) {
            repeat { try element(&self) } while take(",")
            try expect(closing)
        }
        nesting -= 1
    }

    /// The next byte that is not white space, without consuming it; nil at the end.
    package mutating func peek() -> UInt8? {
        while offset < bytes.count {
            let byte = bytes.byte(at: offset)
            guard byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 else { return byte }
            offset += 1
        }
        return nil
    }

    /// Consumes `character` if it comes next.
    mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard peek() == UInt8(ascii: character) else { return false }
        offset += 1
        return true
    }

    mutating func expect(_ character: Unicode.Scalar) throws(CheckpointError) {
        guard take(character) else { throw error("JSON has no '\(character)' where it needs one") }
    }

    /// Consumes `word` (ASCII) if it comes next.
    mutating func take(word: StaticString) -> Bool {
        guard peek() != nil, bytes.count - offset >= word.utf8CodeUnitCount else { return false }
        let matches = word.withUTF8Buffer { word in
            word.indices.allSatisfy { bytes.byte(at: offset + $0) == word[$0] }
        }
        if matches { offset += word.utf8CodeUnitCount }
        return matches
    }

    /// Throws unless only white space is left.
    package mutating func end() throws(CheckpointError) {
        guard peek() == nil else { throw error("JSON is followed by something else") }
    }

    /// A string, escapes resolved. Half of a surrogate pair becomes U+FFFD; raw bytes must be valid UTF-8.
    package mutating func string() throws(CheckpointError) -> String {
        try expect("\"")
        let first = offset
        var isEscaped = false
        while offset < bytes.count {
            let byte = bytes.byte(at: offset)
            if byte == UInt8(ascii: "\"") {
                let raw = bytes.slice(first..<offset)
                guard let text = isEscaped ? try unescaped(raw) : raw.validText else {
                    throw error("JSON string is not valid UTF-8")
                }
                offset += 1
                return text
            }
            guard byte >= 0x20 else { throw error("JSON string holds a control character") }
            isEscaped = isEscaped || byte == UInt8(ascii: "\\")
            offset += byte == UInt8(ascii: "\\") ? 2 : 1
        }
        throw error("JSON ends within a string")
    }

    /// Nil if the bytes between the escapes are not valid UTF-8.
    private func unescaped(_ raw: ByteRegion) throws(CheckpointError) -> String? {
        var decoder = JSONEscapes(raw)
        guard decoder.decode() else { throw error("JSON string holds a wrong escape") }
        return String(validating: decoder.text, as: UTF8.self)
    }

    /// The characters of a number, checked against the grammar only by who converts them.
    mutating func numberText() throws(CheckpointError) -> String {
        _ = peek()
        let first = offset
        while offset < bytes.count, Self.isNumberByte(bytes.byte(at: offset)) { offset += 1 }
        // No sensible writer needs more digits; the bound keeps the conversion cheap.
        guard first < offset, offset - first <= 64, let text = bytes.slice(first..<offset).validText else {
            throw error("JSON has no value, or a number of over 64 characters, where it needs a value")
        }
        return text
    }

    private static func isNumberByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."),
            UInt8(ascii: "e"), UInt8(ascii: "E"):
            true
        default: false
        }
    }

    /// A whole number that is not negative and fits `Int`.
    mutating func size(_ what: StaticString) throws(CheckpointError) -> Int {
        let text = try numberText()
        guard text.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), text == "0" || !text.hasPrefix("0"),
            let value = Int(text)
        else { throw error("\(what) must be a whole number from 0 to \(Int.max), found \(text)") }
        return value
    }

    /// Consumes one value of any kind.
    mutating func skipValue() throws(CheckpointError) {
        switch peek() {
        case UInt8(ascii: "{"): try object { scanner, _ throws(CheckpointError) in try scanner.skipValue() }
        case UInt8(ascii: "["): try array { scanner throws(CheckpointError) in try scanner.skipValue() }
        case UInt8(ascii: "\""): _ = try string()
        default: _ = try ConfigValue.scalar(&self)
        }
    }
}
