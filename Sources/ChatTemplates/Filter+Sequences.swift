/// Filters that take sequences as a whole.
extension Filter {
    static let sequences: [String: Filter] = [
        "length": Filter([], length),
        "count": Filter([], length),
        "first": Filter { call throws(Fault) in
            if case .object(let generator as Generator) = call.input { return generator.takeFirst() ?? call.nothing }
            return try call.inputItems().first ?? call.nothing
        },
        "last": Filter { call throws(Fault) in
            if case .object(is Generator) = call.input { throw .runtime("'generator' object is not reversible") }
            return try call.inputItems().last ?? call.nothing
        },
        "list": Filter { call throws(Fault) in try call.evaluator.list(try call.inputItems()) },
        "reverse": Filter { call throws(Fault) in
            if let text = call.input.text {
                try call.evaluator.meter.allocate(bytes: 4 * text.bytes.count)
                return .string(Text(text.scalars.reversed()))
            }
            let items = Array(try call.inputItems().reversed())
            if case .object(is Generator) = call.input { return try call.evaluator.list(items) }
            return try call.evaluator.generator(items, typeName: "list_reverseiterator")
        },
        "join": Filter(["d", "attribute"]) { call throws(Fault) in
            let path = try AttributePath(call.bound[1])
            let items = try call.inputItems().map { item throws(Fault) in
                try path.value(of: item, in: call.evaluator)
            }
            let texts = try items.map { item throws(Fault) in try call.evaluator.text(of: item) }
            let separator = try call.bound[0].map { value throws(Fault) in try call.evaluator.text(of: value) }
            return .string(try call.evaluator.join(texts, separator: separator ?? ""))
        },
        "items": Filter { call throws(Fault) in
            if call.input.isUndefined { return try call.evaluator.generator([]) }
            guard case .dictionary(let dictionary) = call.input else {
                throw .runtime("can only get item pairs from a mapping")
            }
            return try call.evaluator.generator(
                dictionary.entries.map { entry throws(Fault) in try call.evaluator.tuple([entry.key, entry.value]) })
        },
    ]

    @Sendable private static func length(_ call: FilterCall) throws(Fault) -> Value {
        switch call.input {
        case .undefined: return .int(0)
        case .string(let text):
            try call.evaluator.meter.touch(bytes: text.bytes.count)
            return .int(text.count)
        case .list(let list), .tuple(let list): return .int(list.items.count)
        case .dictionary(let dictionary): return .int(dictionary.entries.count)
        case .object(let object):
            if let count = object.count { return .int(count) }
            fallthrough
        default: throw .runtime("object of type '\(call.input.typeName)' has no len()")
        }
    }
}

extension FilterCall {
    fileprivate var nothing: Value { .undefined(Missing(reason: "no item, sequence was empty")) }
}
