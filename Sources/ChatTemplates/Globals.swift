/// The functions every template has.
enum Globals {
    /// A scope of its own for each render: the functions are the same, but a scope is not shared between threads.
    static var scope: Scope {
        let functions: [(String, GlobalFunction.Body)] = [
            ("raise_exception", raise), ("strftime_now", formatTime), ("range", range), ("dict", dictionary),
            ("namespace", namespace), ("cycler", cycler), ("joiner", joiner), ("lipsum", lipsum),
        ]
        let variables = functions.map { ($0.0, Value.object(GlobalFunction($0.0, $0.1))) }
        return Scope(variables: Dictionary(uniqueKeysWithValues: variables), parent: nil)
    }

    private static func raise(_ evaluator: Evaluator, _ arguments: Arguments) throws(Fault) -> Value {
        let bound = try Signature(["message"], required: 1).bind(arguments, to: "raise_exception")
        throw .refused(try bound[0].map { value throws(Fault) in try evaluator.text(of: value).string } ?? "")
    }

    private static func formatTime(_ evaluator: Evaluator, _ arguments: Arguments) throws(Fault) -> Value {
        let bound = try Signature(["format"], required: 1).bind(arguments, to: "strftime_now")
        guard let format = bound[0]?.text else { throw .runtime("strftime_now() takes a string") }
        try evaluator.meter.allocate(bytes: 16 * format.bytes.count)
        return .string(Text(try evaluator.clock.format(format.string)))
    }

    private static func range(_ evaluator: Evaluator, _ arguments: Arguments) throws(Fault) -> Value {
        let bounds = arguments.positional.compactMap(\.integer)
        guard arguments.keywords.isEmpty, bounds.count == arguments.positional.count, (1...3).contains(bounds.count)
        else { throw .runtime("range() takes one to three integers") }
        let start = bounds.count > 1 ? bounds[0] : 0
        let stop = bounds.count > 1 ? bounds[1] : bounds[0]
        return .object(try RangeObject(start: start, stop: stop, step: bounds.count > 2 ? bounds[2] : 1))
    }

    /// What `dict` and `namespace` are made of: a mapping or pairs, and keyword arguments.
    private static func members(_ evaluator: Evaluator, _ arguments: Arguments) throws(Fault)
        -> [(key: Value, value: Value)]
    {
        guard arguments.positional.count <= 1 else { throw .runtime("expected at most 1 positional argument") }
        var members: [(key: Value, value: Value)] = []
        if case .dictionary(let dictionary) = arguments.positional.first {
            members = dictionary.entries.map { ($0.key, $0.value) }
        } else if let pairs = arguments.positional.first {
            for pair in try evaluator.items(of: pairs) {
                let items = try evaluator.items(of: pair)
                guard items.count == 2 else { throw .runtime("a pair of key and value must have length 2") }
                members.append((items[0], items[1]))
            }
        }
        return members + arguments.keywords.map { (.string(Text($0.name)), $0.value) }
    }

    private static func dictionary(_ evaluator: Evaluator, _ arguments: Arguments) throws(Fault) -> Value {
        try evaluator.dictionary(try members(evaluator, arguments))
    }

    private static func namespace(_ evaluator: Evaluator, _ arguments: Arguments) throws(Fault) -> Value {
        let namespace = Namespace()
        try evaluator.releaseAtEnd { namespace.removeAll() }
        for (key, value) in try members(evaluator, arguments) {
            try namespace.set(key, to: value, meter: evaluator.meter)
        }
        return .object(namespace)
    }

    private static func cycler(_ evaluator: Evaluator, _ arguments: Arguments) throws(Fault) -> Value {
        guard !arguments.positional.isEmpty else { throw .runtime("at least one item has to be provided") }
        return .object(Cycler(try evaluator.itemList(arguments.positional)))
    }

    private static func joiner(_ evaluator: Evaluator, _ arguments: Arguments) throws(Fault) -> Value {
        let bound = try Signature(["sep"]).bind(arguments, to: "joiner")
        return .object(Joiner(separator: bound[0] ?? .string(", ")))
    }

    private static func lipsum(_ evaluator: Evaluator, _ arguments: Arguments) throws(Fault) -> Value {
        throw .unsupported("lipsum()")
    }
}
