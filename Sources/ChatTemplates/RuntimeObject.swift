/// A value that is not plain data: a namespace, a macro, a loop, a function.
protocol RuntimeObject: AnyObject {
    /// Python's name of the type, for messages.
    var typeName: String { get }
    /// How deep containers nest in what this object holds; see `Value.depth`.
    var depth: Int { get }
    /// Python's `len`, nil where the object has none.
    var count: Int? { get }
    /// Whether `call` does anything but fail.
    var isCallable: Bool { get }
    /// Whether the object can be iterated.
    var isIterable: Bool { get }
    /// The items of one iteration, nil where the object cannot be iterated. A generator gives its items only once.
    func takeItems() -> [Value]?
    /// The attribute, nil where the object has none of the name.
    func attribute(_ name: String) -> Value?
    /// The item at `index` counted from 0, for objects that can be subscripted.
    func item(at index: Int) -> Value?
    func call(_ arguments: Arguments, in evaluator: Evaluator) throws(Fault) -> Value
    /// Python's `str`.
    func describe(in evaluator: Evaluator) throws(Fault) -> Text
}

extension RuntimeObject {
    var depth: Int { 0 }
    var count: Int? { nil }
    var isCallable: Bool { false }
    var isIterable: Bool { false }
    func takeItems() -> [Value]? { nil }
    func attribute(_ name: String) -> Value? { nil }
    func item(at index: Int) -> Value? { nil }
    func call(_ arguments: Arguments, in evaluator: Evaluator) throws(Fault) -> Value {
        throw .runtime("'\(typeName)' object is not callable")
    }
    func describe(in evaluator: Evaluator) throws(Fault) -> Text { Text("<\(typeName) object>") }
}

/// The arguments of a call.
struct Arguments {
    var positional: [Value] = []
    var keywords: [(name: String, value: Value)] = []

    subscript(keyword name: String) -> Value? { keywords.first { $0.name == name }?.value }

    mutating func removeKeyword(_ name: String) -> Value? {
        guard let index = keywords.firstIndex(where: { $0.name == name }) else { return nil }
        return keywords.remove(at: index).value
    }
}

/// The parameters of a built-in function, filter, test or method.
struct Signature: Sendable {
    let parameters: [String]
    /// How many of them must be given.
    let required: Int
    /// Whether they may be given by name. Many methods of Python's own types refuse that.
    let allowsKeywords: Bool

    init(_ parameters: [String] = [], required: Int = 0, allowsKeywords: Bool = true) {
        self.parameters = parameters
        self.required = required
        self.allowsKeywords = allowsKeywords
    }

    /// The argument of each parameter, nil where none is given.
    func bind(_ arguments: Arguments, to callee: String) throws(Fault) -> [Value?] {
        guard arguments.positional.count <= parameters.count else {
            throw .runtime("\(callee)() takes at most \(parameters.count) arguments")
        }
        var bound = arguments.positional.map(Optional.some)
        bound += [Value?](repeating: nil, count: parameters.count - bound.count)
        for (name, value) in arguments.keywords {
            guard allowsKeywords, let index = parameters.firstIndex(of: name), bound[index] == nil else {
                throw .runtime("\(callee)() got an unexpected argument '\(name)'")
            }
            bound[index] = value
        }
        for index in 0..<required where bound[index] == nil {
            throw .runtime("\(callee)() misses its argument '\(parameters[index])'")
        }
        return bound
    }
}
