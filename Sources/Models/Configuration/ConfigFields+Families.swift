import Routing

/// Groups of fields that families share, with the names and defaults of transformers.
extension ConfigFields {
    /// Grouped-query attention. `attention_bias` gives queries, keys, values and the output a bias.
    func attention(norm: ModelConfiguration.QueryKeyNorm = .none, keyValueHeads: Int? = nil, headSize: Int? = nil)
        throws -> ModelConfiguration.AttentionShape
    {
        let heads = try positive("num_attention_heads")
        let size = try optionalInt("head_dim") ?? headSize ?? int("hidden_size") / heads
        guard size > 0 else { throw error("head_dim", "\(size) is not positive") }
        var shape = ModelConfiguration.AttentionShape(
            queryHeads: heads, keyValueHeads: try optionalInt("num_key_value_heads") ?? keyValueHeads ?? heads,
            headSize: size, scale: 1 / Float(size).squareRoot(), queryKeyNorm: norm)
        shape.hasInputBiases = try optionalBool("attention_bias") ?? false
        shape.hasOutputBias = shape.hasInputBiases
        return shape
    }

    func positive(_ field: String) throws -> Int {
        let value = try int(field)
        guard value > 0 else { throw error(field, "\(value) is not positive") }
        return value
    }

    /// Experts that a top-k router chooses from.
    func experts(width: String, policy: TopKPolicy) throws -> ModelConfiguration.ExpertShape {
        ModelConfiguration.ExpertShape(
            count: try int("num_local_experts", "num_experts", "n_routed_experts"),
            perToken: try int("num_experts_per_tok"), width: try int(width), routing: .topK(policy))
    }

    /// Softmax over all experts; whether the chosen ones' weights are divided by their sum, the file says.
    func softmaxPolicy() throws -> TopKPolicy {
        let normalises = try optionalBool("norm_topk_prob") ?? false
        return TopKPolicy(scoring: .softmax, weighting: normalises ? .normalised : .scores)
    }

    /// `n_group` and `topk_group`; one group is no grouping.
    func expertGroups(_ score: TopKPolicy.Groups.Score) throws -> TopKPolicy.Groups? {
        let count = try optionalInt("n_group") ?? 1
        let kept = try optionalInt("topk_group") ?? count
        guard count >= 1 else { throw error("n_group", "\(count) is not positive") }
        guard (1...count).contains(kept) else { throw error("topk_group", "\(kept) is not within 1…\(count)") }
        return count == 1 ? nil : TopKPolicy.Groups(count: count, kept: kept, score: score)
    }

    /// The number of Transformer blocks.
    func layers() throws -> Int {
        let layers = try int("num_hidden_layers")
        guard (1...1024).contains(layers) else { throw error("num_hidden_layers", "\(layers) is outside 1…1024") }
        return layers
    }

    /// All blocks alike, but for those that `isDense` says have no experts.
    func blocks(isDense: (Int) -> Bool = { _ in false }) throws -> [ModelConfiguration.BlockShape] {
        try (0..<layers()).map { ModelConfiguration.BlockShape(hasExperts: !isDense($0)) }
    }

    /// Blocks without experts are those in `mlp_only_layers`, and with `decoder_sparse_step` n all but every n-th.
    func qwenBlocks() throws -> [ModelConfiguration.BlockShape] {
        let step = try optionalInt("decoder_sparse_step") ?? 1
        guard step > 0 else { throw error("decoder_sparse_step", "\(step) is not positive") }
        let listed = Set(try optionalInts("mlp_only_layers") ?? [])
        return try blocks { listed.contains($0) || !($0 + 1).isMultiple(of: step) }
    }

    /// The first `first_k_dense_replace` blocks have no experts.
    func leadingDenseBlocks() throws -> [ModelConfiguration.BlockShape] {
        let leading = try optionalInt("first_k_dense_replace") ?? 0
        let step = try optionalInt("moe_layer_freq") ?? 1
        guard step == 1 else { throw error("moe_layer_freq", "only 1 is supported") }
        return try blocks { $0 < leading }
    }

    /// The window of families in which all blocks have one: `sliding_window`, unless `use_sliding_window` is false.
    func slidingWindow() throws -> AttentionMask {
        let isUsed = try optionalBool("use_sliding_window") ?? true
        guard let window = try optionalInt("sliding_window"), isUsed else { return .causal }
        guard window > 0 else { throw error("sliding_window", "\(window) is not positive") }
        return .window(window)
    }

    /// What the kind of attention of each block is called in `layer_types`, or `standard` where there is no list.
    func layerTypes(standard: (Int) -> String) throws -> [String] {
        let layers = try layers()
        guard let types = try optionalStrings("layer_types") else { return (0..<layers).map(standard) }
        guard types.count == layers else { throw error("layer_types", "\(types.count) names for \(layers) layers") }
        return types
    }

    /// Fields of all families.
    func refuseWhatNoFamilySupports() throws {
        let activation = try optionalString("hidden_act") ?? "silu"
        guard activation == "silu" else {
            throw error("hidden_act", "\"\(activation.prefix(40))\" is not supported, only silu")
        }
        if try optionalBool("mlp_bias") ?? false { throw error("mlp_bias", "biases are not supported") }
        guard let quantisation = try optionalObject("quantization_config") else { return }
        let method = try quantisation.optionalString("quant_method") ?? "unnamed"
        guard ["fp8", "mxfp4"].contains(method) else {
            throw error(
                "quantization_config", "method \"\(method.prefix(40))\" is not supported, only fp8 and mxfp4")
        }
    }
}

extension ConfigFields {
    /// The mask of a block that `layer_types` calls `type`.
    func mask(_ type: String, window: Int? = nil, chunk: Int? = nil) throws -> AttentionMask {
        switch type {
        case "full_attention": return .causal
        case "sliding_attention":
            guard let window, window > 0 else { throw error("sliding_window", "is needed for \(type)") }
            return .window(window)
        case "chunked_attention":
            guard let chunk, chunk > 0 else { throw error("attention_chunk_size", "is needed for \(type)") }
            return .chunk(chunk)
        default: throw error("layer_types", "\"\(type.prefix(40))\" is not supported")
        }
    }
}

extension ModelConfiguration.BlockShape {
    func with(_ mask: AttentionMask) -> Self {
        var block = self
        block.mask = mask
        return block
    }

    func withoutRotary() -> Self {
        var block = self
        block.usesRotary = false
        return block
    }
}
