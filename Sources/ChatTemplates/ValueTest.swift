/// A test of Jinja: what may follow `is`.
struct ValueTest: Sendable {
    /// How many arguments it takes.
    let argumentCount: Int
    let body: @Sendable (Evaluator, Value, [Value]) throws(Fault) -> Bool

    private static func of(_ body: @escaping @Sendable (Value) throws(Fault) -> Bool) -> ValueTest {
        ValueTest(argumentCount: 0) { _, value, _ throws(Fault) in try body(value) }
    }

    private static func comparing(_ operation: ComparisonOperator) -> ValueTest {
        ValueTest(argumentCount: 1) { evaluator, value, arguments throws(Fault) in
            try evaluator.compare(value, operation, arguments[0])
        }
    }

    static let all: [String: ValueTest] = kinds.merging(comparisons) { $1 }.merging(numbers) { $1 }
        .merging(texts) { $1 }

    private static let kinds: [String: ValueTest] = [
        "defined": of { value in !value.isUndefined },
        "undefined": of { value in value.isUndefined },
        "none": of { value in value.isNone },
        "boolean": of { value in if case .bool = value { true } else { false } },
        "true": of { value in if case .bool(true) = value { true } else { false } },
        "false": of { value in if case .bool(false) = value { true } else { false } },
        "integer": of { value in if case .int = value { true } else { false } },
        "float": of { value in if case .float = value { true } else { false } },
        "number": of { value in value.number != nil },
        "string": of { value in value.unmarked.text != nil },
        "mapping": of { value in if case .dictionary = value { true } else { false } },
        // Python finds that an undefined value could be called, though calling it only fails.
        "callable": of { value in
            if case .object(let object) = value { object.isCallable } else { value.isUndefined }
        },
        "iterable": of(isIterable),
        "sequence": of(isSequence),
        "escaped": of { value in value.markup != nil },
        "filter": of { value in value.text.map { Filter.all[$0.string] != nil } ?? false },
        "test": of { value in value.text.map { ValueTest.all[$0.string] != nil } ?? false },
        "sameas": ValueTest(argumentCount: 1) { _, value, arguments in isSame(value, arguments[0]) },
    ]

    private static let comparisons: [String: ValueTest] = [
        "eq": comparing(.equal), "equalto": comparing(.equal), "==": comparing(.equal),
        "ne": comparing(.notEqual), "!=": comparing(.notEqual),
        "lt": comparing(.less), "lessthan": comparing(.less), "<": comparing(.less),
        "le": comparing(.lessOrEqual), "<=": comparing(.lessOrEqual),
        "gt": comparing(.greater), "greaterthan": comparing(.greater), ">": comparing(.greater),
        "ge": comparing(.greaterOrEqual), ">=": comparing(.greaterOrEqual),
        "in": comparing(.isIn),
    ]

    private static let numbers: [String: ValueTest] = [
        "odd": ValueTest(argumentCount: 0) { evaluator, value, _ throws(Fault) in
            try isRemainder(1, of: value, dividedBy: .int(2), evaluator)
        },
        "even": ValueTest(argumentCount: 0) { evaluator, value, _ throws(Fault) in
            try isRemainder(0, of: value, dividedBy: .int(2), evaluator)
        },
        "divisibleby": ValueTest(argumentCount: 1) { evaluator, value, arguments throws(Fault) in
            try isRemainder(0, of: value, dividedBy: arguments[0], evaluator)
        },
    ]

    private static let texts: [String: ValueTest] = [
        "lower": ValueTest(argumentCount: 0) { evaluator, value, _ throws(Fault) in
            try evaluator.text(of: value).isLower
        },
        "upper": ValueTest(argumentCount: 0) { evaluator, value, _ throws(Fault) in
            try evaluator.text(of: value).isUpper
        },
    ]

    // MARK: Bodies

    private static func isRemainder(_ remainder: Int, of value: Value, dividedBy divisor: Value, _ evaluator: Evaluator)
        throws(Fault) -> Bool
    {
        let result = try Arithmetic.apply(.modulo, value, divisor, in: evaluator)
        return try Comparison.isEqual(result, .int(remainder), meter: evaluator.meter)
    }

    @Sendable private static func isIterable(_ value: Value) -> Bool {
        switch value {
        case .undefined, .string, .list, .tuple, .dictionary: true
        case .object(let object): object.isIterable
        default: false
        }
    }

    /// Whether Python finds a length and a way to subscript it, as it does even for undefined values and mappings.
    @Sendable private static func isSequence(_ value: Value) -> Bool {
        switch value {
        case .undefined, .string, .list, .tuple, .dictionary: true
        case .object(let object): object is RangeObject
        default: false
        }
    }

    /// Python's `is`. Small numbers and short strings are one object in Python when they are equal; here all are.
    private static func isSame(_ left: Value, _ right: Value) -> Bool {
        switch (left, right) {
        case (.undefined(let left), .undefined(let right)): left === right
        case (.null, .null): true
        case (.bool(let left), .bool(let right)): left == right
        case (.int(let left), .int(let right)): left == right
        case (.float(let left), .float(let right)): left == right
        case (.string(let left), .string(let right)): left == right
        case (.list(let left), .list(let right)), (.tuple(let left), .tuple(let right)): left === right
        case (.dictionary(let left), .dictionary(let right)): left === right
        case (.object(let left), .object(let right)): left === right
        default: false
        }
    }
}
