import Checkpoints

extension JSONTree {
    /// Tokenizer files nest about ten deep.
    private static let deepest = 64
    /// The tree takes up to 25 times the bytes of the text. The largest tokenizer files have 35 MB.
    private static let longest = 256 << 20

    /// Parses JSON text. Errors name `source` and the byte.
    static func parse(_ bytes: [UInt8], source: String) throws(TokenizerError) -> JSONTree {
        guard bytes.count <= longest else {
            throw TokenizerError(source: source, reason: "is longer than \(longest) bytes")
        }
        var scanner = JSONScanner(bytes, file: source, maximumNesting: deepest)
        do throws(CheckpointError) {
            let tree = try value(&scanner)
            try scanner.end()
            return tree
        } catch {
            throw TokenizerError(source: source, item: error.offset.map { "byte \($0)" }, reason: error.reason)
        }
    }

    private static func value(_ scanner: inout JSONScanner) throws(CheckpointError) -> JSONTree {
        switch scanner.peek() {
        case UInt8(ascii: "{"):
            var members: [Member] = []
            try scanner.object { scanner, key throws(CheckpointError) in
                members.append(Member(key: key, value: try value(&scanner)))
            }
            return .object(members)
        case UInt8(ascii: "["):
            var elements: [JSONTree] = []
            try scanner.array { scanner throws(CheckpointError) in elements.append(try value(&scanner)) }
            return .array(elements)
        case UInt8(ascii: "\""): return .string(try scanner.string())
        default: return scalar(try ConfigValue.scalar(&scanner))
        }
    }

    private static func scalar(_ value: ConfigValue) -> JSONTree {
        if let number = value.floatValue { return .number(number) }
        return value.boolValue.map { .bool($0) } ?? .null
    }
}
