import Checkpoints

/// One model's keys in GGUF metadata: a `GGUFFile` with the architecture's prefix put before each key.
struct GGUFKeys {
    let gguf: GGUFFile
    let architecture: String

    init(_ gguf: GGUFFile) throws {
        self.gguf = gguf
        architecture = try gguf.string("general.architecture")
    }

    var file: String { gguf.path }

    func full(_ key: String) -> String { "\(architecture).\(key)" }

    func int(_ key: String) throws -> Int { try gguf.int(full(key)) }

    func optionalInt(_ key: String) throws -> Int? { try gguf.intIfPresent(full(key)) }

    func float(_ key: String) throws -> Double { try gguf.float(full(key)) }

    func optionalFloat(_ key: String) throws -> Double? { try gguf.floatIfPresent(full(key)) }

    func optionalBool(_ key: String) throws -> Bool? { try gguf.boolIfPresent(full(key)) }

    /// Throws where `condition` does not hold, naming the key.
    func require(_ condition: Bool, _ key: String, _ reason: String) throws(ConfigurationError) {
        guard condition else { throw ConfigurationError(file: file, key: full(key), reason: reason) }
    }
}

/// Groups of keys that all supported families share.
extension GGUFKeys {
    /// The vocabulary is as large as the embedding; this reads its size from the tensor itself.
    func vocabularySize() throws -> Int {
        let embedding = try gguf.tensor("token_embd.weight")
        guard embedding.shape.count == 2 else {
            throw ConfigurationError(file: file, key: embedding.name, reason: "is not a matrix")
        }
        return embedding.shape[0]
    }

    func attention(norm: ModelConfiguration.QueryKeyNorm) throws -> ModelConfiguration.AttentionShape {
        let heads = try int("attention.head_count")
        try require(heads > 0, "attention.head_count", "is 0")
        let headSize = try optionalInt("attention.key_length") ?? int("embedding_length") / heads
        let valueSize = try optionalInt("attention.value_length") ?? headSize
        try require(valueSize == headSize, "attention.value_length", "\(valueSize) differs from keys of \(headSize)")
        let rotated = try optionalInt("rope.dimension_count") ?? headSize
        try require(rotated == headSize, "rope.dimension_count", "\(rotated) of \(headSize) is not supported")
        return ModelConfiguration.AttentionShape(
            queryHeads: heads, keyValueHeads: try optionalInt("attention.head_count_kv") ?? heads,
            headSize: headSize, queryKeyNorm: norm,
            clip: try optionalFloat("attention.clamp_kqv").flatMap { $0 > 0 ? Float($0) : nil })
    }

    /// Scaled rotary embeddings are refused by name.
    func rotary(_ pairing: ModelConfiguration.RotaryShape.Pairing) throws -> ModelConfiguration.RotaryShape {
        let scaling = try gguf.stringIfPresent(full("rope.scaling.type")) ?? "none"
        try require(scaling == "none", "rope.scaling.type", "\"\(scaling.prefix(40))\" is not supported")
        let linear = try optionalFloat("rope.scale_linear") ?? 1
        try require(linear == 1, "rope.scale_linear", "\(linear) is not supported")
        return ModelConfiguration.RotaryShape(base: try optionalFloat("rope.freq_base") ?? 10_000, pairing: pairing)
    }

    /// - Parameter normalised: what the family does where the file does not say. Converters write
    ///   `expert_weights_norm` only for families that differ between releases.
    func experts(normalised: Bool) throws -> ModelConfiguration.ExpertShape {
        let count = try optionalInt("expert_count") ?? 0
        try require(count > 0, "expert_count", "missing or 0: this is not a Mixture-of-Experts model")
        return ModelConfiguration.ExpertShape(
            count: count, perToken: try int("expert_used_count"),
            width: try optionalInt("expert_feed_forward_length") ?? int("feed_forward_length"),
            normalisesWeights: try optionalBool("expert_weights_norm") ?? normalised)
    }

    /// Positions for which the result is that of the full model: a sliding window shortens the context.
    func contextLength() throws -> Int {
        let length = try int("context_length")
        guard let window = try optionalInt("attention.sliding_window"), window > 0 else { return length }
        return min(length, window)
    }
}
