/// Filters that compare items with each other.
extension Filter {
    static let ordering: [String: Filter] = [
        "sort": Filter(["reverse", "case_sensitive", "attribute"], sort),
        "dictsort": Filter(["case_sensitive", "by", "reverse"], sortMembers),
        "unique": Filter(["case_sensitive", "attribute"], unique),
        "groupby": Filter(["attribute", "default", "case_sensitive"], required: 1, group),
        "min": Filter(["case_sensitive", "attribute"]) { call throws(Fault) in
            try call.extreme { candidate, best throws(Fault) in try call.isLess(candidate, best) }
        },
        "max": Filter(["case_sensitive", "attribute"]) { call throws(Fault) in
            try call.extreme { candidate, best throws(Fault) in try call.isLess(best, candidate) }
        },
    ]

    @Sendable private static func sort(_ call: FilterCall) throws(Fault) -> Value {
        // Several attributes, parted by commas, sort by the first one that differs.
        var attributes: [Value?] = [call.bound[2]]
        if let text = call.bound[2]?.text {
            attributes = text.string.split(separator: ",").map { .string(Text(String($0))) }
        }
        let paths = try attributes.map { attribute throws(Fault) in try AttributePath(attribute) }
        let items = try call.keyed(try call.inputItems()) { item throws(Fault) in
            let keys = try paths.map { path throws(Fault) in
                try path.key(of: item, isCaseSensitive: call.flag(1), in: call.evaluator)
            }
            // A list even of one: Python finds lists of undefined values equal, and so in order.
            return try call.evaluator.list(keys)
        }
        return try call.evaluator.list(try call.sorted(items, descending: call.flag(0)))
    }

    @Sendable private static func sortMembers(_ call: FilterCall) throws(Fault) -> Value {
        guard case .dictionary(let dictionary) = call.input else {
            throw .runtime("'\(call.input.typeName)' object has no attribute 'items'")
        }
        let by = try call.text(1, otherwise: "key")
        guard by == "key" || by == "value" else { throw .runtime("you can only sort by either \"key\" or \"value\"") }
        let path = try AttributePath(nil)
        var items: [(key: Value, item: Value)] = []
        for entry in dictionary.entries {
            let key = try path.key(
                of: by == "key" ? entry.key : entry.value, isCaseSensitive: call.flag(0), in: call.evaluator)
            items.append((key, try call.evaluator.tuple([entry.key, entry.value])))
        }
        return try call.evaluator.list(try call.sorted(items, descending: call.flag(2)))
    }

    @Sendable private static func unique(_ call: FilterCall) throws(Fault) -> Value {
        let path = try AttributePath(call.bound[1])
        var seen: Set<DictionaryKey> = []
        var kept: [Value] = []
        for item in try call.inputItems() {
            try call.evaluator.meter.step()
            let key = try path.key(of: item, isCaseSensitive: call.flag(0), in: call.evaluator)
            if seen.insert(try DictionaryKey(key, meter: call.evaluator.meter)).inserted { kept.append(item) }
        }
        return try call.evaluator.generator(kept)
    }

    @Sendable private static func group(_ call: FilterCall) throws(Fault) -> Value {
        let path = try AttributePath(call.bound[0])
        var keyed = try call.keyed(try call.inputItems()) { item throws(Fault) in
            try path.key(
                of: item, isCaseSensitive: call.flag(2), in: call.evaluator, otherwise: call.bound[1])
        }
        try keyed.sortStably { left, right throws(Fault) in try call.isLess(left.key, right.key) }
        var groups: [(key: Value, items: [Value])] = []
        for (key, item) in keyed {
            if let last = groups.last, try Comparison.isEqual(last.key, key, meter: call.evaluator.meter) {
                groups[groups.count - 1].items.append(item)
            } else {
                groups.append((key, [item]))
            }
        }
        return try call.evaluator.list(
            groups.map { group throws(Fault) in
                // The key is shown as the first item of the group has it, not in lower case.
                let key = try path.value(of: group.items[0], in: call.evaluator, otherwise: call.bound[1])
                let pair = try call.evaluator.itemList([key, try call.evaluator.list(group.items)])
                return .tuple(ItemList(items: pair.items, depth: pair.depth, isGroup: true))
            })
    }
}

extension FilterCall {
    fileprivate func isLess(_ left: Value, _ right: Value) throws(Fault) -> Bool {
        try Comparison.isLess(left, right, meter: evaluator.meter)
    }

    fileprivate func keyed(_ items: [Value], by key: (Value) throws(Fault) -> Value) throws(Fault)
        -> [(key: Value, item: Value)]
    {
        try evaluator.meter.steps(items.count)
        return try items.map { item throws(Fault) in (try key(item), item) }
    }

    /// Descending order keeps the order of equal items, as Python's `reverse=True` does.
    fileprivate func sorted(_ items: [(key: Value, item: Value)], descending: Bool) throws(Fault) -> [Value] {
        var items = items
        try items.sortStably { left, right throws(Fault) in
            try descending ? isLess(right.key, left.key) : isLess(left.key, right.key)
        }
        return items.map(\.item)
    }

    /// The first item whose key no other's `beats`.
    fileprivate func extreme(_ beats: (Value, Value) throws(Fault) -> Bool) throws(Fault) -> Value {
        let path = try AttributePath(bound[1])
        let items = try keyed(try inputItems()) { item throws(Fault) in
            try path.key(of: item, isCaseSensitive: flag(0), in: evaluator)
        }
        guard var best = items.first else {
            return .undefined(Missing(reason: "no aggregated item, sequence was empty"))
        }
        for candidate in items.dropFirst() where try beats(candidate.key, best.key) { best = candidate }
        return best.item
    }
}
