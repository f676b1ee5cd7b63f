import Routing

extension ModelConfiguration {
    /// Checks that the numbers fit together and are of a size that a real model can have, so that no later product
    /// overflows and no buffer is absurd.
    func validated(file: String) throws(ConfigurationError) -> ModelConfiguration {
        let check = Check(file: file)
        try check.range(layers, 1...1024, "layers")
        try check.range(hiddenSize, 1...(1 << 17), "hidden size")
        try check.range(vocabularySize, 1...(1 << 22), "vocabulary size")
        try check.range(contextLength, 1...(1 << 27), "context length")
        try check.range(denseWidth, 0...(1 << 20), "dense feed-forward width")
        try check.that(
            blocks.allSatisfy(\.hasExperts) || denseWidth > 0, "dense feed-forward width", "missing for dense blocks")
        try check.that(blocks.contains(where: \.hasExperts), "experts", "no block has any")
        try check.that(norm.epsilon >= 0 && norm.epsilon < 1, "norm epsilon", "\(norm.epsilon) is outside 0..<1")
        for (name, value) in [
            ("embedding multiplier", multipliers.embedding), ("residual multiplier", multipliers.residual),
            ("logit divisor", multipliers.logitDivisor), ("attention scale", attention.scale),
        ] {
            try check.that(value.isFinite && value != 0, name, "\(value) is not a number to multiply with")
        }
        for block in blocks {
            if case .window(let size) = block.mask { try check.range(size, 1...(1 << 27), "sliding window") }
            if case .chunk(let size) = block.mask { try check.range(size, 1...(1 << 27), "attention chunk") }
        }
        try attention.validate(check)
        try rotary.validate(check, headSize: attention.latent?.rotarySize ?? attention.headSize)
        try experts.validate(check)
        return self
    }
}

/// Throws for what does not hold.
private struct Check {
    let file: String

    func that(_ condition: Bool, _ key: String, _ reason: String) throws(ConfigurationError) {
        guard condition else { throw ConfigurationError(file: file, key: key, reason: reason) }
    }

    func range(_ value: Int, _ range: ClosedRange<Int>, _ key: String) throws(ConfigurationError) {
        try that(range.contains(value), key, "\(value) is outside \(range.lowerBound)…\(range.upperBound)")
    }
}

extension ModelConfiguration.AttentionShape {
    fileprivate func validate(_ check: Check) throws(ConfigurationError) {
        try check.range(queryHeads, 1...1024, "attention heads")
        try check.range(keyValueHeads, 1...queryHeads, "key-value heads")
        try check.range(headSize, 2...1024, "head size")
        try check.that(
            queryHeads.isMultiple(of: keyValueHeads), "key-value heads",
            "\(keyValueHeads) does not divide \(queryHeads) attention heads")
        if let clip { try check.that(clip > 0, "clip_qkv", "\(clip) is not positive") }
        if let temperature {
            try check.that(temperature.interval > 0, "floor_scale", "\(temperature.interval) is not positive")
        }
        guard let latent else { return }
        try check.range(latent.queryRank ?? 1, 1...(1 << 17), "q_lora_rank")
        try check.range(latent.rank, 1...(1 << 17), "kv_lora_rank")
        try check.range(latent.plainSize, 1...1024, "qk_nope_head_dim")
        try check.range(latent.rotarySize, 2...1024, "qk_rope_head_dim")
        try check.range(latent.valueSize, 1...1024, "v_head_dim")
    }
}

extension RotaryShape {
    fileprivate func validate(_ check: Check, headSize: Int) throws(ConfigurationError) {
        try check.range(dimensions, 2...headSize, "rotary dimensions")
        try check.that(dimensions.isMultiple(of: 2), "rotary dimensions", "\(dimensions) is odd")
        try check.that(base > 1 && base.isFinite, "rotary base", "\(base) is not above 1")
        try check.that(magnitude > 0 && magnitude.isFinite, "rotary magnitude", "\(magnitude) is not positive")
        func positive(_ value: Double, _ key: String) throws(ConfigurationError) {
            try check.that(value > 0 && value.isFinite, "rotary scaling", "\(key) \(value) is not positive")
        }
        func divisors(_ values: [Double]) throws(ConfigurationError) {
            try check.that(
                values.count == dimensions / 2, "rotary scaling",
                "\(values.count) factors for \(dimensions / 2) frequencies")
            for value in values { try positive(value, "factor") }
        }
        switch scaling {
        case .none: break
        case .linear(let factor): try positive(factor, "factor")
        case .bands(let bands):
            try positive(bands.factor, "factor")
            try positive(bands.originalContext, "original context")
            try check.that(bands.highFactor >= bands.lowFactor, "rotary scaling", "high_freq_factor is the lower one")
        case .ramp(let ramp):
            try positive(ramp.factor, "factor")
            try positive(ramp.originalContext, "original context")
            try positive(ramp.fastTurns, "beta_fast")
            try positive(ramp.slowTurns, "beta_slow")
        case .divisors(let values): try divisors(values)
        case .byLength(let lengths):
            try divisors(lengths.short)
            try divisors(lengths.long)
            try check.range(lengths.originalContext, 1...(1 << 27), "original context length")
        }
    }
}

extension ModelConfiguration.ExpertShape {
    fileprivate func validate(_ check: Check) throws(ConfigurationError) {
        try check.range(count, 1...4096, "experts")
        try check.range(perToken, 1...count, "experts per token")
        try check.range(width, 1...(1 << 17), "expert width")
        if let shared { try check.range(shared.width, 1...(1 << 20), "shared expert width") }
        switch routing {
        case .sparseMixer(let jitter):
            try check.that(jitter >= 0 && jitter.isFinite, "router_jitter_noise", "\(jitter) is not a jitter")
            try check.that(perToken == 2, "experts per token", "\(perToken): this router chooses 2")
        case .topK(let policy):
            try check.that(policy.scale.isFinite, "routed_scaling_factor", "\(policy.scale) is not a number")
            guard let groups = policy.groups else { return }
            try check.that(
                count.isMultiple(of: groups.count), "expert groups",
                "\(groups.count) groups do not divide \(count) experts")
        }
    }
}
