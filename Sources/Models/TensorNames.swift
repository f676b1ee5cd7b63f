/// The tensors of a Transformer block that more than one family has.
enum BlockTensor: Sendable {
    case attentionNorm, query, key, value, attentionOutput, queryNorm, keyNorm
    case feedForwardNorm, router
    case denseGate, denseUp, denseDown
}

/// The three matrices of an expert: `down(silu(gate x) * up x)`.
enum ExpertTensor: Sendable, CaseIterable {
    case gate, up, down
}

/// What the tensors of a model are called in one kind of file.
struct TensorNames: Sendable {
    var embedding: String
    var finalNorm: String
    var output: String
    /// Name of `tensor` in block `index`.
    var block: @Sendable (_ index: Int, _ tensor: BlockTensor) -> String
    /// Name of the tensor that holds all experts of block `index` one after another, if files have it.
    var fusedExperts: (@Sendable (_ index: Int, _ tensor: ExpertTensor) -> String)?
    /// Name of one expert's own tensor.
    var expert: @Sendable (_ index: Int, _ expert: Int, _ tensor: ExpertTensor) -> String
    /// Tensors that may be in a file and that inference does not need.
    var ignorable: @Sendable (_ name: String) -> Bool
}

extension TensorNames {
    /// llama.cpp's names, the same for all families here (gguf-py `tensor_mapping.py`).
    static let gguf = TensorNames(
        embedding: "token_embd.weight", finalNorm: "output_norm.weight", output: "output.weight",
        block: { "blk.\($0).\(ggufName($1)).weight" },
        fusedExperts: { "blk.\($0).ffn_\(ggufName($1))_exps.weight" },
        expert: { "blk.\($0).ffn_\(ggufName($2)).\($1).weight" },
        ignorable: { _ in false })

    /// Hugging Face names; `moe` is what the family calls its MoE block, `experts` the names of gate, up and down.
    static func huggingFace(moe: String, experts: (gate: String, up: String, down: String)) -> TensorNames {
        TensorNames(
            embedding: "model.embed_tokens.weight", finalNorm: "model.norm.weight", output: "lm_head.weight",
            block: { index, tensor in
                "model.layers.\(index).\(huggingFaceName(tensor, moe: moe)).weight"
            },
            fusedExperts: nil,
            expert: { index, expert, tensor in
                let name =
                    switch tensor {
                    case .gate: experts.gate
                    case .up: experts.up
                    case .down: experts.down
                    }
                return "model.layers.\(index).\(moe).experts.\(expert).\(name).weight"
            },
            // Old checkpoints store the rotary frequencies, which follow from the configuration.
            ignorable: { $0.hasSuffix("rotary_emb.inv_freq") })
    }

    private static func ggufName(_ tensor: BlockTensor) -> String {
        switch tensor {
        case .attentionNorm: "attn_norm"
        case .query: "attn_q"
        case .key: "attn_k"
        case .value: "attn_v"
        case .attentionOutput: "attn_output"
        case .queryNorm: "attn_q_norm"
        case .keyNorm: "attn_k_norm"
        case .feedForwardNorm: "ffn_norm"
        case .router: "ffn_gate_inp"
        case .denseGate: "ffn_gate"
        case .denseUp: "ffn_up"
        case .denseDown: "ffn_down"
        }
    }

    private static func ggufName(_ tensor: ExpertTensor) -> String {
        switch tensor {
        case .gate: "gate"
        case .up: "up"
        case .down: "down"
        }
    }

    private static func huggingFaceName(_ tensor: BlockTensor, moe: String) -> String {
        switch tensor {
        case .attentionNorm: "input_layernorm"
        case .query: "self_attn.q_proj"
        case .key: "self_attn.k_proj"
        case .value: "self_attn.v_proj"
        case .attentionOutput: "self_attn.o_proj"
        case .queryNorm: "self_attn.q_norm"
        case .keyNorm: "self_attn.k_norm"
        case .feedForwardNorm: "post_attention_layernorm"
        case .router: "\(moe).gate"
        case .denseGate: "mlp.gate_proj"
        case .denseUp: "mlp.up_proj"
        case .denseDown: "mlp.down_proj"
        }
    }
}
