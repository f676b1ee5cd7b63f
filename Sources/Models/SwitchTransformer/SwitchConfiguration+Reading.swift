import Checkpoints

extension SwitchConfiguration {
    /// The configuration in a Hugging Face folder, with the names and defaults of transformers 5.
    ///
    /// - Parameter allowed: fields the user vouches for.
    /// - Throws: `ConfigurationError` naming the field that is missing, contradictory or not supported.
    static func read(_ folder: HuggingFaceFolder, allowed: Set<String>) throws -> SwitchConfiguration {
        let fields = ConfigFields(folder)
        try fields.refuseOtherThanSwitch()
        let layers = try fields.int("num_layers", "num_hidden_layers")
        let configuration = try SwitchConfiguration(
            vocabularySize: fields.int("vocab_size"), hiddenSize: fields.int("d_model", "hidden_size"),
            heads: fields.int("num_heads", "num_attention_heads"), headSize: fields.int("d_kv"),
            feedForwardWidth: fields.int("d_ff"),
            encoder: fields.stack("encoder", blocks: layers),
            decoder: fields.stack("decoder", blocks: fields.optionalInt("num_decoder_layers") ?? layers),
            experts: fields.int("num_experts"), expertCapacity: fields.optionalInt("expert_capacity") ?? 64,
            hasRouterBias: fields.optionalBool("router_bias") ?? false,
            normEpsilon: Float(fields.optionalFloat("layer_norm_epsilon") ?? 1e-6),
            positionBuckets: fields.optionalInt("relative_attention_num_buckets") ?? 32,
            positionReach: fields.optionalInt("relative_attention_max_distance") ?? 128,
            isTied: fields.optionalBool("tie_word_embeddings") ?? true,
            startToken: 0, endTokens: [])
        try configuration.validate(fields)
        try fields.refuseUnread(allowed: allowed)
        return try configuration.withTokens(fields, generation: ConfigFields(generationOf: folder))
    }

    /// First and last token of an answer: `generation_config.json` before `config.json`, as transformers reads them.
    private func withTokens(_ fields: ConfigFields, generation: ConfigFields?) throws -> SwitchConfiguration {
        var configuration = self
        let start =
            try generation?.optionalInt("decoder_start_token_id") ?? fields.optionalInt("decoder_start_token_id")
            ?? fields.optionalInt("bos_token_id")
        guard let start else { throw fields.error("decoder_start_token_id", "missing") }
        guard (0..<vocabularySize).contains(start) else {
            throw fields.error("decoder_start_token_id", "\(start) is outside the vocabulary of \(vocabularySize)")
        }
        configuration.startToken = Int32(start)
        let ends = try generation?.tokens("eos_token_id") ?? fields.tokens("eos_token_id") ?? [1]
        configuration.endTokens = Set(ends.compactMap { Int32(exactly: $0) })
        return configuration
    }

    /// Sizes that a real model can have, so that no later product overflows and no buffer is absurd.
    private func validate(_ fields: ConfigFields) throws(ConfigurationError) {
        let limits: [(String, Int, ClosedRange<Int>)] = [
            ("vocab_size", vocabularySize, 1...(1 << 22)), ("d_model", hiddenSize, 1...(1 << 17)),
            ("num_heads", heads, 1...1024), ("d_kv", headSize, 1...1024), ("d_ff", feedForwardWidth, 1...(1 << 20)),
            ("num_layers", encoder.blocks, 1...1024), ("num_decoder_layers", decoder.blocks, 1...1024),
            ("num_experts", experts, 1...4096), ("expert_capacity", expertCapacity, 0...(1 << 40)),
            // Encoder and decoder each keep some buckets for exact distances; fewer would divide by zero.
            ("relative_attention_num_buckets", positionBuckets, 4...(1 << 16)),
            ("relative_attention_max_distance", positionReach, 3...(1 << 30)),
        ]
        for (field, value, range) in limits where !range.contains(value) {
            throw fields.error(field, "\(value) is outside \(range.lowerBound)…\(range.upperBound)")
        }
        // Buckets for exact distances reach that far in the decoder; the logarithm of 1 or less would be divided by.
        guard positionReach > positionBuckets / 2 else {
            throw fields.error(
                "relative_attention_max_distance",
                "\(positionReach) is not more than half of \(positionBuckets) buckets")
        }
        guard normEpsilon >= 0, normEpsilon < 1 else {
            throw fields.error("layer_norm_epsilon", "\(normEpsilon) is outside 0..<1")
        }
    }
}

extension ConfigFields {
    /// `side` is `encoder` or `decoder`. The step is written by transformers, but follows from the count of sparse
    /// layers where it is not; a count of 0 gives the step transformers gives it.
    fileprivate func stack(_ side: String, blocks: Int) throws -> SwitchConfiguration.Stack {
        let sparse = try optionalInt("num_sparse_\(side)_layers") ?? 3
        let derived = sparse > 0 ? blocks / sparse : blocks
        return SwitchConfiguration.Stack(
            blocks: blocks, sparseStep: try optionalInt("\(side)_sparse_step") ?? derived)
    }

    /// One token id or several; nil where the field is absent.
    fileprivate func tokens(_ field: String) throws -> [Int]? {
        if let many = try? optionalInts(field) { return many }
        return try optionalInt(field).map { [$0] }
    }

    /// Fields that change the result, with the values of a Switch Transformer as it was published.
    fileprivate func refuseOtherThanSwitch() throws {
        for (field, supported) in [
            ("model_type", SwitchConfiguration.architecture), ("dense_act_fn", "relu"), ("feed_forward_proj", "relu"),
            ("router_dtype", "float32"), ("router_type", "tokens_masked"),
        ] {
            let value = try optionalString(field) ?? supported
            guard value == supported else {
                throw error(field, "\"\(value.prefix(40))\" is not supported, only \(supported)")
            }
        }
        // Without a cache, generation would route the whole answer at each step, and capacity would bind it.
        for (field, supported) in [("is_gated_act", false), ("is_encoder_decoder", true), ("use_cache", true)] {
            guard try optionalBool(field) ?? supported == supported else {
                throw error(field, "\(!supported) is not supported")
            }
        }
        // Training's jitter, dropout and initialisation; what transformers does not read.
        pass(
            "router_jitter_noise", "dropout_rate", "initializer_factor", "router_ignore_padding_tokens",
            "add_router_probs", "is_decoder", "add_cross_attention", "output_past", "n_positions")
        if contains("quantization_config") {
            throw error("quantization_config", "quantised Hugging Face weights are not supported")
        }
    }
}
