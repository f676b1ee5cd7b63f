/// A function of the template's global scope.
final class GlobalFunction: RuntimeObject {
    typealias Body = (Evaluator, Arguments) throws(Fault) -> Value

    let name: String
    /// How deep containers nest in what the body holds.
    let depth: Int
    private let body: Body

    init(_ name: String, depth: Int = 0, _ body: @escaping Body) {
        self.name = name
        self.depth = depth
        self.body = body
    }

    let typeName = "function"
    var isCallable: Bool { true }
    func call(_ arguments: Arguments, in evaluator: Evaluator) throws(Fault) -> Value {
        try body(evaluator, arguments)
    }

    func describe(in evaluator: Evaluator) throws(Fault) -> Text { Text("<function \(name)>") }
}

/// A method of a value, such as `text.strip` before it is called.
final class BoundMethod: RuntimeObject {
    private let method: Method
    private let name: String
    private let receiver: Value

    init(_ method: Method, name: String, receiver: Value) {
        self.method = method
        self.name = name
        self.receiver = receiver
    }

    let typeName = "builtin_function_or_method"
    var depth: Int { receiver.depth + 1 }
    var isCallable: Bool { true }

    func call(_ arguments: Arguments, in evaluator: Evaluator) throws(Fault) -> Value {
        // Nearly every method reads its receiver once, and makes at most as much.
        try evaluator.meter.allocate(bytes: receiver.text?.bytes.count ?? 0)
        let bound = try method.signature?.bind(arguments, to: name) ?? []
        return try method.body(
            MethodCall(evaluator: evaluator, receiver: receiver, bound: bound, arguments: arguments))
    }

    func describe(in evaluator: Evaluator) throws(Fault) -> Text {
        Text("<built-in method \(name) of \(receiver.typeName) object>")
    }
}

/// `cycler(a, b, …)`.
final class Cycler: RuntimeObject {
    private let list: ItemList
    private var position = 0

    init(_ list: ItemList) { self.list = list }

    let typeName = "Cycler"
    var depth: Int { list.depth }

    func attribute(_ name: String) -> Value? {
        switch name {
        case "current": list.items[position]
        case "next": .object(GlobalFunction(name, depth: depth + 1) { [self] _, _ throws(Fault) in advance() })
        case "reset":
            .object(
                GlobalFunction(name, depth: depth + 1) { [self] _, _ throws(Fault) in
                    position = 0
                    return .null
                })
        default: nil
        }
    }

    private func advance() -> Value {
        defer { position = (position + 1) % list.items.count }
        return list.items[position]
    }
}

/// `joiner(separator)`: prints nothing when first called, the separator afterwards.
final class Joiner: RuntimeObject {
    private let separator: Value
    private var isUsed = false

    init(separator: Value) { self.separator = separator }

    let typeName = "Joiner"
    var depth: Int { separator.depth + 1 }
    var isCallable: Bool { true }

    func call(_ arguments: Arguments, in evaluator: Evaluator) throws(Fault) -> Value {
        defer { isUsed = true }
        return isUsed ? separator : .string("")
    }
}
