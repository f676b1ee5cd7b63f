/// The escapes of a string literal, which are Python's.
struct StringLiteral {
    private var rest: Substring.UnicodeScalarView

    init(body: Text) { rest = body.scalars[...] }

    mutating func decode() throws(Fault) -> Text {
        var decoded = String.UnicodeScalarView()
        while let scalar = rest.popFirst() {
            guard scalar == "\\", let kind = rest.popFirst() else {
                decoded.append(scalar)
                continue
            }
            decoded.append(contentsOf: try escaped(kind))
        }
        return Text(String(decoded))
    }

    private static let simple: [Unicode.Scalar: String] = [
        "\n": "", "\\": "\\", "'": "'", "\"": "\"", "a": "\u{7}", "b": "\u{8}", "f": "\u{C}", "n": "\n", "r": "\r",
        "t": "\t", "v": "\u{B}",
    ]

    /// What a backslash and `kind` stand for. An unknown escape stands for itself.
    private mutating func escaped(_ kind: Unicode.Scalar) throws(Fault) -> String.UnicodeScalarView {
        if let text = StringLiteral.simple[kind] { return text.unicodeScalars }
        switch kind {
        case "x": return try hexadecimal(width: 2)
        case "u": return try hexadecimal(width: 4)
        case "U": return try hexadecimal(width: 8)
        case "N": throw .unsupported("character names in strings")
        case "0"..."7":
            rest.insert(kind, at: rest.startIndex)
            return try number(String(popDigits(upTo: 3) { $0.value >= 0x30 && $0.value <= 0x37 }), radix: 8)
        default: return ("\\" + String(kind)).unicodeScalars
        }
    }

    private mutating func hexadecimal(width: Int) throws(Fault) -> String.UnicodeScalarView {
        let digits = popDigits(upTo: width) { $0.properties.isASCIIHexDigit }
        guard digits.count == width else { throw .runtime("truncated escape in a string") }
        return try number(String(digits), radix: 16)
    }

    private mutating func popDigits(upTo limit: Int, where isDigit: (Unicode.Scalar) -> Bool)
        -> String.UnicodeScalarView
    {
        var digits = String.UnicodeScalarView()
        while digits.count < limit, let next = rest.first, isDigit(next) {
            digits.append(next)
            rest.removeFirst()
        }
        return digits
    }

    private func number(_ digits: String, radix: Int) throws(Fault) -> String.UnicodeScalarView {
        guard let scalar = UInt32(digits, radix: radix).flatMap(Unicode.Scalar.init) else {
            throw .unsupported("string escape of a surrogate or beyond Unicode")
        }
        return String(scalar).unicodeScalars
    }
}
