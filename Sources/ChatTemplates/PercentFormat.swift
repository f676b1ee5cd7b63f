/// `format % values` of Python, which the filter `format` uses too.
struct PercentFormat {
    private let evaluator: Evaluator
    private var rest: Substring.UnicodeScalarView
    /// The values that are taken in turn.
    private var positional: ArraySlice<Value>
    /// The dictionary of named values.
    private let named: OrderedDictionary?

    static func format(_ format: Text, _ values: Value, in evaluator: Evaluator) throws(Fault) -> Text {
        var formatter = PercentFormat(format, values, evaluator)
        var output: [UInt8] = []
        while let scalar = formatter.rest.popFirst() {
            let part = scalar == "%" ? try formatter.conversion() : Text(scalar)
            try evaluator.meter.allocate(bytes: part.bytes.count)
            output += part.bytes
        }
        switch values {
        // What can be subscripted may be left unused.
        case .dictionary, .list, .undefined: break
        default:
            guard formatter.positional.isEmpty else {
                throw .runtime("not all arguments converted during string formatting")
            }
        }
        return Text(utf8: output)
    }

    private init(_ format: Text, _ values: Value, _ evaluator: Evaluator) {
        self.evaluator = evaluator
        rest = format.scalars[...]
        switch values {
        case .tuple(let list): positional = list.items[...]
        default: positional = [values]
        }
        if case .dictionary(let dictionary) = values { named = dictionary } else { named = nil }
    }

    /// Writes what follows a `%`.
    private mutating func conversion() throws(Fault) -> Text {
        let name = try conversionName()
        var layout = FormatSpecification()
        var isLeft = false
        while let flag = rest.first, "-+ 0#".unicodeScalars.contains(flag) {
            rest.removeFirst()
            switch flag {
            case "-": isLeft = true
            case "+": layout.sign = "+"
            case " ": layout.sign = layout.sign.isEmpty ? " " : layout.sign
            case "0": layout.padsWithZeros = true
            default: throw .unsupported("'#' in a format")
            }
        }
        if isLeft { layout.padsWithZeros = false }
        layout.alignment = isLeft ? .left : .right
        layout.width = try rest.popNumber() ?? 0
        if rest.first == "." {
            rest.removeFirst()
            layout.precision = try rest.popNumber() ?? 0
        }
        guard let type = rest.popFirst() else { throw .runtime("incomplete format") }
        if type == "%" { return "%" }
        return try convert(try value(named: name), as: type, layout)
    }

    private mutating func conversionName() throws(Fault) -> Text? {
        guard rest.first == "(" else { return nil }
        rest.removeFirst()
        guard let end = rest.firstIndex(of: ")") else { throw .runtime("incomplete format key") }
        let name = Text(String(rest[..<end]))
        rest = rest[rest.index(after: end)...]
        return name
    }

    private mutating func value(named name: Text?) throws(Fault) -> Value {
        if let name {
            guard let named else { throw .runtime("format requires a mapping") }
            guard let value = named[.string(name)] else { throw .runtime("no value for the format's '\(name.string)'") }
            return value
        }
        guard let value = positional.popFirst() else { throw .runtime("not enough arguments for format string") }
        return value
    }

    private func convert(_ value: Value, as type: Unicode.Scalar, _ layout: FormatSpecification) throws(Fault) -> Text {
        var layout = layout
        layout.type = type
        switch type {
        case "s", "r":
            let text =
                try type == "s"
                ? evaluator.text(of: value)
                : PythonRepresentation.representation(value, in: evaluator)
            layout.type = "s"
            layout.padsWithZeros = false
            return try layout.format(.string(text), in: evaluator)
        case "d", "i", "u":
            layout.type = "d"
            guard layout.precision == nil else { throw .unsupported("precision of an integer format") }
            if case .float(let number) = value {
                guard let integer = Int(exactly: number.rounded(.towardZero)) else {
                    throw .runtime("cannot convert float to integer")
                }
                return try layout.format(.int(integer), in: evaluator)
            }
            return try layout.format(try number(value), in: evaluator)
        case "x", "X", "o":
            guard value.integer != nil else { throw .runtime("an integer is required, not \(value.typeName)") }
            return try layout.format(try number(value), in: evaluator)
        case "e", "E", "f", "F", "g", "G": return try layout.format(try number(value), in: evaluator)
        default: throw .unsupported("format '%\(type)'")
        }
    }

    private func number(_ value: Value) throws(Fault) -> Value {
        if let integer = value.integer { return .int(integer) }
        guard case .float = value else { throw .runtime("a number is required, not \(value.typeName)") }
        return value
    }
}

extension Substring.UnicodeScalarView {
    /// Takes the decimal digits at the beginning, nil if there are none.
    mutating func popNumber() throws(Fault) -> Int? {
        let digits = prefix { $0.value >= 0x30 && $0.value <= 0x39 }
        guard !digits.isEmpty else { return nil }
        removeFirst(digits.count)
        guard let number = Int(String(digits)), number < 1 << 40 else { throw .limit("number in a format") }
        return number
    }
}
