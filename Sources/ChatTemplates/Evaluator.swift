/// Runs the statements of a template.
final class Evaluator {
    let limits: ChatTemplate.Limits
    let clock: Clock
    let meter: Meter
    /// The line that is being evaluated, for messages.
    var line = 1
    var output: [UInt8] = []
    private var cleanups: [() -> Void] = []

    /// Containers may nest this deep while a template runs.
    static let maxValueDepth = 128

    init(limits: ChatTemplate.Limits, clock: Clock) {
        self.limits = limits
        self.clock = clock
        self.meter = Meter(limits: limits)
    }

    func render(_ body: [Statement], variables: [String: TemplateValue]) throws(Fault) -> String {
        let root = Scope(parent: Globals.scope)
        for (name, value) in variables { root.set(name, to: try self.value(of: value, depth: 0)) }
        _ = try execute(body, in: root)
        return String(decoding: output, as: UTF8.self)
    }

    // MARK: Ending

    /// Asks for `cleanup` at the end of the render. Everything that can hold itself (a namespace, a scope with macros)
    /// is emptied then; until then it is kept, so that freeing one never frees a long chain of others by recursion.
    func releaseAtEnd(_ cleanup: @escaping () -> Void) throws(Fault) {
        try meter.allocate(bytes: 256)
        cleanups.append(cleanup)
    }

    func tearDown() {
        for cleanup in cleanups { cleanup() }
        cleanups.removeAll()
    }

    // MARK: Output

    func write(_ text: Text) throws(Fault) {
        guard text.bytes.count <= limits.maxOutputBytes - output.count else {
            throw .limit("\(limits.maxOutputBytes) bytes of output")
        }
        try meter.touch(bytes: text.bytes.count)
        output += text.bytes
    }

    /// What `body` prints, without printing it.
    func capture(_ body: [Statement], in scope: Scope) throws(Fault) -> Text {
        var flow = Flow.next
        return try capture(body, in: scope, flow: &flow)
    }

    /// What `body` prints; `flow` tells how it ended. After an error the output is of no use, nobody restores it.
    func capture(_ body: [Statement], in scope: Scope, flow: inout Flow) throws(Fault) -> Text {
        let outer = output
        output = []
        flow = try execute(body, in: scope)
        let captured = Text(utf8: output)
        output = outer
        try meter.allocate(bytes: captured.bytes.count)
        return captured
    }

    // MARK: Making values

    func list(_ items: [Value]) throws(Fault) -> Value { .list(try itemList(items)) }

    func tuple(_ items: [Value]) throws(Fault) -> Value { .tuple(try itemList(items)) }

    func itemList(_ items: [Value]) throws(Fault) -> ItemList {
        try meter.allocate(items: items.count)
        return ItemList(items: items, depth: try containerDepth(over: items.lazy.map(\.depth)))
    }

    func dictionary(_ members: [(key: Value, value: Value)]) throws(Fault) -> Value {
        try meter.allocate(items: 4 * members.count)
        var builder = DictionaryBuilder()
        for (key, value) in members { try builder.set(key, to: value, meter: meter) }
        let depths = builder.entries.lazy.map { max($0.key.depth, $0.value.depth) }
        return .dictionary(
            OrderedDictionary(
                entries: builder.entries, places: builder.places, depth: try containerDepth(over: depths)))
    }

    private func containerDepth(over depths: some Sequence<Int>) throws(Fault) -> Int {
        let depth = (depths.max() ?? 0) + 1
        guard depth <= Evaluator.maxValueDepth else { throw .limit("values nested \(Evaluator.maxValueDepth) deep") }
        return depth
    }

    func generator(_ items: [Value], typeName: String = "generator") throws(Fault) -> Value {
        .object(Generator(try itemList(items), typeName: typeName))
    }

    /// A string whose making counts against the limits.
    func string(_ text: Text) throws(Fault) -> Value {
        try meter.allocate(bytes: text.bytes.count)
        return .string(text)
    }

    /// The texts joined; their size is counted first, for a few long ones may stand for many.
    func join(_ texts: [Text], separator: Text) throws(Fault) -> Text {
        for text in texts { try meter.allocate(bytes: text.bytes.count + separator.bytes.count) }
        return separator.joining(texts)
    }

    private func value(of given: TemplateValue, depth: Int) throws(Fault) -> Value {
        guard depth < Evaluator.maxValueDepth else { throw .limit("values nested \(Evaluator.maxValueDepth) deep") }
        switch given {
        case .null: return .null
        case .bool(let value): return .bool(value)
        case .int(let value): return .int(value)
        case .float(let value): return .float(value)
        case .string(let text): return try string(Text(text))
        case .array(let items):
            return try list(items.map { item throws(Fault) in try value(of: item, depth: depth + 1) })
        case .object(let object):
            return try dictionary(
                object.members.map { member throws(Fault) in
                    (.string(Text(member.key)), try value(of: member.value, depth: depth + 1))
                })
        }
    }
}
