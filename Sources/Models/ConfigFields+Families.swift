/// Groups of fields that all supported families share, with the names and defaults of transformers.
extension ConfigFields {
    func attention(norm: ModelConfiguration.QueryKeyNorm, keyValueHeads: Int? = nil) throws
        -> ModelConfiguration.AttentionShape
    {
        let heads = try int("num_attention_heads")
        guard heads > 0 else { throw error("num_attention_heads", "is not positive") }
        let headSize = try optionalInt("head_dim")
        return ModelConfiguration.AttentionShape(
            queryHeads: heads,
            keyValueHeads: try optionalInt("num_key_value_heads") ?? keyValueHeads ?? heads,
            headSize: try headSize ?? int("hidden_size") / heads, queryKeyNorm: norm,
            clip: try optionalFloat("clip_qkv").map { Float($0) })
    }

    /// `rope_parameters` (transformers 5) or `rope_theta` and `rope_scaling` (before). Scaled variants are refused.
    func rotary(defaultBase: Double) throws -> ModelConfiguration.RotaryShape {
        let parameters = try optionalObject("rope_parameters")
        for scaling in [parameters, try optionalObject("rope_scaling")] {
            guard let scaling else { continue }
            let kind = try scaling.optionalString("rope_type") ?? scaling.optionalString("type") ?? "default"
            guard kind == "default" else {
                throw error("rope_scaling", "type \"\(kind.prefix(40))\" is not supported")
            }
        }
        let partial = try parameters?.optionalFloat("partial_rotary_factor") ?? optionalFloat("partial_rotary_factor")
        guard partial == nil || partial == 1 else {
            throw error("partial_rotary_factor", "only 1 is supported")
        }
        return ModelConfiguration.RotaryShape(
            base: try parameters?.optionalFloat("rope_theta") ?? optionalFloat("rope_theta") ?? defaultBase,
            pairing: .halves)
    }

    func experts(width: String, normalised: Bool) throws -> ModelConfiguration.ExpertShape {
        ModelConfiguration.ExpertShape(
            count: try int("num_local_experts", "num_experts"), perToken: try int("num_experts_per_tok"),
            width: try int(width), normalisesWeights: normalised)
    }

    /// Blocks without experts: those listed in `mlp_only_layers`, and with `decoder_sparse_step` n all but every n-th.
    func denseBlocks() throws -> Set<Int> {
        let step = try optionalInt("decoder_sparse_step") ?? 1
        guard step > 0 else { throw error("decoder_sparse_step", "\(step) is not positive") }
        let listed = Set(try optionalInts("mlp_only_layers") ?? [])
        let layers = try int("num_hidden_layers")
        guard layers <= 1024 else { throw error("num_hidden_layers", "\(layers) is more than 1024") }
        return Set((0..<max(0, layers)).filter { listed.contains($0) || !($0 + 1).isMultiple(of: step) })
    }

    /// Positions for which the result is that of the full model: a sliding window shortens the context.
    func contextLength() throws -> Int {
        let length = try int("max_position_embeddings")
        guard try optionalBool("use_sliding_window") ?? true, let window = try optionalInt("sliding_window") else {
            return length
        }
        return min(length, window)
    }

    /// Fields that change the result and that no family here supports, with the values that mean nothing.
    func refuseWhatNoFamilySupports() throws {
        let activation = try optionalString("hidden_act") ?? "silu"
        guard activation == "silu" else {
            throw error("hidden_act", "\"\(activation.prefix(40))\" is not supported, only silu")
        }
        for field in ["attention_bias", "mlp_bias"] where try optionalBool(field) ?? false {
            throw error(field, "biases are not supported")
        }
        if contains("quantization_config") {
            throw error("quantization_config", "quantised Hugging Face weights are not supported; use a GGUF file")
        }
    }
}
