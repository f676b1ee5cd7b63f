/// The result of `map`, `select` and other filters that Python makes generators of: it has no length, cannot be
/// subscripted and gives its items once. Its items are computed beforehand.
final class Generator: RuntimeObject {
    private var items: ArraySlice<Value>
    let depth: Int
    let typeName: String

    init(_ list: ItemList, typeName: String = "generator") {
        self.items = list.items[...]
        self.depth = list.depth
        self.typeName = typeName
    }

    var isIterable: Bool { true }

    func takeItems() -> [Value]? {
        defer { items = [] }
        return Array(items)
    }

    /// Takes only the first item, as `first` does.
    func takeFirst() -> Value? { items.popFirst() }
}

/// `dict.keys()`, `dict.values()` or `dict.items()`.
final class DictionaryView: RuntimeObject {
    let list: ItemList
    let typeName: String

    init(_ list: ItemList, typeName: String) {
        self.list = list
        self.typeName = typeName
    }

    var depth: Int { list.depth }
    var count: Int? { list.items.count }
    var isIterable: Bool { true }
    func takeItems() -> [Value]? { list.items }

    func describe(in evaluator: Evaluator) throws(Fault) -> Text {
        Text(typeName) + "(" + (try PythonRepresentation.representation(.list(list), in: evaluator)) + ")"
    }
}

/// `range(…)`, of at most `maxCount` numbers as in Jinja's sandbox.
final class RangeObject: RuntimeObject {
    static let maxCount = 100_000

    private let start: Int
    private let stop: Int
    private let step: Int
    private let length: Int

    let typeName = "range"

    init(start: Int, stop: Int, step: Int) throws(Fault) {
        guard step != 0 else { throw .runtime("range() arg 3 must not be zero") }
        let isEmpty = step > 0 ? start >= stop : start <= stop
        // The distance in the direction of the step fits in an unsigned integer, whatever the bounds.
        let distance = UInt(bitPattern: step > 0 ? stop &- start : start &- stop)
        let length = isEmpty ? 0 : (distance - 1) / step.magnitude + 1
        guard length <= UInt(RangeObject.maxCount) else {
            throw .runtime("range too big: the sandbox allows \(RangeObject.maxCount) numbers")
        }
        self.start = start
        self.stop = stop
        self.step = step
        self.length = Int(length)
    }

    var count: Int? { length }
    var isIterable: Bool { true }
    func takeItems() -> [Value]? { (0..<length).map { .int(start + $0 * step) } }
    func item(at index: Int) -> Value? { index >= 0 && index < length ? .int(start + index * step) : nil }

    func attribute(_ name: String) -> Value? {
        switch name {
        case "start": .int(start)
        case "stop": .int(stop)
        case "step": .int(step)
        default: nil
        }
    }

    func slice(_ bounds: SliceBounds) throws(Fault) -> RangeObject {
        // Places are within the range or next to it, so that only the step can become too large.
        let (stride, overflow) = step.multipliedReportingOverflow(by: bounds.step)
        let (stop, beyond) = start.addingReportingOverflow(bounds.end * step)
        guard !overflow, !beyond else { throw .limit("integer beyond 64 bits") }
        return try RangeObject(start: start + bounds.start * step, stop: stop, step: stride)
    }

    func isEqual(to other: RangeObject) -> Bool {
        length == other.length && (length == 0 || start == other.start && (length == 1 || step == other.step))
    }

    func describe(in evaluator: Evaluator) throws(Fault) -> Text {
        Text("range(\(start), \(stop)" + (step == 1 ? ")" : ", \(step))"))
    }
}
