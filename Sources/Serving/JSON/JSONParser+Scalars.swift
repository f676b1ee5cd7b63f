extension JSONParser {
    /// A number by the grammar of RFC 8259, section 6.
    mutating func number() throws(JSONError) -> JSONValue {
        let start = offset
        _ = take("-")
        let firstDigit = next
        guard try digits() == 1 || firstDigit != UInt8(ascii: "0") else {
            throw error("a number begins with 0", at: start)
        }
        var isInteger = true
        if take(".") {
            _ = try digits()
            isInteger = false
        }
        if take("e") || take("E") {
            if !take("+") { _ = take("-") }
            _ = try digits()
            isInteger = false
        }
        guard offset - start <= limits.numberLength else { throw error("a number is too long", at: start) }
        let text = String(decoding: bytes[start..<offset], as: UTF8.self)
        if isInteger, let integer = Int64(text) { return .integer(integer) }
        guard let number = Double(text), number.isFinite else { throw error("a number is out of range", at: start) }
        return .number(number)
    }

    /// Takes one digit or more and gives their count.
    private mutating func digits() throws(JSONError) -> Int {
        let start = offset
        while let byte = next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { offset += 1 }
        guard offset > start else { throw error("a digit is missing") }
        return offset - start
    }

    /// A string in quotes. Text between escapes is copied as a whole and checked once, at the end.
    mutating func string() throws(JSONError) -> String {
        let start = offset
        offset += 1
        var content: [UInt8] = []
        while true {
            let run = offset
            while let byte = next, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= 0x20 { offset += 1 }
            content += bytes[run..<offset]
            if take("\"") { break }
            guard take("\\") else { throw error("a string holds a control character or does not end") }
            content += try escape().utf8
        }
        guard let text = String(validating: content, as: UTF8.self) else {
            throw error("a string is not valid UTF-8", at: start)
        }
        return text
    }

    private mutating func escape() throws(JSONError) -> String {
        guard let byte = next else { throw error("an escape is cut off") }
        offset += 1
        switch byte {
        case UInt8(ascii: "\""): return "\""
        case UInt8(ascii: "\\"): return "\\"
        case UInt8(ascii: "/"): return "/"
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return String(try unicodeEscape())
        default: throw error("an unknown escape", at: offset - 1)
        }
    }

    /// `\uXXXX`, or two of them where they are a surrogate pair.
    private mutating func unicodeEscape() throws(JSONError) -> Unicode.Scalar {
        let start = offset
        let first = try hexadecimal()
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard first < 0xDC00, take("\\"), take("u") else { throw error("half of a surrogate pair", at: start) }
        let second = try hexadecimal()
        guard (0xDC00..<0xE000).contains(second),
            let scalar = Unicode.Scalar(0x1_0000 + (first - 0xD800) << 10 + (second - 0xDC00))
        else { throw error("half of a surrogate pair", at: start) }
        return scalar
    }

    private mutating func hexadecimal() throws(JSONError) -> UInt32 {
        let digits = bytes[offset...].prefix(4)
        let values = digits.compactMap { Character(Unicode.Scalar($0)).hexDigitValue }
        guard values.count == 4 else { throw error("four hexadecimal digits are missing") }
        offset += 4
        return values.reduce(0) { $0 << 4 | UInt32($1) }
    }
}
