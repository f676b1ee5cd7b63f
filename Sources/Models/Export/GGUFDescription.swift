import Checkpoints
import Routing

/// A configuration in GGUF's metadata keys (llama.cpp `gguf-py/gguf/constants.py`): the inverse of what the families
/// read. Whether a family's files can say everything, `ModelExport.checkDescription` finds out by reading it back.
struct GGUFDescription {
    private let configuration: ModelConfiguration
    private(set) var metadata: [(key: String, value: MetadataValue)] = []

    init(_ configuration: ModelConfiguration) {
        self.configuration = configuration
        metadata.append(("general.architecture", .string(configuration.architecture)))
        addSizes()
        addAttention()
        addRotary()
        addExperts()
        addMultipliers()
    }

    private mutating func add(_ key: String, _ value: Int) { add(key, .uint(UInt64(clamping: value))) }
    private mutating func add(_ key: String, _ value: Float) { add(key, .float(Double(value))) }
    private mutating func add(_ key: String, _ value: MetadataValue) {
        metadata.append(("\(configuration.architecture).\(key)", value))
    }

    private mutating func addSizes() {
        add("vocab_size", configuration.vocabularySize)
        add("context_length", configuration.contextLength)
        add("embedding_length", configuration.hiddenSize)
        add("block_count", configuration.layers)
        let hasDense = configuration.denseWidth > 0
        add("feed_forward_length", hasDense ? configuration.denseWidth : configuration.experts.width)
        add("attention.layer_norm_rms_epsilon", configuration.norm.epsilon)
        if configuration.norm.kind == .layer { add("attention.layer_norm_epsilon", configuration.norm.epsilon) }
    }

    private mutating func addAttention() {
        let attention = configuration.attention
        add("attention.head_count", attention.queryHeads)
        if let latent = attention.latent {
            add("attention.head_count_kv", 1)
            if let rank = latent.queryRank { add("attention.q_lora_rank", rank) }
            add("attention.kv_lora_rank", latent.rank)
            add("attention.key_length", latent.cacheWidth)
            add("attention.value_length", latent.rank)
            add("attention.key_length_mla", attention.headSize)
            add("attention.value_length_mla", latent.valueSize)
        } else {
            add("attention.head_count_kv", attention.keyValueHeads)
            add("attention.key_length", attention.headSize)
            add("attention.value_length", attention.headSize)
            if attention.scale != 1 / Float(attention.headSize).squareRoot() { add("attention.scale", attention.scale) }
        }
        if let clip = attention.clip { add("attention.clamp_kqv", clip) }
        addWindows()
    }

    private mutating func addWindows() {
        for block in configuration.blocks {
            switch block.mask {
            case .causal: continue
            case .window(let size), .chunk(let size): return add("attention.sliding_window", size)
            }
        }
        // Llama-4 without chunks says so; files without the key have them.
        if configuration.architecture == "llama4" { add("attention.sliding_window", 0) }
    }

    private mutating func addRotary() {
        let rotary = configuration.rotary
        add("rope.dimension_count", rotary.dimensions)
        add("rope.freq_base", Float(rotary.base))
        switch rotary.scaling {
        case .none, .bands, .divisors: break
        case .linear(let factor):
            add("rope.scaling.type", .string("linear"))
            add("rope.scaling.factor", Float(factor))
        case .ramp(let ramp):
            add("rope.scaling.type", .string("yarn"))
            add("rope.scaling.factor", Float(ramp.factor))
            add("rope.scaling.original_context_length", Int(ramp.originalContext))
            add("rope.scaling.yarn_beta_fast", Float(ramp.fastTurns))
            add("rope.scaling.yarn_beta_slow", Float(ramp.slowTurns))
            addYarnMagnitude(ramp)
        case .byLength(let lengths):
            add("rope.scaling.type", .string("longrope"))
            add("rope.scaling.original_context_length", lengths.originalContext)
            add("rope.scaling.attn_factor", rotary.magnitude)
        }
    }

    /// DeepSeek's is a factor of the attention scale; a tenth of `mscale_all_dim` is stored.
    private mutating func addYarnMagnitude(_ ramp: YarnRamp) {
        let attention = configuration.attention
        let usual = Float(YarnRamp.magnitude(ramp.factor))
        let raised = attention.scale * Float(attention.headSize).squareRoot()
        if attention.latent != nil, raised != 1, usual != 1 {
            add("rope.scaling.yarn_log_multiplier", (raised.squareRoot() - 1) / (usual - 1) / 10)
        } else if configuration.rotary.magnitude != usual {
            add("rope.scaling.yarn_attn_factor", configuration.rotary.magnitude)
        }
    }

    private mutating func addExperts() {
        let experts = configuration.experts
        add("expert_count", experts.count)
        add("expert_used_count", experts.perToken)
        add("expert_feed_forward_length", experts.width)
        if let shared = experts.shared {
            add("expert_shared_feed_forward_length", shared.width)
            if shared.width.isMultiple(of: experts.width) { add("expert_shared_count", shared.width / experts.width) }
        }
        addLeadingBlocks()
        guard case .topK(let policy) = experts.routing else { return }
        let isDeepSeek = ["deepseek2", "glm4moe"].contains(configuration.architecture)
        if isDeepSeek { add("expert_gating_func", policy.scoring == .sigmoid ? 2 : 1) }
        if isDeepSeek || policy.scale != 1 { add("expert_weights_scale", policy.scale) }
        switch policy.weighting {
        case .normalised: add("expert_weights_norm", .bool(true))
        case .scores: add("expert_weights_norm", .bool(false))
        case .softmax, .sigmoid: break
        }
        if let groups = policy.groups {
            add("expert_group_count", groups.count)
            add("expert_group_used_count", groups.kept)
        }
    }

    private mutating func addLeadingBlocks() {
        let blocks = configuration.blocks
        let leading = blocks.firstIndex(where: \.hasExperts) ?? 0
        if leading > 0 { add("leading_dense_block_count", leading) }
        guard configuration.architecture == "llama4", let first = configuration.moeBlocks.first else { return }
        add("interleave_moe_layer_step", first + 1)
        if let temperature = configuration.attention.temperature {
            add("attention.temperature_length", temperature.interval)
            add("attention.temperature_scale", temperature.factor)
        }
    }

    private mutating func addMultipliers() {
        let multipliers = configuration.multipliers
        guard multipliers != ModelConfiguration.Multipliers() || configuration.architecture == "granitemoe" else {
            return
        }
        add("embedding_scale", multipliers.embedding)
        add("residual_scale", multipliers.residual)
        add("logit_scale", multipliers.logitDivisor)
    }
}

extension RotaryShape {
    /// What each frequency is divided by.
    var divisors: [Double] {
        let plain = RotaryShape(base: base, pairing: pairing, dimensions: dimensions).frequencies(positions: 0)
        return zip(plain, frequencies(positions: 0)).map { $0 / $1 }
    }
}
