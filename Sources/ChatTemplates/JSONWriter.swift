/// Writes values as Python's `json.dumps` does.
struct JSONWriter {
    /// The arguments of `json.dumps` that the `tojson` of transformers takes.
    struct Options {
        var escapesNonASCII = false
        /// Text of one level of indentation; nil writes one line.
        var indent: Text?
        var itemSeparator: Text?
        var keySeparator: Text = ": "
        var sortsKeys = false
    }

    private let options: Options
    private let itemSeparator: Text
    private let meter: Meter
    private var output: [UInt8] = []
    private var level = 0

    private init(options: Options, meter: Meter) {
        self.options = options
        self.itemSeparator = options.itemSeparator ?? (options.indent == nil ? ", " : ",")
        self.meter = meter
    }

    static func text(of value: Value, options: Options, meter: Meter) throws(Fault) -> Text {
        var writer = JSONWriter(options: options, meter: meter)
        try writer.write(value)
        return Text(utf8: writer.output)
    }

    private mutating func write(_ value: Value) throws(Fault) {
        try meter.step()
        switch value {
        case .null: try append("null")
        case .bool(let value): try append(value ? "true" : "false")
        case .int(let value): try append(Text(String(value)))
        case .float(let value): try append(JSONWriter.text(of: value))
        case .string(let text): try writeString(text)
        case .list(let list), .tuple(let list):
            try writeItems(list.items, open: "[", close: "]") { writer, item throws(Fault) in try writer.write(item) }
        case .dictionary(let dictionary):
            try writeItems(try members(of: dictionary), open: "{", close: "}") { writer, member throws(Fault) in
                try writer.writeString(member.key)
                try writer.append(writer.options.keySeparator)
                try writer.write(member.value)
            }
        case .object(let markup as Markup): try writeString(markup.text)
        case .undefined, .object:
            throw .runtime("Object of type \(value.typeName) is not JSON serializable")
        }
    }

    private mutating func append(_ text: Text) throws(Fault) {
        try meter.allocate(bytes: text.bytes.count)
        output += text.bytes
    }

    private mutating func writeItems<Item>(
        _ items: [Item], open: Text, close: Text, write: (inout JSONWriter, Item) throws(Fault) -> Void
    ) throws(Fault) {
        try append(open)
        level += 1
        for (index, item) in items.enumerated() {
            if index > 0 { try append(itemSeparator) }
            try breakLine()
            try write(&self, item)
        }
        level -= 1
        if !items.isEmpty { try breakLine() }
        try append(close)
    }

    private mutating func breakLine() throws(Fault) {
        guard let indent = options.indent else { return }
        try append("\n")
        for _ in 0..<level { try append(indent) }
    }

    private func members(of dictionary: OrderedDictionary) throws(Fault) -> [(key: Text, value: Value)] {
        var entries = dictionary.entries
        if options.sortsKeys {
            try entries.sortStably { left, right throws(Fault) in
                try Comparison.isLess(left.key, right.key, meter: meter)
            }
        }
        return try entries.map { entry throws(Fault) in (try JSONWriter.key(entry.key), entry.value) }
    }

    private static func key(_ value: Value) throws(Fault) -> Text {
        switch value {
        case .string(let text): return text
        case .null: return "null"
        case .bool(let value): return value ? "true" : "false"
        case .int(let value): return Text(String(value))
        case .float(let value): return text(of: value)
        default: throw .runtime("keys must be str, int, float, bool or None, not \(value.typeName)")
        }
    }

    private static func text(of value: Double) -> Text {
        if value.isNaN { return "NaN" }
        return value.isInfinite ? (value < 0 ? "-Infinity" : "Infinity") : Text(PythonFloat.text(value))
    }

    private mutating func writeString(_ text: Text) throws(Fault) {
        try append("\"")
        let escapes = text.bytes.count { !isPlain($0) }
        try meter.allocate(bytes: text.bytes.count + 5 * escapes)
        if escapes == 0 {
            output += text.bytes
        } else {
            for scalar in text.scalars { output += escaped(scalar).utf8 }
        }
        try append("\"")
    }

    /// Whether a byte of a string is written as it is.
    private func isPlain(_ byte: UInt8) -> Bool {
        byte >= 0x20 && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
            && (byte < 0x7F || !options.escapesNonASCII)
    }

    private func escaped(_ scalar: Unicode.Scalar) -> String {
        switch scalar {
        case "\"": return "\\\""
        case "\\": return "\\\\"
        case "\n": return "\\n"
        case "\r": return "\\r"
        case "\t": return "\\t"
        case "\u{8}": return "\\b"
        case "\u{C}": return "\\f"
        default: break
        }
        let isPlain = scalar.value >= 0x20 && (scalar.value < 0x7F || !options.escapesNonASCII)
        if isPlain { return String(scalar) }
        return UTF16.encode(scalar).map { $0.map { "\\u" + String($0, radix: 16).leftPadded(to: 4) }.joined() } ?? ""
    }
}
