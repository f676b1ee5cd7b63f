/// A JSON value (RFC 8259). Objects keep the order of their members, so that the same answer is always the same bytes.
package enum JSONValue: Sendable, Equatable {
    case null
    case bool(Bool)
    /// A number written without fraction and exponent that fits 64 bits.
    case integer(Int64)
    /// Any other number; always finite when it comes from a client.
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object(JSONObject)

    /// The kind in words, for messages to clients.
    package var kind: String {
        switch self {
        case .null: "null"
        case .bool: "a boolean"
        case .integer: "an integer"
        case .number: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }
}

/// The members of an object, in order, each name once.
package struct JSONObject: Sendable, Equatable {
    package private(set) var names: [String] = []
    private var values: [String: JSONValue] = [:]

    package init() {}

    package subscript(name: String) -> JSONValue? { values[name] }

    /// Adds a member; false, and no change, when the name is taken.
    @discardableResult
    package mutating func append(_ name: String, _ value: JSONValue) -> Bool {
        guard values[name] == nil else { return false }
        names.append(name)
        values[name] = value
        return true
    }
}

extension JSONValue: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByStringLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    package init(nilLiteral: ()) { self = .null }
    package init(booleanLiteral value: Bool) { self = .bool(value) }
    package init(integerLiteral value: Int64) { self = .integer(value) }
    package init(stringLiteral value: String) { self = .string(value) }
    package init(arrayLiteral elements: JSONValue...) { self = .array(elements) }

    package init(dictionaryLiteral elements: (String, JSONValue)...) {
        var object = JSONObject()
        for (name, value) in elements { object.append(name, value) }
        self = .object(object)
    }

    package static func integer(_ value: Int) -> JSONValue { .integer(Int64(value)) }
}
