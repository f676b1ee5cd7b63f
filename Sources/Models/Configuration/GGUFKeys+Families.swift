import Checkpoints
import Routing
import Tensors

/// Groups of keys that families share (llama.cpp `gguf-py/gguf/constants.py`).
extension GGUFKeys {
    /// The vocabulary is as large as the embedding; this reads its size from the tensor itself.
    func vocabularySize() throws -> Int {
        let embedding = try gguf.tensor("token_embd.weight")
        guard embedding.shape.count == 2 else {
            throw ConfigurationError(file: file, key: embedding.name, reason: "is not a matrix")
        }
        return embedding.shape[0]
    }

    func heads() throws -> Int {
        let heads = try int("attention.head_count")
        try require(heads > 0, "attention.head_count", "\(heads) is not positive")
        return heads
    }

    func attention(norm: ModelConfiguration.QueryKeyNorm = .none) throws -> ModelConfiguration.AttentionShape {
        let heads = try heads()
        let headSize = try optionalInt("attention.key_length") ?? int("embedding_length") / heads
        let valueSize = try optionalInt("attention.value_length") ?? headSize
        try require(headSize > 0, "attention.key_length", "\(headSize) is not positive")
        try require(valueSize == headSize, "attention.value_length", "\(valueSize) differs from keys of \(headSize)")
        var shape = ModelConfiguration.AttentionShape(
            queryHeads: heads, keyValueHeads: try optionalInt("attention.head_count_kv") ?? heads,
            headSize: headSize, scale: 1 / Float(headSize).squareRoot(), queryKeyNorm: norm)
        if let scale = try optionalFloat("attention.scale"), scale != 0 { shape.scale = Float(scale) }
        shape.clip = try optionalFloat("attention.clamp_kqv").flatMap { $0 > 0 ? Float($0) : nil }
        shape.hasInputBiases = gguf.contains("blk.0.attn_q.bias")
        shape.hasOutputBias = gguf.contains("blk.0.attn_output.bias")
        return shape
    }

    /// Blocks, of which those that have a router have experts. Blocks for predicting several tokens at once come last
    /// and are not counted.
    func blocks(mask: AttentionMask = .causal) throws -> [ModelConfiguration.BlockShape] {
        let predicting = try unusedBlocks()
        let count = try int("block_count")
        try require((1...1024).contains(count), "block_count", "\(count) is outside 1…1024")
        return (0..<max(count - predicting, 0)).map { index in
            ModelConfiguration.BlockShape(
                mask: mask, hasExperts: gguf.contains("blk.\(index).ffn_gate_inp.weight"))
        }
    }

    /// Blocks that predict several tokens at once.
    func unusedBlocks() throws -> Int {
        let count = try optionalInt("nextn_predict_layers") ?? 0
        try require((0...64).contains(count), "nextn_predict_layers", "\(count) is outside 0…64")
        return count
    }

    func slidingWindow() throws -> AttentionMask {
        guard let window = try optionalInt("attention.sliding_window"), window > 0 else { return .causal }
        return .window(window)
    }

    /// Throws if the file says of other blocks than `blocks` that they have a window or chunks: of all but every
    /// `period`-th, or of those in a list.
    func checkWindows(_ blocks: [ModelConfiguration.BlockShape], period: Int) throws {
        let key = "attention.sliding_window_pattern"
        let mine = blocks.map { $0.mask != .causal }
        switch gguf.metadata[full(key)] {
        case nil, .uint(UInt64(period)), .int(Int64(period)): return
        case .array(let list):
            let theirs = list.bools ?? list.uints?.map { $0 != 0 } ?? list.ints?.map { $0 != 0 }
            try require(theirs == mine, key, "is not the pattern of this architecture")
        default: try require(false, key, "is not the pattern of this architecture")
        }
    }

    /// Width of the feed-forward network of the first block without experts; 0 if all have experts.
    func denseWidth() throws -> Int {
        let first = try blocks().firstIndex { !$0.hasExperts }
        return try first.map { try rows(of: "blk.\($0).ffn_up.weight") } ?? 0
    }

    func experts(_ policy: TopKPolicy) throws -> ModelConfiguration.ExpertShape { try experts(.topK(policy)) }

    func experts(_ rule: ModelConfiguration.RoutingRule) throws -> ModelConfiguration.ExpertShape {
        let count = try optionalInt("expert_count") ?? 0
        try require(count > 0, "expert_count", "missing or 0: this is not a Mixture-of-Experts model")
        return ModelConfiguration.ExpertShape(
            count: count, perToken: try int("expert_used_count"),
            width: try optionalInt("expert_feed_forward_length") ?? int("feed_forward_length"),
            routing: try adjusted(rule))
    }

    /// The rule with what the file says of it. Converters write `expert_weights_norm` only for some families.
    private func adjusted(_ rule: ModelConfiguration.RoutingRule) throws -> ModelConfiguration.RoutingRule {
        pass("expert_gating_func", "expert_group_count", "expert_group_used_count")
        let normalises = try optionalBool("expert_weights_norm")
        let scale = try optionalFloat("expert_weights_scale")
        guard case .topK(var policy) = rule else { return rule }
        if let normalises, policy.weighting != .softmax, policy.weighting != .sigmoid {
            policy.weighting = normalises ? .normalised : .scores
        }
        if let scale, scale != 0 { policy.scale = Float(scale) }
        return .topK(policy)
    }

    /// The shared expert, whose width is that of its tensor in the first block with experts; nil if there is none.
    func sharedExpert(isGated: Bool) throws -> ModelConfiguration.SharedExpert? {
        guard let block = try blocks().firstIndex(where: \.hasExperts) else { return nil }
        let name = "blk.\(block).ffn_up_shexp.weight"
        return gguf.contains(name) ? .init(width: try rows(of: name), isGated: isGated) : nil
    }

    private func rows(of tensor: String) throws -> Int {
        guard let rows = try gguf.tensor(tensor).shape.first else {
            throw ConfigurationError(file: file, key: tensor, reason: "is not a matrix")
        }
        return rows
    }

    func expertGroups(_ score: TopKPolicy.Groups.Score) throws -> TopKPolicy.Groups? {
        let count = try optionalInt("expert_group_count") ?? 1
        let kept = try optionalInt("expert_group_used_count") ?? count
        guard count > 1 else { return nil }
        try require((1...count).contains(kept), "expert_group_used_count", "\(kept) is not within 1…\(count)")
        return TopKPolicy.Groups(count: count, kept: kept, score: score)
    }
}

/// DeepSeek and what came after it.
extension GGUFKeys {
    /// Whether a `deepseek2` file is of the third generation, whose gating is sigmoid. Files of the second may lack the
    /// key, and so do some of the third; only the third has a selection bias.
    func isDeepSeekV3() throws -> Bool {
        try optionalInt("expert_gating_func").map { $0 == 2 } ?? hasSelectionBias
    }

    var hasSelectionBias: Bool { gguf.entries.contains { $0.name.hasSuffix(".exp_probs_b.bias") } }

    func deepSeekV3Policy(normalised: Bool) throws -> TopKPolicy {
        TopKPolicy(
            scoring: .sigmoid, weighting: normalised ? .normalised : .scores, groups: try expertGroups(.bestTwo))
    }

    /// `key_length_mla` is a head's size in files that keep the up-projection apart; in older ones `key_length` is.
    func latentAttention() throws -> ModelConfiguration.AttentionShape {
        let heads = try heads()
        pass("attention.head_count_kv", "attention.key_length", "attention.value_length")
        let size = try optionalInt("attention.key_length_mla") ?? int("attention.key_length")
        let rotary = try int("rope.dimension_count")
        try require(
            (2...1024).contains(size) && rotary < size, "rope.dimension_count", "\(rotary) of \(size) does not fit")
        let latent = ModelConfiguration.LatentShape(
            queryRank: try optionalInt("attention.q_lora_rank").flatMap { $0 > 0 ? $0 : nil },
            rank: try int("attention.kv_lora_rank"), plainSize: size - rotary, rotarySize: rotary,
            valueSize: try optionalInt("attention.value_length_mla") ?? int("attention.value_length"))
        var shape = ModelConfiguration.AttentionShape(
            queryHeads: heads, keyValueHeads: heads, headSize: size, scale: 1 / Float(size).squareRoot(),
            latent: latent)
        shape.hasInputBiases = gguf.contains("blk.0.attn_kv_a_mqa.bias")
        shape.hasOutputBias = gguf.contains("blk.0.attn_output.bias")
        if let weight = try yarnWeight(), let factor = try optionalFloat("rope.scaling.factor") {
            let magnitude = YarnRamp.magnitude(factor, weight: weight)
            shape.scale *= Float(magnitude * magnitude)
        }
        return shape
    }

    /// `mscale_all_dim`: converters write a tenth of it.
    private func yarnWeight() throws -> Double? {
        try optionalFloat("rope.scaling.yarn_log_multiplier").flatMap { $0 == 0 ? nil : $0 * 10 }
    }

    /// With `mscale_all_dim`, all of YaRN's magnitude is in the attention scale.
    func latentRotary(_ attention: ModelConfiguration.AttentionShape) throws -> RotaryShape {
        var shape = try rotary(.neighbours, headSize: attention.latent?.rotarySize ?? attention.headSize)
        if try yarnWeight() != nil { shape.magnitude = 1 }
        return shape
    }
}
