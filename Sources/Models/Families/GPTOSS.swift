import Routing

/// GPT-OSS (OpenAI 2025, arXiv 2508.10925): attention sinks, every other block with a sliding window, biases
/// everywhere, clamped SwiGLU, softmax over the chosen experts. Checkpoints keep gate and up projections interleaved,
/// quantised to MXFP4 in two tensors or as numbers with inputs before outputs.
extension Architecture {
    static let gptOSS = Architecture(
        ggufName: "gpt-oss", huggingFaceName: "gpt_oss",
        huggingFaceTensors: .huggingFace(
            moe: "mlp", experts: .fusedColumns(gateUp: "gate_up_proj", down: "down_proj", isInterleaved: true),
            renamed: [.router: "mlp.router"]),
        ggufTensors: .gguf(renamed: [.feedForwardNorm: "post_attention_norm"]), ggufPairing: .halves,
        readGGUF: { keys in
            var attention = try keys.attention()
            attention.hasSinks = true
            var rotary = try keys.rotary(.halves, headSize: attention.headSize)
            // The format has no key for it; all files of this family are made from checkpoints that do not truncate.
            if case .ramp(var ramp) = rotary.scaling {
                ramp.truncates = false
                rotary.scaling = .ramp(ramp)
            }
            let window = try keys.int("attention.sliding_window")
            let blocks = try keys.blocks().enumerated().map {
                $1.with($0.isMultiple(of: 2) ? .window(window) : .causal)
            }
            try keys.checkWindows(blocks, period: 2)
            return FamilyConfiguration(
                attention: attention, rotary: rotary,
                experts: withBiases(try keys.experts(policy), alpha: 1.702, limit: 7),
                blocks: blocks)
        },
        readHuggingFace: { fields in
            var attention = try fields.attention(headSize: 64)
            attention.hasSinks = true
            let window = try fields.optionalInt("sliding_window") ?? 128
            let types = try fields.layerTypes { $0.isMultiple(of: 2) ? "sliding_attention" : "full_attention" }
            let alpha = Float(try fields.optionalFloat("swiglu_alpha") ?? 1.702)
            let limit = Float(try fields.optionalFloat("swiglu_limit") ?? 7)
            // Other names of fields that are there.
            fields.pass("experts_per_token", "initial_context_length")
            return FamilyConfiguration(
                attention: attention, rotary: try rotary(fields, size: attention.headSize),
                experts: withBiases(
                    try fields.experts(width: "intermediate_size", policy: policy), alpha: alpha, limit: limit),
                blocks: try zip(fields.blocks(), types).map { $0.with(try fields.mask($1, window: window)) })
        })

    /// Without a word on scaling, YaRN as the family's configuration class has it.
    private static func rotary(_ fields: ConfigFields, size: Int) throws -> RotaryShape {
        var shape = try fields.rotary(defaultBase: 150_000, size: size)
        if !fields.contains("rope_parameters"), !fields.contains("rope_scaling") {
            shape.scaling = .ramp(YarnRamp(factor: 32, originalContext: 4096, truncates: false))
            shape.magnitude = Float(YarnRamp.magnitude(32))
        }
        return shape
    }

    private static let policy = TopKPolicy(scoring: .logits, weighting: .softmax)

    private static func withBiases(_ experts: ModelConfiguration.ExpertShape, alpha: Float, limit: Float)
        -> ModelConfiguration.ExpertShape
    {
        var experts = experts
        experts.activation = .clampedSwiGLU(alpha: alpha, limit: limit)
        experts.hasBiases = true
        experts.hasRouterBias = true
        return experts
    }
}
