/// A method of one of Python's types.
struct Method: Sendable {
    /// Nil where the method takes its arguments as they are.
    let signature: Signature?
    let body: @Sendable (MethodCall) throws(Fault) -> Value

    /// A method whose arguments may be given by name.
    init(
        _ parameters: [String], required: Int = 0, _ body: @escaping @Sendable (MethodCall) throws(Fault) -> Value
    ) {
        self.signature = Signature(parameters, required: required)
        self.body = body
    }

    /// A method whose arguments are known by their place alone.
    init(
        positional count: Int = 0, required: Int = 0,
        _ body: @escaping @Sendable (MethodCall) throws(Fault) -> Value
    ) {
        let parameters = (0..<count).map { "\($0)" }
        self.signature = Signature(parameters, required: required, allowsKeywords: false)
        self.body = body
    }

    private init(signature: Signature?, body: @escaping @Sendable (MethodCall) throws(Fault) -> Value) {
        self.signature = signature
        self.body = body
    }

    static func withAnyArguments(_ body: @escaping @Sendable (MethodCall) throws(Fault) -> Value) -> Method {
        Method(signature: nil, body: body)
    }

    /// The methods of a value's type.
    static func table(of value: Value) -> [String: Method] {
        switch value {
        case .string: text
        case .list: list
        case .tuple: sequence
        case .dictionary: dictionary
        default: [:]
        }
    }

    /// Python's names of what would change a value in place, which the immutable sandbox refuses.
    static func changing(_ value: Value) -> Set<String> {
        switch value {
        case .list: ["append", "clear", "extend", "insert", "pop", "remove", "reverse", "sort"]
        case .dictionary: ["clear", "pop", "popitem", "setdefault", "update"]
        default: []
        }
    }

    /// Attributes that Python has and this interpreter leaves out: better an error than an undefined value.
    static func leftOut(_ value: Value) -> Set<String> {
        switch value {
        case .string: ["casefold", "encode", "expandtabs", "format_map", "isidentifier", "maketrans", "translate"]
        case .dictionary: ["fromkeys"]
        case .bool, .int:
            [
                "as_integer_ratio", "bit_count", "bit_length", "conjugate", "denominator", "from_bytes", "imag",
                "numerator", "real", "to_bytes",
            ]
        case .float: ["as_integer_ratio", "conjugate", "fromhex", "hex", "imag", "is_integer", "real"]
        default: []
        }
    }
}

/// One call of a method.
struct MethodCall {
    let evaluator: Evaluator
    let receiver: Value
    /// The argument of each parameter of the signature.
    let bound: [Value?]
    let arguments: Arguments

    /// The receiver of a string method.
    var text: Text { receiver.text ?? "" }

    /// The argument at `index`, nil where it is left out or `none`.
    func optionalText(_ index: Int) throws(Fault) -> Text? {
        guard let value = bound[index], !value.isNone else { return nil }
        return try required(value)
    }

    /// The argument at `index`, empty where it is left out.
    func text(_ index: Int) throws(Fault) -> Text {
        guard let value = bound[index] else { return "" }
        return try required(value)
    }

    private func required(_ value: Value) throws(Fault) -> Text {
        guard let text = value.text else { throw .runtime("expected a string argument, not \(value.typeName)") }
        return text
    }

    /// The argument at `index`, nil where it is left out or `none`.
    func optionalInteger(_ index: Int) throws(Fault) -> Int? {
        guard let value = bound[index], !value.isNone else { return nil }
        guard let integer = value.integer else {
            throw .runtime("expected an integer argument, not \(value.typeName)")
        }
        return integer
    }
}
