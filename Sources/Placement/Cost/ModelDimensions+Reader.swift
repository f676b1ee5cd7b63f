extension ModelDimensions {
    /// Reads a model's YAML: the schema is in `docs/topology.md`.
    ///
    /// - Throws: ``YAMLFileError`` with the key and line of what is missing, unknown or out of range.
    public init(yaml text: String, file: String) throws(YAMLFileError) {
        var root = try StrictYAML(text: text, file: file)
        _ = try root.integer("version", in: 1...1)
        name = try root.text("name")
        moeLayers = try root.integer("moe_layers", in: 1...4096)
        experts = try root.integer("experts", in: 1...65_534)
        expertsPerToken = try root.integer("experts_per_token", in: 1...min(experts, 64))
        hiddenSize = try root.integer("hidden_size", in: 1...1_000_000)
        expertWidth = try root.integer("expert_width", in: 1...1_000_000)
        expertMatrices = root.has("expert_matrices") ? try root.integer("expert_matrices", in: 1...8) : 3
        bitsPerWeight = try root.number("bits_per_weight", in: 0.5...64)
        sharedExpertWidth =
            root.has("shared_expert_width") ? try root.integer("shared_expert_width", in: 0...1_000_000) : 0
        attentionParameters = try root.number("attention_parameters", in: 0...1e12)
        attentionBits = root.has("attention_bits") ? try root.number("attention_bits", in: 0.5...64) : 16
        cacheBytesPerToken = try root.number("cache_bytes_per_token", in: 0...1e9)
        try root.finish()
    }
}
