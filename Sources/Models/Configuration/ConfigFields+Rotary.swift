import Foundation

/// `rope_parameters` (transformers 5), or `rope_theta` and `rope_scaling` beside it (before).
extension ConfigFields {
    /// - Parameters:
    ///   - size: numbers of a head that could be rotated.
    ///   - partial: the share of them that is, where the file does not say; nil: the family rotates all.
    func rotary(
        defaultBase: Double, size: Int, pairing: RotaryShape.Pairing = .halves, partial: Double? = nil
    ) throws -> RotaryShape {
        let parameters = try ropeParameters()
        let named = try parameters?.optionalFloat("partial_rotary_factor") ?? optionalFloat("partial_rotary_factor")
        let share = named ?? partial ?? 1
        guard share > 0, share <= 1 else { throw error("partial_rotary_factor", "\(share) is outside 0…1") }
        guard partial != nil || share == 1 else { throw error("partial_rotary_factor", "only 1 is supported") }
        var shape = RotaryShape(
            base: try parameters?.optionalFloat("rope_theta") ?? optionalFloat("rope_theta") ?? defaultBase,
            pairing: pairing, dimensions: Int(Double(size) * share))
        guard let parameters else { return shape }
        try parameters.addScaling(to: &shape, whole: self)
        if let field = parameters.unread.first {
            throw ConfigurationError(file: file, key: field, reason: "is not supported")
        }
        return shape
    }

    /// The newer object gives way to the older one where a file has both, as in transformers.
    fileprivate func ropeParameters() throws -> ConfigFields? {
        let newer = try optionalObject("rope_parameters")
        return try optionalObject("rope_scaling") ?? newer
    }

    /// This object's scaling. `whole`: the configuration around it.
    private func addScaling(to shape: inout RotaryShape, whole: ConfigFields) throws {
        let kind = try optionalString("rope_type") ?? optionalString("type") ?? "default"
        pass("type", "mscale", "mscale_all_dim")
        switch kind {
        case "default": pass("original_max_position_embeddings", "factor")
        case "linear":
            shape.scaling = .linear(try float("factor"))
        case "llama3":
            shape.scaling = .bands(
                FrequencyBands(
                    factor: try float("factor"), lowFactor: try float("low_freq_factor"),
                    highFactor: try float("high_freq_factor"), originalContext: Double(try originalContext(whole))))
        case "yarn": try addYarn(to: &shape, whole: whole)
        case "longrope", "su": try addLongRoPE(to: &shape, whole: whole)
        default: throw error("rope_type", "\"\(kind.prefix(40))\" is not supported")
        }
    }

    private func originalContext(_ whole: ConfigFields) throws -> Int {
        let own = try optionalInt("original_max_position_embeddings")
        return try whole.optionalInt("original_max_position_embeddings") ?? own ?? whole.int("max_position_embeddings")
    }

    private func addYarn(to shape: inout RotaryShape, whole: ConfigFields) throws {
        let original = try originalContext(whole)
        let factor = try optionalFloat("factor") ?? Double(whole.int("max_position_embeddings")) / Double(original)
        var ramp = YarnRamp(factor: factor, originalContext: Double(original))
        if let fast = try optionalFloat("beta_fast"), fast != 0 { ramp.fastTurns = fast }
        if let slow = try optionalFloat("beta_slow"), slow != 0 { ramp.slowTurns = slow }
        ramp.truncates = try optionalBool("truncate") ?? true
        shape.scaling = .ramp(ramp)
        let weights = (try optionalFloat("mscale") ?? 0, try optionalFloat("mscale_all_dim") ?? 0)
        if let magnitude = try optionalFloat("attention_factor") {
            shape.magnitude = Float(magnitude)
        } else if weights.0 != 0, weights.1 != 0 {
            shape.magnitude = Float(
                YarnRamp.magnitude(factor, weight: weights.0) / YarnRamp.magnitude(factor, weight: weights.1))
        } else {
            shape.magnitude = Float(YarnRamp.magnitude(factor))
        }
    }

    private func addLongRoPE(to shape: inout RotaryShape, whole: ConfigFields) throws {
        guard let short = try optionalFloats("short_factor"), let long = try optionalFloats("long_factor") else {
            throw error("short_factor", "short_factor and long_factor are both needed")
        }
        let original = try originalContext(whole)
        let stretch = try optionalFloat("factor") ?? Double(whole.int("max_position_embeddings")) / Double(original)
        let computed = stretch <= 1 ? 1 : (1 + log(stretch) / log(Double(original))).squareRoot()
        let magnitude = try optionalFloat("attention_factor") ?? computed
        shape.magnitude = Float(try optionalFloat("short_mscale") ?? magnitude)
        shape.scaling = .byLength(
            LengthDivisors(
                short: short, long: long, originalContext: original,
                longMagnitude: Float(try optionalFloat("long_mscale") ?? magnitude)))
    }
}

extension ConfigFields {
    /// What DeepSeek multiplies the attention scale with when YaRN stretches the context (`mscale_all_dim`).
    func yarnScale() throws -> Float {
        guard let scaling = try ropeParameters(), let weight = try scaling.optionalFloat("mscale_all_dim"), weight != 0,
            let factor = try scaling.optionalFloat("factor")
        else { return 1 }
        let magnitude = YarnRamp.magnitude(factor, weight: weight)
        return Float(magnitude * magnitude)
    }
}
