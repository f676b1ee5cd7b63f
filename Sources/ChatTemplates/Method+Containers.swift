/// Methods of lists, tuples and dictionaries.
extension Method {
    static let sequence: [String: Method] = [
        "count": Method(positional: 1, required: 1) { call throws(Fault) in
            var count = 0
            for item in try call.evaluator.items(of: call.receiver) where try call.isArgument(item) { count += 1 }
            return .int(count)
        },
        "index": Method(positional: 1, required: 1) { call throws(Fault) in
            for (index, item) in try call.evaluator.items(of: call.receiver).enumerated()
            where try call.isArgument(item) { return .int(index) }
            throw .runtime("value is not in \(call.receiver.typeName)")
        },
    ]

    private static let copying = ["copy": Method { call throws(Fault) in call.receiver }]

    static let list = sequence.merging(copying) { $1 }

    static let dictionary: [String: Method] = [
        "get": Method(positional: 2, required: 1) { call throws(Fault) in
            let key = try DictionaryKey(call.bound[0] ?? .null, meter: call.evaluator.meter)
            return call.members?[key] ?? call.bound[1] ?? .null
        },
        "items": Method { call throws(Fault) in
            try call.view("dict_items") { entry throws(Fault) in try call.evaluator.tuple([entry.key, entry.value]) }
        },
        "keys": Method { call throws(Fault) in try call.view("dict_keys") { entry throws(Fault) in entry.key } },
        "values": Method { call throws(Fault) in try call.view("dict_values") { entry throws(Fault) in entry.value } },
    ].merging(copying) { $1 }
}

extension MethodCall {
    fileprivate func isArgument(_ item: Value) throws(Fault) -> Bool {
        try Comparison.isEqual(item, bound[0] ?? .null, meter: evaluator.meter)
    }

    /// The receiver of a dictionary method.
    fileprivate var members: OrderedDictionary? {
        if case .dictionary(let dictionary) = receiver { dictionary } else { nil }
    }

    fileprivate func view(
        _ typeName: String, _ item: (OrderedDictionary.Entry) throws(Fault) -> Value
    ) throws(Fault) -> Value {
        let items = try (members?.entries ?? []).map(item)
        return .object(DictionaryView(try evaluator.itemList(items), typeName: typeName))
    }
}
