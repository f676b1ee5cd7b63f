import Checkpoints
import Tensors

extension GGUFKeys {
    /// The rotary embedding. Llama-3.1's and LongRoPE's frequencies are tensors of divisors that the converter made.
    func rotary(_ pairing: RotaryShape.Pairing, headSize: Int) throws -> RotaryShape {
        var shape = RotaryShape(
            base: try optionalFloat("rope.freq_base") ?? 10_000, pairing: pairing,
            dimensions: try optionalInt("rope.dimension_count") ?? headSize)
        let kind = try optionalString("rope.scaling.type") ?? "none"
        // Where nothing is scaled, files may say all the same what the original context was.
        pass("rope.scaling.original_context_length")
        let attentionFactor = try optionalFloat("rope.scaling.attn_factor")
        if let long = try divisors("rope_factors_long.weight"), let short = try divisors("rope_factors_short.weight") {
            pass("rope.scaling.factor")
            shape.scaling = .byLength(
                LengthDivisors(
                    short: short, long: long, originalContext: try int("rope.scaling.original_context_length")))
            shape.magnitude = Float(attentionFactor ?? 1)
            return shape
        }
        switch kind {
        case "none", "":
            pass("rope.scaling.factor")
            let factor = try optionalFloat("rope.scale_linear") ?? 1
            if factor != 1, factor != 0 { shape.scaling = .linear(factor) }
            if let values = try divisors("rope_freqs.weight") { shape.scaling = .divisors(values) }
        case "linear": shape.scaling = .linear(try float("rope.scaling.factor"))
        case "yarn": try addYarn(to: &shape)
        default:
            try require(false, "rope.scaling.type", "\"\(kind.prefix(40))\" is not supported")
        }
        return shape
    }

    private func addYarn(to shape: inout RotaryShape) throws {
        let factor = try float("rope.scaling.factor")
        var ramp = YarnRamp(
            factor: factor, originalContext: Double(try int("rope.scaling.original_context_length")))
        if let fast = try optionalFloat("rope.scaling.yarn_beta_fast") { ramp.fastTurns = fast }
        if let slow = try optionalFloat("rope.scaling.yarn_beta_slow") { ramp.slowTurns = slow }
        let extrapolation = try optionalFloat("rope.scaling.yarn_ext_factor") ?? 1
        try require(extrapolation == 1 || extrapolation < 0, "rope.scaling.yarn_ext_factor", "only 1 is supported")
        shape.scaling = .ramp(ramp)
        // Files give `attention_factor` of the configuration, which replaces the computed one.
        let given = try optionalFloat("rope.scaling.yarn_attn_factor")
        shape.magnitude = Float(given ?? YarnRamp.magnitude(factor))
    }

    /// A small tensor of divisors; nil if the file has none.
    private func divisors(_ name: String) throws -> [Double]? {
        guard gguf.contains(name) else { return nil }
        let view = try gguf.tensor(name)
        guard view.type == .f32, view.shape.count == 1, view.shape[0] <= 4096 else {
            throw ConfigurationError(file: file, key: name, reason: "is not a short list of F32 numbers")
        }
        return (0..<view.shape[0]).map {
            Double(view.region.base.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self))
        }
    }
}
