/// Data given to a template: JSON whose objects keep the order of their keys, because `tojson` writes them in it.
public enum TemplateValue: Sendable, Equatable {
    case null
    case bool(Bool)
    case int(Int)
    case float(Double)
    case string(String)
    case array([TemplateValue])
    case object(TemplateObject)
}

/// The members of a JSON object, in order. A key that is given twice keeps its first place and its last value.
public struct TemplateObject: Sendable, Equatable {
    /// One key and its value.
    public struct Member: Sendable, Equatable {
        public var key: String
        public var value: TemplateValue

        public init(key: String, value: TemplateValue) {
            self.key = key
            self.value = value
        }
    }

    public private(set) var members: [Member] = []
    /// Where each key is, by its UTF-8: Swift strings that look alike are equal, JSON keys are not.
    private var places: [Text: Int] = [:]

    public init() {}

    public init(_ members: some Sequence<Member>) {
        for member in members { self[member.key] = member.value }
    }

    /// The value of `key`. Setting nil does nothing.
    public subscript(key: String) -> TemplateValue? {
        get { places[Text(key)].map { members[$0].value } }
        set {
            guard let newValue else { return }
            if let place = places[Text(key)] {
                members[place].value = newValue
            } else {
                places[Text(key)] = members.count
                members.append(Member(key: key, value: newValue))
            }
        }
    }
}

extension TemplateObject: ExpressibleByDictionaryLiteral {
    public init(dictionaryLiteral elements: (String, TemplateValue)...) {
        self.init(elements.map { Member(key: $0, value: $1) })
    }
}

extension TemplateValue: ExpressibleByStringLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByFloatLiteral, ExpressibleByNilLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    public init(stringLiteral value: String) { self = .string(value) }
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    public init(integerLiteral value: Int) { self = .int(value) }
    public init(floatLiteral value: Double) { self = .float(value) }
    public init(nilLiteral: ()) { self = .null }
    public init(arrayLiteral elements: TemplateValue...) { self = .array(elements) }
    public init(dictionaryLiteral elements: (String, TemplateValue)...) {
        self = .object(TemplateObject(elements.map { TemplateObject.Member(key: $0, value: $1) }))
    }
}
