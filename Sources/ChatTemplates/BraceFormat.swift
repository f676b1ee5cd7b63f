/// `format.format(…)` of Python: `{}`, `{0}`, `{name}`, with `!r` or `!s` and a format specification. Attributes and items of
/// arguments are left out.
struct BraceFormat {
    private let evaluator: Evaluator
    private let arguments: Arguments
    private var nextPosition = 0

    static func format(_ format: Text, _ arguments: Arguments, in evaluator: Evaluator) throws(Fault) -> Text {
        var formatter = BraceFormat(evaluator: evaluator, arguments: arguments)
        var rest = format.scalars[...]
        var output: [UInt8] = []
        while let scalar = rest.popFirst() {
            var part = Text(scalar)
            if scalar == "{" || scalar == "}", rest.first == scalar {
                rest.removeFirst()
            } else if scalar == "{" {
                part = try formatter.field(&rest)
            } else if scalar == "}" {
                throw .runtime("single '}' in format string")
            }
            try evaluator.meter.allocate(bytes: part.bytes.count)
            output += part.bytes
        }
        return Text(utf8: output)
    }

    private init(evaluator: Evaluator, arguments: Arguments) {
        self.evaluator = evaluator
        self.arguments = arguments
    }

    /// Writes the replacement field whose `{` is read.
    private mutating func field(_ rest: inout Substring.UnicodeScalarView) throws(Fault) -> Text {
        guard let end = rest.firstIndex(of: "}") else { throw .runtime("expected '}' before end of string") }
        let field = rest[..<end]
        rest = rest[rest.index(after: end)...]
        guard !field.contains("{") else { throw .unsupported("nested fields in a format") }
        let name = field.prefix { $0 != "!" && $0 != ":" }
        var tail = field[name.endIndex...]
        var value = try argument(String(name))
        if tail.first == "!" {
            switch tail.dropFirst().first {
            case "r": value = .string(try PythonRepresentation.representation(value, in: evaluator))
            case "s": value = .string(try evaluator.text(of: value))
            default: throw .unsupported("conversion in a format")
            }
            tail = tail.dropFirst(2)
        }
        guard tail.isEmpty || tail.first == ":" else { throw .runtime("expected ':' after conversion specifier") }
        return try BraceFormat.layOut(value, tail.dropFirst(), evaluator)
    }

    private mutating func argument(_ name: String) throws(Fault) -> Value {
        if name.contains(".") || name.contains("[") { throw .unsupported("attributes in a format") }
        var position = Int(name)
        if name.isEmpty {
            position = nextPosition
            nextPosition += 1
        }
        if let position {
            guard arguments.positional.indices.contains(position) else {
                throw .runtime("replacement index \(position) out of range")
            }
            return arguments.positional[position]
        }
        guard let value = arguments[keyword: name] else { throw .runtime("no argument '\(name)' for the format") }
        return value
    }

    private static func layOut(_ value: Value, _ text: Substring.UnicodeScalarView, _ evaluator: Evaluator)
        throws(Fault) -> Text
    {
        guard !text.isEmpty else { return try evaluator.text(of: value) }
        switch value {
        case .string, .int, .float: return try specification(text).format(value, in: evaluator)
        case .bool(let bool): return try specification(text).format(.int(bool ? 1 : 0), in: evaluator)
        default: throw .runtime("unsupported format string for '\(value.typeName)'")
        }
    }

    /// Reads `[[fill]align][sign][0][width][,][.precision][type]`.
    private static func specification(_ text: Substring.UnicodeScalarView) throws(Fault) -> FormatSpecification {
        let alignments: [Unicode.Scalar: FormatSpecification.Alignment] = ["<": .left, ">": .right, "^": .center]
        var rest = text
        var layout = FormatSpecification()
        if let first = rest.first, let second = rest.dropFirst().first, let alignment = alignments[second] {
            layout.fill = Text(first)
            layout.alignment = alignment
            rest.removeFirst(2)
        } else if let first = rest.first, let alignment = alignments[first] {
            layout.alignment = alignment
            rest.removeFirst()
        }
        if let sign = rest.first, "+- ".unicodeScalars.contains(sign) {
            layout.sign = sign == "-" ? "" : Text(sign)
            rest.removeFirst()
        }
        if rest.first == "0", layout.alignment == nil {
            layout.padsWithZeros = true
            rest.removeFirst()
        }
        layout.width = try rest.popNumber() ?? 0
        if let mark = rest.first, mark == "," || mark == "_" { layout.groupSeparator = Text(rest.removeFirst()) }
        if rest.first == "." {
            rest.removeFirst()
            guard let precision = try rest.popNumber() else { throw .runtime("format specifier missing precision") }
            layout.precision = precision
        }
        layout.type = rest.popFirst()
        guard rest.isEmpty else { throw .unsupported("format '\(String(text))'") }
        return layout
    }
}
