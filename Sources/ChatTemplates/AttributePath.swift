/// How filters reach into items: the argument `attribute`, such as `"function.name"` or `0`.
struct AttributePath {
    private let keys: [Value]

    /// - Parameter attribute: A string of keys parted by dots, a single key, or nothing for the item itself.
    init(_ attribute: Value?) throws(Fault) {
        switch attribute {
        case nil, .some(.null): keys = []
        case .string(let text):
            keys = text.string.split(separator: ".", omittingEmptySubsequences: false).map {
                Int($0).map { .int($0) } ?? .string(Text(String($0)))
            }
        case .some(let key): keys = [key]
        }
        guard keys.count <= 64 else { throw .limit("64 keys in an attribute") }
    }

    func value(of item: Value, in evaluator: Evaluator, otherwise: Value? = nil) throws(Fault) -> Value {
        var value = item
        for key in keys {
            value = try Attributes.item(key, of: value, in: evaluator)
            if value.isUndefined, let otherwise, !otherwise.isNone { value = otherwise }
        }
        return value
    }

    /// The value that sorting and grouping look at: text in lower case unless `isCaseSensitive`.
    func key(of item: Value, isCaseSensitive: Bool, in evaluator: Evaluator, otherwise: Value? = nil) throws(Fault)
        -> Value
    {
        let value = try value(of: item, in: evaluator, otherwise: otherwise)
        guard !isCaseSensitive, let text = value.text else { return value }
        try evaluator.meter.allocate(bytes: 3 * text.bytes.count)
        return .string(text.lowercased())
    }
}
