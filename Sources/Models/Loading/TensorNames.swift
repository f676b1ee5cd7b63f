/// The tensors of a Transformer block outside of its routed experts.
enum BlockTensor: Sendable, CaseIterable {
    case attentionNorm, query, key, value, attentionOutput, queryNorm, keyNorm, sinks
    case queryDown, queryDownNorm, queryUp, latentDown, latentNorm, latentUp, latentKey, latentValue
    case feedForwardNorm, router, selectionBias
    case denseGate, denseUp, denseDown
    case sharedGate, sharedUp, sharedDown, sharedRouter

    /// Tensors that are no weights of a projection or norm: their names have no `.weight` or `.bias` added.
    var isNamedInFull: Bool { self == .sinks || self == .selectionBias }
}

/// The three matrices of an expert: `down(activation(gate x, up x))`.
enum ExpertTensor: Sendable, CaseIterable {
    case gate, up, down
}

/// How files keep the routed experts of a block.
enum ExpertStorage: Sendable {
    /// One tensor an expert and projection, `experts.E.NAME.weight`.
    case separate(gate: String, up: String, down: String)
    /// All experts in one tensor, gate rows before up rows: [experts × 2 width × hidden], [experts × hidden × width].
    case fusedRows(gateUp: String, down: String)
    /// All experts in one tensor, inputs before outputs: [experts × hidden × 2 width], [experts × width × hidden]. Gate
    /// and up outputs take turns, or gate comes first.
    case fusedColumns(gateUp: String, down: String, isInterleaved: Bool)
    /// One tensor a projection: [experts × width × hidden], [experts × hidden × width] (GGUF).
    case stacked
}

/// What the tensors of a model are called in one kind of file.
struct TensorNames: Sendable {
    var embedding: String
    var finalNorm: String
    var output: String
    /// What comes before the names of a block's tensors.
    var block: @Sendable (_ index: Int) -> String
    /// Names within a block, without `.weight` and `.bias`.
    var stems: [BlockTensor: String]
    var experts: ExpertStorage
    /// Name of the MoE block within a block; empty in GGUF.
    var moe: String
    /// Tensors that may be in a file and that inference does not need.
    var ignorable: @Sendable (_ name: String) -> Bool

    func weight(_ index: Int, _ tensor: BlockTensor) -> String { name(index, tensor, "weight") }

    func bias(_ index: Int, _ tensor: BlockTensor) -> String { name(index, tensor, "bias") }

    /// A tensor beside `name`: the norm's or projection's bias.
    func bias(of name: String) -> String { name.hasSuffix(".weight") ? name.dropLast(6) + "bias" : name + ".bias" }

    private func name(_ index: Int, _ tensor: BlockTensor, _ part: String) -> String {
        let stem = block(index) + (stems[tensor] ?? "\(tensor)")
        return tensor.isNamedInFull ? stem : stem + "." + part
    }
}

extension TensorNames {
    /// llama.cpp's names (gguf-py `tensor_mapping.py`), but for those that the family calls otherwise.
    static func gguf(renamed: [BlockTensor: String] = [:]) -> TensorNames {
        TensorNames(
            embedding: "token_embd.weight", finalNorm: "output_norm.weight", output: "output.weight",
            block: { "blk.\($0)." }, stems: ggufStems.merging(renamed) { $1 }, experts: .stacked, moe: "",
            ignorable: { $0.hasPrefix("rope_freqs.") || $0.hasPrefix("rope_factors_") || $0.contains(".nextn.") })
    }

    /// Hugging Face names; `moe` is what the family calls its MoE block, `shared` its shared expert.
    static func huggingFace(
        moe: String, shared: String = "shared_expert",
        experts: ExpertStorage = .separate(gate: "gate_proj", up: "up_proj", down: "down_proj"),
        renamed: [BlockTensor: String] = [:]
    ) -> TensorNames {
        let own: [BlockTensor: String] = [
            .router: "\(moe).gate", .selectionBias: "\(moe).gate.e_score_correction_bias",
            .denseGate: "\(moe == "feed_forward" ? moe : "mlp").gate_proj",
            .denseUp: "\(moe == "feed_forward" ? moe : "mlp").up_proj",
            .denseDown: "\(moe == "feed_forward" ? moe : "mlp").down_proj",
            .sharedGate: "\(moe).\(shared).gate_proj", .sharedUp: "\(moe).\(shared).up_proj",
            .sharedDown: "\(moe).\(shared).down_proj", .sharedRouter: "\(moe).\(shared)_gate",
        ]
        return TensorNames(
            embedding: "model.embed_tokens.weight", finalNorm: "model.norm.weight", output: "lm_head.weight",
            block: { "model.layers.\($0)." },
            stems: huggingFaceStems.merging(own) { $1 }.merging(renamed) { $1 }, experts: experts, moe: moe,
            // Old checkpoints store the rotary frequencies, which follow from the configuration.
            ignorable: { $0.hasSuffix("rotary_emb.inv_freq") })
    }

    /// The same with `prefix` before every name, and other parts of a bigger checkpoint passed over.
    func under(_ prefix: String, ignoring others: [String]) -> TensorNames {
        var names = self
        names.embedding = prefix + embedding
        names.finalNorm = prefix + finalNorm
        names.output = prefix + output
        names.block = { [block] in prefix + block($0) }
        names.ignorable = { [ignorable] name in ignorable(name) || others.contains { name.hasPrefix($0) } }
        return names
    }

    private static let ggufStems: [BlockTensor: String] = [
        .attentionNorm: "attn_norm", .query: "attn_q", .key: "attn_k", .value: "attn_v",
        .attentionOutput: "attn_output", .queryNorm: "attn_q_norm", .keyNorm: "attn_k_norm",
        .sinks: "attn_sinks.weight", .queryDown: "attn_q_a", .queryDownNorm: "attn_q_a_norm", .queryUp: "attn_q_b",
        .latentDown: "attn_kv_a_mqa", .latentNorm: "attn_kv_a_norm", .latentUp: "attn_kv_b",
        .latentKey: "attn_k_b", .latentValue: "attn_v_b", .feedForwardNorm: "ffn_norm", .router: "ffn_gate_inp",
        .selectionBias: "exp_probs_b.bias", .denseGate: "ffn_gate", .denseUp: "ffn_up", .denseDown: "ffn_down",
        .sharedGate: "ffn_gate_shexp", .sharedUp: "ffn_up_shexp", .sharedDown: "ffn_down_shexp",
        .sharedRouter: "ffn_gate_inp_shexp",
    ]

    private static let huggingFaceStems: [BlockTensor: String] = [
        .attentionNorm: "input_layernorm", .query: "self_attn.q_proj", .key: "self_attn.k_proj",
        .value: "self_attn.v_proj", .attentionOutput: "self_attn.o_proj", .queryNorm: "self_attn.q_norm",
        .keyNorm: "self_attn.k_norm", .sinks: "self_attn.sinks", .queryDown: "self_attn.q_a_proj",
        .queryDownNorm: "self_attn.q_a_layernorm", .queryUp: "self_attn.q_b_proj",
        .latentDown: "self_attn.kv_a_proj_with_mqa", .latentNorm: "self_attn.kv_a_layernorm",
        .latentUp: "self_attn.kv_b_proj", .feedForwardNorm: "post_attention_layernorm",
    ]
}
