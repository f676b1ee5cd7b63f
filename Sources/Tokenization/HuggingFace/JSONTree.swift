/// A JSON value whose objects keep all members in order.
///
/// A dictionary of `String` would lose pieces: it holds keys apart only up to canonical equivalence, and vocabularies
/// have both `é` as one scalar and as two.
indirect enum JSONTree: Sendable {
    case null
    case bool(Bool)
    case number(Double)
    case string(String)
    case array([JSONTree])
    case object([Member])

    struct Member: Sendable {
        var key: String
        var value: JSONTree
    }

    /// The value of a member, the last if there are several; nil if there is none, it is null, or this is no object.
    subscript(key: String) -> JSONTree? {
        guard case .object(let members) = self, let member = members.last(where: { $0.key == key }) else { return nil }
        if case .null = member.value { return nil }
        return member.value
    }

    var string: String? {
        if case .string(let text) = self { text } else { nil }
    }

    var bool: Bool? {
        if case .bool(let flag) = self { flag } else { nil }
    }

    var array: [JSONTree]? {
        if case .array(let elements) = self { elements } else { nil }
    }

    var members: [Member]? {
        if case .object(let members) = self { members } else { nil }
    }

    /// The number if it is an integer that a token id could be.
    var id: TokenID? {
        if case .number(let value) = self { TokenID(exactly: value) } else { nil }
    }
}
