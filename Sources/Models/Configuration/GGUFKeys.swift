import Checkpoints

/// One model's keys in GGUF metadata: a `GGUFFile` with the architecture's prefix put before each key.
struct GGUFKeys {
    let gguf: GGUFFile
    let architecture: String
    private let asked = AskedFields()

    init(_ gguf: GGUFFile) throws {
        self.gguf = gguf
        architecture = try gguf.string("general.architecture")
    }

    var file: String { gguf.path }

    /// The key with its prefix; from then on it counts as understood.
    func full(_ key: String) -> String {
        asked.insert(key)
        return "\(architecture).\(key)"
    }

    /// Counts `keys` as understood.
    func pass(_ keys: String...) { for key in keys { asked.insert(key) } }

    func int(_ key: String) throws -> Int { try checked(gguf.int(full(key)), key) }

    func optionalInt(_ key: String) throws -> Int? { try gguf.intIfPresent(full(key)).map { try checked($0, key) } }

    /// So that no sum and no product of two overflows before it is checked.
    private func checked(_ value: Int, _ key: String) throws(ConfigurationError) -> Int {
        try require(Int32(exactly: value) != nil, key, "\(value) is no number that a model can have")
        return value
    }

    func float(_ key: String) throws -> Double { try gguf.float(full(key)) }

    func optionalFloat(_ key: String) throws -> Double? { try gguf.floatIfPresent(full(key)) }

    func optionalString(_ key: String) throws -> String? { try gguf.stringIfPresent(full(key)) }

    func optionalBool(_ key: String) throws -> Bool? { try gguf.boolIfPresent(full(key)) }

    /// Throws where `condition` does not hold, naming the key.
    func require(_ condition: Bool, _ key: String, _ reason: String) throws(ConfigurationError) {
        guard condition else { throw ConfigurationError(file: file, key: full(key), reason: reason) }
    }
}

extension GGUFKeys {
    /// Throws for the first key of the architecture that nothing asked for: it may change the result.
    func refuseUnread(allowed: Set<String>) throws(ConfigurationError) {
        let prefix = architecture + "."
        for key in gguf.metadata.keys.sorted() where key.hasPrefix(prefix) {
            let name = String(key.dropFirst(prefix.count))
            if asked.contains(name) || Self.harmless.contains(name) || allowed.contains(key) { continue }
            if saysNothing(key) { continue }
            throw ConfigurationError(
                file: file, key: key,
                reason: "is not supported for this architecture and may change the result; "
                    + "if it does not, pass --allow-config-field \(key)")
        }
    }

    /// Zero and false leave things as they are without the key.
    private func saysNothing(_ key: String) -> Bool {
        (try? gguf.floatIfPresent(key)) == 0 || (try? gguf.boolIfPresent(key)) == false
    }

    /// Sizes that follow from others, and how a file was made.
    private static let harmless: Set<String> = [
        "vocab_size", "block_count", "embedding_length", "feed_forward_length", "context_length",
        "attention.layer_norm_rms_epsilon", "attention.layer_norm_epsilon", "leading_dense_block_count",
        "expert_shared_count", "expert_shared_feed_forward_length", "expert_feed_forward_length",
        "attention.causal", "tensor_data_layout", "decoder_sparse_step", "nextn_predict_layers",
        "rope.scaling.finetuned", "attention.key_length", "attention.value_length",
    ]
}
