/// Python's `dict`: keys in the order they came, any hashable value as a key. It does not change once made.
final class OrderedDictionary {
    struct Entry {
        let key: Value
        var value: Value
    }

    let entries: [Entry]
    let depth: Int
    private let places: [DictionaryKey: Int]

    /// - Precondition: `depth` is one more than the deepest key's or value's; the evaluator checks it.
    init(entries: [Entry], places: [DictionaryKey: Int], depth: Int) {
        self.entries = entries
        self.places = places
        self.depth = depth
    }

    var isEmpty: Bool { entries.isEmpty }

    subscript(key: DictionaryKey) -> Value? { places[key].map { entries[$0].value } }
}

/// A hashable value. Numbers that are equal in Python (`1`, `1.0`, `True`) are the same key.
enum DictionaryKey: Hashable {
    case null
    case integer(Int)
    case float(Double)
    case string(Text)
    case tuple([DictionaryKey])
    case object(ObjectIdentifier)

    init(_ value: Value, meter: Meter) throws(Fault) {
        // Hashing takes longer than reading.
        try meter.touch(bytes: value.text.map { 4 * $0.bytes.count } ?? 64)
        switch value.unmarked {
        case .null: self = .null
        case .bool(let value): self = .integer(value ? 1 : 0)
        case .int(let value): self = .integer(value)
        case .float(let value): self = Int(exactly: value).map { .integer($0) } ?? .float(value)
        case .string(let text): self = .string(text)
        case .object(let object): self = .object(ObjectIdentifier(object))
        case .tuple(let list):
            // Tuples that share their items may hold more of them than there is memory for.
            try meter.allocate(items: 4 * list.items.count)
            self = .tuple(try list.items.map { item throws(Fault) in try DictionaryKey(item, meter: meter) })
        case .list, .dictionary: throw .runtime("unhashable type: '\(value.typeName)'")
        // Jinja gives every undefined value the hash of its type.
        case .undefined: self = .object(ObjectIdentifier(Missing.self))
        }
    }
}

/// Collects the entries of a dictionary: a later value of a key replaces the earlier one, in its place.
struct DictionaryBuilder {
    private(set) var entries: [OrderedDictionary.Entry] = []
    private(set) var places: [DictionaryKey: Int] = [:]

    mutating func set(_ key: Value, to value: Value, meter: Meter) throws(Fault) {
        let place = try DictionaryKey(key, meter: meter)
        if let index = places[place] {
            entries[index].value = value
        } else {
            places[place] = entries.count
            entries.append(OrderedDictionary.Entry(key: key, value: value))
        }
    }
}
