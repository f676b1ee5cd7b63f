/// How values print: Python's `str` and `repr`.
struct PythonRepresentation {
    let evaluator: Evaluator
    private var output: [UInt8] = []

    init(evaluator: Evaluator) { self.evaluator = evaluator }

    /// `str(value)`.
    static func string(_ value: Value, in evaluator: Evaluator) throws(Fault) -> Text {
        if case .string(let text) = value { return text }
        if case .undefined = value { return "" }
        return try representation(value, in: evaluator, isTopLevel: true)
    }

    /// `repr(value)`.
    static func representation(_ value: Value, in evaluator: Evaluator) throws(Fault) -> Text {
        try representation(value, in: evaluator, isTopLevel: false)
    }

    private static func representation(_ value: Value, in evaluator: Evaluator, isTopLevel: Bool) throws(Fault) -> Text
    {
        if isTopLevel, case .object(let object) = value { return try object.describe(in: evaluator) }
        var printer = PythonRepresentation(evaluator: evaluator)
        try printer.write(value)
        return Text(utf8: printer.output)
    }

    private mutating func write(_ value: Value) throws(Fault) {
        switch value {
        case .undefined: append("Undefined")
        case .null: append("None")
        case .bool(let value): append(value ? "True" : "False")
        case .int(let value): append(String(value))
        case .float(let value): append(PythonFloat.text(value))
        case .string(let text): try writeQuoted(text)
        case .list(let list): try write(list.items, open: "[", close: "]")
        case .tuple(let list): try write(list.items, open: "(", close: list.items.count == 1 ? ",)" : ")")
        case .dictionary(let dictionary): try write(dictionary)
        case .object(let object): output += try object.describe(in: evaluator).bytes
        }
        try evaluator.meter.step()
    }

    private mutating func append(_ text: String) { output += text.utf8 }

    private mutating func write(_ items: [Value], open: String, close: String) throws(Fault) {
        append(open)
        for (index, item) in items.enumerated() {
            if index > 0 { append(", ") }
            try write(item)
        }
        append(close)
    }

    private mutating func write(_ dictionary: OrderedDictionary) throws(Fault) {
        append("{")
        for (index, entry) in dictionary.entries.enumerated() {
            if index > 0 { append(", ") }
            try write(entry.key)
            append(": ")
            try write(entry.value)
        }
        append("}")
    }

    private mutating func writeQuoted(_ text: Text) throws(Fault) {
        let escapes = text.bytes.count { $0 < 0x20 || $0 >= 0x7F || $0 == UInt8(ascii: "\\") }
        try evaluator.meter.allocate(bytes: text.bytes.count + 5 * escapes)
        let quotesWithDouble = text.bytes.contains(UInt8(ascii: "'")) && !text.bytes.contains(UInt8(ascii: "\""))
        let quote: Unicode.Scalar = quotesWithDouble ? "\"" : "'"
        output.append(UInt8(ascii: quote))
        for scalar in text.scalars { append(PythonRepresentation.escaped(scalar, quote: quote)) }
        output.append(UInt8(ascii: quote))
    }

    private static func escaped(_ scalar: Unicode.Scalar, quote: Unicode.Scalar) -> String {
        switch scalar {
        case quote, "\\": return "\\" + String(scalar)
        case "\n": return "\\n"
        case "\r": return "\\r"
        case "\t": return "\\t"
        default: break
        }
        if scalar.isPythonPrintable { return String(scalar) }
        let (letter, width) = scalar.value < 0x100 ? ("x", 2) : scalar.value < 0x10000 ? ("u", 4) : ("U", 8)
        return "\\" + letter + String(scalar.value, radix: 16).leftPadded(to: width)
    }
}

extension Unicode.Scalar {
    /// Python's `str.isprintable` for one scalar.
    var isPythonPrintable: Bool {
        if value < 0x7F { return value >= 0x20 }
        switch properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator,
            .spaceSeparator:
            return false
        default: return true
        }
    }
}

extension String {
    /// With zeros on the left to `width` characters.
    func leftPadded(to width: Int) -> String { String(repeating: "0", count: Swift.max(width - count, 0)) + self }
}
