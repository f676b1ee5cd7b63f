/// The variable `loop` of a `for`.
final class LoopState: RuntimeObject {
    private let list: ItemList
    private let level: Int
    private var index = 0
    /// What `loop.changed` saw last.
    private var lastSeen: [Value]?
    /// Prints the loop's body for other items, nil unless the loop is recursive.
    private let recurse: ((Value, Int) throws(Fault) -> Value)?

    init(list: ItemList, level: Int, recurse: ((Value, Int) throws(Fault) -> Value)?) {
        self.list = list
        self.level = level
        self.recurse = recurse
    }

    let typeName = "LoopContext"
    var depth: Int { list.depth }
    var count: Int? { list.items.count }
    var isCallable: Bool { recurse != nil }

    func move(to index: Int) { self.index = index }

    func attribute(_ name: String) -> Value? {
        let length = list.items.count
        switch name {
        case "index": return .int(index + 1)
        case "index0": return .int(index)
        case "revindex": return .int(length - index)
        case "revindex0": return .int(length - index - 1)
        case "first": return .bool(index == 0)
        case "last": return .bool(index == length - 1)
        case "length": return .int(length)
        case "depth": return .int(level + 1)
        case "depth0": return .int(level)
        case "previtem":
            return index > 0 ? list.items[index - 1] : .undefined(Missing(reason: "there is no previous item"))
        case "nextitem":
            return index + 1 < length ? list.items[index + 1] : .undefined(Missing(reason: "there is no next item"))
        case "cycle":
            return .object(
                GlobalFunction(name, depth: depth + 1) { [self] _, arguments throws(Fault) in try cycle(arguments) })
        case "changed":
            return .object(
                GlobalFunction(name, depth: depth + 1) { [self] evaluator, arguments throws(Fault) in
                    try changed(arguments, in: evaluator)
                })
        default: return nil
        }
    }

    private func cycle(_ arguments: Arguments) throws(Fault) -> Value {
        guard !arguments.positional.isEmpty else { throw .runtime("no items for cycling given") }
        return arguments.positional[index % arguments.positional.count]
    }

    private func changed(_ arguments: Arguments, in evaluator: Evaluator) throws(Fault) -> Value {
        if lastSeen == nil { try evaluator.releaseAtEnd { [self] in lastSeen = nil } }
        let values = arguments.positional
        var isSame = lastSeen?.count == values.count
        for (last, value) in zip(lastSeen ?? [], values) where isSame {
            isSame = try Comparison.isEqual(last, value, meter: evaluator.meter)
        }
        if !isSame { lastSeen = values }
        return .bool(!isSame)
    }

    func call(_ arguments: Arguments, in evaluator: Evaluator) throws(Fault) -> Value {
        guard let recurse else { throw .runtime("the loop must have the 'recursive' marker to be called recursively") }
        guard let items = arguments.positional.first, arguments.positional.count == 1 else {
            throw .runtime("loop() takes the items of the inner loop")
        }
        return try recurse(items, level + 1)
    }

    func describe(in evaluator: Evaluator) throws(Fault) -> Text {
        Text("<LoopContext \(index + 1)/\(list.items.count)>")
    }
}
