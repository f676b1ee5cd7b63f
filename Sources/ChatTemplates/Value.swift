/// A value while a template runs: Python's data types, Jinja's undefined, and objects of the runtime.
///
/// Lists, tuples and dictionaries cannot change once made (the sandbox refuses `append` and its kin), so they are
/// shared freely.
enum Value {
    case undefined(Missing)
    case null
    case bool(Bool)
    case int(Int)
    case float(Double)
    case string(Text)
    case list(ItemList)
    case tuple(ItemList)
    case dictionary(OrderedDictionary)
    case object(any RuntimeObject)
}

/// Why a value is undefined. Most uses of an undefined value fail with this message.
final class Missing {
    enum Reason {
        case variable(String)
        case parameter(String)
        case attribute(String, type: String)
        /// What Jinja's sandbox does not hand out.
        case unsafeAttribute(String, type: String)
        case item(type: String)
        case other(String)
    }

    private let reason: Reason

    init(_ reason: Reason) { self.reason = reason }

    convenience init(reason: String) { self.init(.other(reason)) }

    /// Made when asked for: most undefined values are only tested.
    var message: String {
        switch reason {
        case .variable(let name): "'\(name)' is undefined"
        case .parameter(let name): "parameter '\(name)' was not provided"
        case .attribute(let name, let type): "'\(type) object' has no attribute '\(name)'"
        case .unsafeAttribute(let name, let type): "access to attribute '\(name)' of '\(type)' object is unsafe"
        case .item(let type): "'\(type) object' has no such item"
        case .other(let message): message
        }
    }
}

/// The items of a list or tuple, and how deep containers nest below them.
final class ItemList {
    let items: [Value]
    let depth: Int
    /// Whether this is a tuple of `groupby`, whose items have the names `grouper` and `list`.
    let isGroup: Bool

    /// - Precondition: `depth` is one more than the deepest item's; the evaluator checks it.
    init(items: [Value], depth: Int, isGroup: Bool = false) {
        self.items = items
        self.depth = depth
        self.isGroup = isGroup
    }
}

extension Value {
    /// How deep containers nest in this value: 0 for a plain one. Bounded, so that walking a value, and freeing it, is.
    var depth: Int {
        switch self {
        case .list(let list), .tuple(let list): list.depth
        case .dictionary(let dictionary): dictionary.depth
        case .object(let object): object.depth
        default: 0
        }
    }

    /// Python's `bool(value)`.
    var isTrue: Bool {
        switch self {
        case .undefined, .null: false
        case .bool(let value): value
        case .int(let value): value != 0
        case .float(let value): value != 0
        case .string(let text): !text.isEmpty
        case .list(let list), .tuple(let list): !list.items.isEmpty
        case .dictionary(let dictionary): !dictionary.isEmpty
        case .object(let object): object.count.map { $0 > 0 } ?? true
        }
    }

    /// Python's name of the type, for messages.
    var typeName: String {
        switch self {
        case .undefined: "Undefined"
        case .null: "NoneType"
        case .bool: "bool"
        case .int: "int"
        case .float: "float"
        case .string: "str"
        case .list: "list"
        case .tuple: "tuple"
        case .dictionary: "dict"
        case .object(let object): object.typeName
        }
    }

    var isUndefined: Bool {
        if case .undefined = self { true } else { false }
    }

    var isNone: Bool {
        if case .null = self { true } else { false }
    }

    /// The text of a string.
    var text: Text? {
        if case .string(let text) = self { text } else { nil }
    }

    /// The number of an integer or a bool, which Python counts as one.
    var integer: Int? {
        switch self {
        case .int(let value): value
        case .bool(let value): value ? 1 : 0
        default: nil
        }
    }

    /// The value of any number, as a float.
    var number: Double? {
        if case .float(let value) = self { value } else { integer.map(Double.init) }
    }
}
