/// Python's comparisons.
enum Comparison {
    /// `left == right`.
    static func isEqual(_ left: Value, _ right: Value, meter: Meter) throws(Fault) -> Bool {
        try meter.step()
        switch (left.unmarked, right.unmarked) {
        case (.undefined, .undefined), (.null, .null): return true
        case (.string(let left), .string(let right)):
            try meter.touch(bytes: min(left.bytes.count, right.bytes.count))
            return left == right
        case (.list(let left), .list(let right)), (.tuple(let left), .tuple(let right)):
            return try isEqual(left.items, right.items, meter: meter)
        case (.dictionary(let left), .dictionary(let right)): return try isEqual(left, right, meter: meter)
        case (.object(let left), .object(let right)): return isEqual(left, right)
        default:
            if let left = left.integer, let right = right.integer { return left == right }
            guard let left = left.number, let right = right.number else { return false }
            return left == right
        }
    }

    private static func isEqual(_ left: [Value], _ right: [Value], meter: Meter) throws(Fault) -> Bool {
        guard left.count == right.count else { return false }
        for (left, right) in zip(left, right) where try !isEqual(left, right, meter: meter) { return false }
        return true
    }

    private static func isEqual(_ left: OrderedDictionary, _ right: OrderedDictionary, meter: Meter) throws(Fault)
        -> Bool
    {
        guard left.entries.count == right.entries.count else { return false }
        for entry in left.entries {
            guard let other = right[try DictionaryKey(entry.key, meter: meter)],
                try isEqual(entry.value, other, meter: meter)
            else { return false }
        }
        return true
    }

    private static func isEqual(_ left: any RuntimeObject, _ right: any RuntimeObject) -> Bool {
        if let left = left as? RangeObject, let right = right as? RangeObject { return left.isEqual(to: right) }
        return left === right
    }

    /// `left < right`; fails for types that Python does not order.
    static func isLess(_ left: Value, _ right: Value, meter: Meter) throws(Fault) -> Bool {
        try isOrdered(left, right, meter: meter, integers: { $0 < $1 }, numbers: { $0 < $1 }, texts: { $0 < $1 })
    }

    /// `left <= right`; fails for types that Python does not order.
    static func isLessOrEqual(_ left: Value, _ right: Value, meter: Meter) throws(Fault) -> Bool {
        try isOrdered(left, right, meter: meter, integers: { $0 <= $1 }, numbers: { $0 <= $1 }, texts: { !($1 < $0) })
    }

    private static func isOrdered(
        _ left: Value, _ right: Value, meter: Meter, integers: (Int, Int) -> Bool, numbers: (Double, Double) -> Bool,
        texts: (Text, Text) -> Bool
    ) throws(Fault) -> Bool {
        try meter.step()
        switch (left.unmarked, right.unmarked) {
        case (.undefined(let missing), _), (_, .undefined(let missing)): throw .runtime(missing.message)
        case (.string(let left), .string(let right)):
            try meter.touch(bytes: min(left.bytes.count, right.bytes.count))
            return texts(left, right)
        case (.list(let left), .list(let right)), (.tuple(let left), .tuple(let right)):
            // The first pair that differs decides; without one the lengths do.
            for (left, right) in zip(left.items, right.items) where try !isEqual(left, right, meter: meter) {
                return try isOrdered(left, right, meter: meter, integers: integers, numbers: numbers, texts: texts)
            }
            return integers(left.items.count, right.items.count)
        default:
            if let left = left.integer, let right = right.integer { return integers(left, right) }
            guard let leftNumber = left.number, let rightNumber = right.number else {
                throw .runtime("'\(left.typeName)' and '\(right.typeName)' have no order")
            }
            return numbers(leftNumber, rightNumber)
        }
    }

    /// `needle in haystack`.
    static func contains(_ haystack: Value, _ needle: Value, meter: Meter) throws(Fault) -> Bool {
        switch haystack.unmarked {
        case .string(let text):
            guard case .string(let part) = needle.unmarked else {
                throw .runtime("'in <string>' requires string as left operand, not \(needle.typeName)")
            }
            try meter.touch(bytes: text.bytes.count + part.bytes.count)
            return text.contains(part)
        case .dictionary(let dictionary): return dictionary[try DictionaryKey(needle, meter: meter)] != nil
        case .list(let list), .tuple(let list): return try contains(list.items, needle, meter: meter)
        case .undefined: return false
        case .object(let object):
            if let items = object.takeItems() { return try contains(items, needle, meter: meter) }
            fallthrough
        default: throw .runtime("argument of type '\(haystack.typeName)' is not iterable")
        }
    }

    private static func contains(_ items: [Value], _ needle: Value, meter: Meter) throws(Fault) -> Bool {
        for item in items where try isEqual(item, needle, meter: meter) { return true }
        return false
    }
}
