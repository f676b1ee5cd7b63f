/// Attributes and items of values, in the order that Jinja looks for them.
enum Attributes {
    /// `value.name`: an attribute, else the item of that key.
    static func attribute(_ name: String, of value: Value, meter: Meter) throws(Fault) -> Value {
        if case .undefined(let missing) = value { throw .runtime(missing.message) }
        if let attribute = try own(name, of: value) { return attribute }
        if case .dictionary(let dictionary) = value,
            let item = dictionary[try DictionaryKey(.string(Text(name)), meter: meter)]
        {
            return item
        }
        return .undefined(Missing(.attribute(name, type: value.typeName)))
    }

    /// `value[key]`: an item, else for a string the attribute of that name.
    static func item(_ key: Value, of value: Value, in evaluator: Evaluator) throws(Fault) -> Value {
        if let item = try item(key, of: value, evaluator) { return item }
        if let name = key.text, let attribute = try own(name.string, of: value) { return attribute }
        return .undefined(Missing(.item(type: value.typeName)))
    }

    private static func item(_ key: Value, of value: Value, _ evaluator: Evaluator) throws(Fault) -> Value? {
        switch value {
        case .undefined(let missing): throw .runtime(missing.message)
        case .dictionary(let dictionary):
            switch key {
            case .list, .dictionary: return nil
            default: return dictionary[try DictionaryKey(key, meter: evaluator.meter)]
            }
        case .list(let list), .tuple(let list):
            guard let index = key.integer.flatMap({ position($0, count: list.items.count) }) else { return nil }
            return list.items[index]
        case .string(let text):
            guard let index = key.integer else { return nil }
            try evaluator.meter.touch(bytes: text.bytes.count)
            return position(index, count: text.count).map { .string(text.slice($0..<$0 + 1)) }
        case .object(is Markup): throw .unsupported("a part of a text marked safe")
        case .object(let object):
            guard let index = key.integer, let count = object.count else { return nil }
            return position(index, count: count).flatMap(object.item)
        default: return nil
        }
    }

    /// The place of a Python index, which counts from the end where negative; nil outside.
    private static func position(_ index: Int, count: Int) -> Int? {
        let place = index < 0 ? index + count : index
        return place >= 0 && place < count ? place : nil
    }

    /// What Python finds as an attribute, nil if there is none. Attributes that the sandbox does not hand out come as
    /// undefined.
    static func own(_ name: String, of value: Value) throws(Fault) -> Value? {
        if name.hasPrefix("__"), name.hasSuffix("__") { return unsafe(name, of: value.typeName) }
        guard value.markup == nil else { throw .unsupported("attribute '\(name)' of a text marked safe") }
        if case .object(let object) = value { return object.attribute(name) }
        if case .tuple(let list) = value, list.isGroup {
            if name == "grouper" { return list.items.first }
            if name == "list" { return list.items.last }
        }
        if Method.changing(value).contains(name) { return unsafe(name, of: value.typeName) }
        if let method = Method.table(of: value)[name] {
            return .object(BoundMethod(method, name: name, receiver: value))
        }
        guard !Method.leftOut(value).contains(name) else {
            throw .unsupported("attribute '\(name)' of '\(value.typeName)'")
        }
        return nil
    }

    static func unsafe(_ name: String, of type: String) -> Value {
        .undefined(Missing(.unsafeAttribute(name, type: type)))
    }
}
