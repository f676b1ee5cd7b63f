/// A filter of Jinja.
struct Filter: Sendable {
    /// Nil where the filter takes its arguments as they are.
    let signature: Signature?
    let body: @Sendable (FilterCall) throws(Fault) -> Value

    init(
        _ parameters: [String] = [], required: Int = 0,
        _ body: @escaping @Sendable (FilterCall) throws(Fault) -> Value
    ) {
        self.signature = Signature(parameters, required: required)
        self.body = body
    }

    private init(signature: Signature?, body: @escaping @Sendable (FilterCall) throws(Fault) -> Value) {
        self.signature = signature
        self.body = body
    }

    static func withAnyArguments(_ body: @escaping @Sendable (FilterCall) throws(Fault) -> Value) -> Filter {
        Filter(signature: nil, body: body)
    }

    static let all: [String: Filter] = [general, text, layout, numeric, sequences, ordering, selection]
        .reduce([:]) { $0.merging($1) { $1 } }

    private static let general: [String: Filter] = [
        "default": fallback,
        "d": fallback,
        "string": Filter { call throws(Fault) in
            guard call.input.markup == nil else { return call.input }
            return .string(try call.evaluator.text(of: call.input))
        },
        "tojson": Filter(["ensure_ascii", "indent", "separators", "sort_keys"], json),
        "attr": Filter(["name"], required: 1) { call throws(Fault) in
            if case .undefined(let missing) = call.input { throw .runtime(missing.message) }
            let name = try call.text(0).string
            if let value = try Attributes.own(name, of: call.input) { return value }
            return .undefined(Missing(.attribute(name, type: call.input.typeName)))
        },
        "safe": Filter { call throws(Fault) in .object(Markup(try call.evaluator.text(of: call.input))) },
        "escape": Filter([], escape),
        "e": Filter([], escape),
    ]

    private static let fallback = Filter(["default_value", "boolean"]) { call throws(Fault) in
        let replaces = call.input.isUndefined || (call.flag(1) && !call.input.isTrue)
        return replaces ? call.bound[0] ?? .string("") : call.input
    }

    @Sendable private static func json(_ call: FilterCall) throws(Fault) -> Value {
        var options = JSONWriter.Options(escapesNonASCII: call.flag(0), sortsKeys: call.flag(3))
        if let indent = call.bound[1], !indent.isNone {
            guard let width = indent.integer else {
                options.indent = try call.text(1)
                return try json(call, &options)
            }
            // Deeper than any value nests, and small enough to repeat.
            guard width <= 1000 else { throw .limit("indentation of JSON") }
            options.indent = Text(" ").repeated(width)
        }
        return try json(call, &options)
    }

    private static func json(_ call: FilterCall, _ options: inout JSONWriter.Options) throws(Fault) -> Value {
        if let separators = call.bound[2], !separators.isNone {
            let pair = try call.evaluator.items(of: separators).compactMap(\.text)
            guard pair.count == 2 else { throw .runtime("separators must be two strings") }
            options.itemSeparator = pair[0]
            options.keySeparator = pair[1]
        }
        return .string(try JSONWriter.text(of: call.input, options: options, meter: call.evaluator.meter))
    }

    @Sendable private static func escape(_ call: FilterCall) throws(Fault) -> Value {
        guard call.input.markup == nil else { return call.input }
        let text = try call.evaluator.text(of: call.input)
        return .object(Markup(try Markup.escape(text, meter: call.evaluator.meter)))
    }
}

/// One application of a filter.
struct FilterCall {
    let evaluator: Evaluator
    let input: Value
    /// The argument of each parameter of the signature.
    let bound: [Value?]
    let arguments: Arguments

    /// The input as text, as most filters of text take it.
    func inputText() throws(Fault) -> Text {
        if input.markup != nil { throw .unsupported("a filter on a text marked safe") }
        let text = try evaluator.text(of: input)
        // Nearly every filter of text reads it once, and makes at most as much.
        try evaluator.meter.allocate(bytes: text.bytes.count)
        return text
    }

    /// What `body` makes of the input's text: a marked text stays marked.
    func withText(_ body: (Text) throws(Fault) -> Text) throws(Fault) -> Value {
        guard let markup = input.markup else { return .string(try body(try inputText())) }
        try evaluator.meter.allocate(bytes: markup.text.bytes.count)
        return .object(Markup(try body(markup.text)))
    }

    func inputItems() throws(Fault) -> [Value] {
        let items = try evaluator.items(of: input)
        try evaluator.meter.allocate(items: items.count)
        return items
    }

    /// Whether the argument at `index` is given and true.
    func flag(_ index: Int) -> Bool { bound[index]?.isTrue ?? false }

    func text(_ index: Int, otherwise: Text = "") throws(Fault) -> Text {
        guard let value = bound[index] else { return otherwise }
        guard let text = value.text else { throw .runtime("expected a string argument, not \(value.typeName)") }
        return text
    }

    func integer(_ index: Int, otherwise: Int) throws(Fault) -> Int {
        guard let value = bound[index] else { return otherwise }
        guard let integer = value.integer else {
            throw .runtime("expected an integer argument, not \(value.typeName)")
        }
        return integer
    }
}
