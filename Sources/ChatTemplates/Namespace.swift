/// `namespace(…)`: the one thing a template can change after making it.
final class Namespace: RuntimeObject {
    private(set) var builder = DictionaryBuilder()

    let typeName = "Namespace"

    func set(_ name: Value, to value: Value, meter: Meter) throws(Fault) {
        try meter.allocate(items: 2)
        try builder.set(name, to: value, meter: meter)
    }

    func attribute(_ name: String) -> Value? {
        guard let place = builder.places[.string(Text(name))] else { return nil }
        return name.hasPrefix("_") ? Attributes.unsafe(name, of: typeName) : builder.entries[place].value
    }

    func removeAll() { builder = DictionaryBuilder() }

    func describe(in evaluator: Evaluator) throws(Fault) -> Text {
        // A namespace may hold itself.
        try evaluator.meter.enter()
        defer { evaluator.meter.leave() }
        let members = OrderedDictionary(entries: builder.entries, places: builder.places, depth: 0)
        return "<Namespace " + (try PythonRepresentation.representation(.dictionary(members), in: evaluator)) + ">"
    }
}
