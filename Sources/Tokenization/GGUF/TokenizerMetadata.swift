import Checkpoints

/// Typed access to the `tokenizer.*` keys of a GGUF file. Errors name file and key.
struct TokenizerMetadata {
    let values: [String: MetadataValue]
    let source: String

    func string(_ key: String) throws(TokenizerError) -> String? {
        guard let value = values[key] else { return nil }
        guard case .string(let text) = value else { throw mismatch(key, "a string", value) }
        return text
    }

    func bool(_ key: String) throws(TokenizerError) -> Bool? {
        guard let value = values[key] else { return nil }
        guard case .bool(let flag) = value else { throw mismatch(key, "a bool", value) }
        return flag
    }

    /// A token id below `count`.
    func tokenID(_ key: String, below count: Int) throws(TokenizerError) -> TokenID? {
        guard let value = values[key] else { return nil }
        let id: UInt64
        switch value {
        case .uint(let unsigned): id = unsigned
        // Some files write -1 for a token that the model has not.
        case .int(-1), .uint(0xFFFF_FFFF): return nil
        case .int(let signed) where signed >= 0: id = UInt64(signed)
        default: throw mismatch(key, "a token id", value)
        }
        guard id < count, let token = TokenID(exactly: id) else {
            throw error(key, "token \(id) is outside the vocabulary of \(count) pieces")
        }
        return token
    }

    func strings(_ key: String) throws(TokenizerError) -> [String]? {
        guard let value = values[key] else { return nil }
        guard case .array(let array) = value, let strings = array.strings else {
            throw mismatch(key, "an array of strings", value)
        }
        return strings
    }

    /// An array of `count` integers.
    func integers(_ key: String, count: Int) throws(TokenizerError) -> [Int64]? {
        guard let value = values[key] else { return nil }
        guard case .array(let array) = value, let integers = array.ints else {
            throw mismatch(key, "an array of integers", value)
        }
        guard integers.count == count else { throw wrongCount(key, integers.count, count) }
        return integers
    }

    /// An array of `count` floats or integers.
    func floats(_ key: String, count: Int) throws(TokenizerError) -> [Float]? {
        guard let value = values[key] else { return nil }
        guard case .array(let array) = value,
            let floats = array.floats?.map({ Float($0) }) ?? array.ints?.map({ Float($0) })
        else { throw mismatch(key, "an array of numbers", value) }
        guard floats.count == count else { throw wrongCount(key, floats.count, count) }
        return floats
    }

    func missing(_ key: String) -> TokenizerError {
        error(key, "the file has no such key")
    }

    func error(_ key: String, _ reason: String) -> TokenizerError {
        TokenizerError(source: source, item: key, reason: reason)
    }

    private func mismatch(_ key: String, _ expected: String, _ value: MetadataValue) -> TokenizerError {
        error(key, "is \(value.kind), expected \(expected)")
    }

    private func wrongCount(_ key: String, _ found: Int, _ expected: Int) -> TokenizerError {
        error(key, "has \(found) elements for \(expected) pieces")
    }
}
