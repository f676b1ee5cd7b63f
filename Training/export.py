#!/usr/bin/env python3
"""Writes a checkpoint as a Hugging Face folder (float32) and as a Q8_0 GGUF file.

usage: export.py --checkpoint FILE --tokenizer DIR --hf OUT_DIR --gguf OUT_FILE [--check]
"""
import argparse
import json
import pathlib
import shutil

import gguf
import torch
from safetensors.torch import save_file

from model import Model, Shape

NAME, LICENSE = "Guildhall Apprentice", "apache-2.0"
DESCRIPTION = "A small mixture of experts trained from scratch for Guildhall; see its model card."


def load(path):
    state = torch.load(path, map_location="cpu", weights_only=True)
    model = Model(Shape(**state["shape"]))
    model.load_state_dict(state["model"])
    return model.eval(), state


def hf_config(s):
    return {"architectures": ["Qwen3MoeForCausalLM"], "model_type": "qwen3_moe", "vocab_size": s.vocabulary,
            "hidden_size": s.hidden, "num_hidden_layers": s.layers, "num_attention_heads": s.heads,
            "num_key_value_heads": s.kv_heads, "head_dim": s.head, "intermediate_size": s.expert_hidden,
            "moe_intermediate_size": s.expert_hidden, "num_experts": s.experts, "num_experts_per_tok": s.active,
            "norm_topk_prob": True, "decoder_sparse_step": 1, "mlp_only_layers": [], "hidden_act": "silu",
            "rms_norm_eps": s.epsilon, "rope_theta": s.rope_theta, "max_position_embeddings": s.context,
            "attention_bias": False, "attention_dropout": 0.0, "tie_word_embeddings": True, "torch_dtype": "float32",
            "bos_token_id": None, "eos_token_id": 2, "pad_token_id": 0, "use_sliding_window": False}


def hf_tensors(model):
    """Tensors under the names that transformers uses, one matrix an expert."""
    out = {"model.embed_tokens.weight": model.embedding, "model.norm.weight": model.norm}
    for i, layer in enumerate(model.layers):
        p, a, e = f"model.layers.{i}.", layer.attention, layer.experts
        out |= {p + "input_layernorm.weight": layer.attention_norm,
                p + "post_attention_layernorm.weight": layer.expert_norm,
                p + "self_attn.q_norm.weight": a.q_norm, p + "self_attn.k_norm.weight": a.k_norm,
                p + "mlp.gate.weight": e.router}
        out |= {f"{p}self_attn.{n}_proj.weight": getattr(a, n) for n in "qkvo"}
        for n in ("gate", "up", "down"):
            out |= {f"{p}mlp.experts.{j}.{n}_proj.weight": w for j, w in enumerate(getattr(e, n))}
    return {k: v.detach().float().contiguous().clone() for k, v in out.items()}


def write_hf(model, tokenizer, out):
    out.mkdir(parents=True, exist_ok=True)
    save_file(hf_tensors(model), out / "model.safetensors", metadata={"format": "pt"})
    (out / "config.json").write_text(json.dumps(hf_config(model.shape), indent=2) + "\n")
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(tokenizer / name, out / name)


def gguf_tensors(model):
    out = {"token_embd": model.embedding, "output_norm": model.norm}
    for i, layer in enumerate(model.layers):
        p, a, e = f"blk.{i}.", layer.attention, layer.experts
        out |= {p + "attn_norm": layer.attention_norm, p + "attn_q": a.q, p + "attn_k": a.k, p + "attn_v": a.v,
                p + "attn_output": a.o, p + "attn_q_norm": a.q_norm, p + "attn_k_norm": a.k_norm,
                p + "ffn_norm": layer.expert_norm, p + "ffn_gate_inp": e.router, p + "ffn_gate_exps": e.gate,
                p + "ffn_up_exps": e.up, p + "ffn_down_exps": e.down}
    return {k + ".weight": v.detach().float().contiguous().numpy() for k, v in out.items()}


def write_metadata(w, s, steps):
    w.add_name(NAME)
    w.add_license(LICENSE)
    w.add_description(f"{DESCRIPTION} {steps} steps.")
    w.add_size_label("21M-A6.8M")
    w.add_languages(["en"])
    w.add_file_type(gguf.LlamaFileType.MOSTLY_Q8_0)
    w.add_quantization_version(gguf.GGML_QUANT_VERSION)
    w.add_vocab_size(s.vocabulary)
    w.add_context_length(s.context)
    w.add_embedding_length(s.hidden)
    w.add_block_count(s.layers)
    w.add_feed_forward_length(s.expert_hidden)
    w.add_expert_feed_forward_length(s.expert_hidden)
    w.add_expert_count(s.experts)
    w.add_expert_used_count(s.active)
    w.add_expert_weights_norm(True)
    w.add_head_count(s.heads)
    w.add_head_count_kv(s.kv_heads)
    w.add_key_length(s.head)
    w.add_value_length(s.head)
    w.add_rope_dimension_count(s.head)
    w.add_rope_freq_base(s.rope_theta)
    w.add_layer_norm_rms_eps(s.epsilon)


def write_vocabulary(w, folder):
    tokenizer = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
    config = json.loads((folder / "tokenizer_config.json").read_text(encoding="utf-8"))
    vocabulary = tokenizer["model"]["vocab"]
    special = {t["id"]: t["content"] for t in tokenizer["added_tokens"]}
    tokens = sorted(vocabulary, key=vocabulary.get)
    w.add_tokenizer_model("gpt2")
    w.add_tokenizer_pre("qwen2")
    w.add_token_list(tokens)
    w.add_token_types([gguf.TokenType.CONTROL if i in special else gguf.TokenType.NORMAL for i in range(len(tokens))])
    w.add_token_merges([" ".join(m) for m in tokenizer["model"]["merges"]])
    w.add_eos_token_id(vocabulary[config["eos_token"]])
    w.add_pad_token_id(vocabulary[config["pad_token"]])
    w.add_eot_token_id(vocabulary[config["eos_token"]])
    w.add_add_bos_token(False)
    w.add_chat_template(config["chat_template"])


def write_gguf(model, tokenizer, path, steps):
    """Q8_0 for the matrices, float32 for norms and routers; the embedding is also the output matrix."""
    path.parent.mkdir(parents=True, exist_ok=True)
    w = gguf.GGUFWriter(path, "qwen3moe")
    write_metadata(w, model.shape, steps)
    write_vocabulary(w, tokenizer)
    q8 = gguf.GGMLQuantizationType.Q8_0
    for name, data in gguf_tensors(model).items():
        if data.ndim == 1 or "ffn_gate_inp" in name:
            w.add_tensor(name, data)
        else:
            w.add_tensor(name, gguf.quants.quantize(data, q8), raw_dtype=q8)
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()


@torch.no_grad()
def check(model, folder):
    """The largest difference between this model's logits and those of transformers."""
    from transformers import AutoModelForCausalLM
    other = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
    ids = torch.randint(model.shape.vocabulary, (2, 200), generator=torch.Generator().manual_seed(1))
    difference = (model(ids)[0] - other(ids, use_cache=False).logits).abs().max().item()
    print(f"largest logit difference to transformers {difference:.2e}")
    assert difference < 1e-3


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--checkpoint", type=pathlib.Path, required=True)
    parser.add_argument("--tokenizer", type=pathlib.Path, required=True)
    parser.add_argument("--hf", type=pathlib.Path, required=True)
    parser.add_argument("--gguf", type=pathlib.Path, required=True)
    parser.add_argument("--check", action="store_true", help="compare logits with transformers")
    args = parser.parse_args()
    model, state = load(args.checkpoint)
    write_hf(model, args.tokenizer, args.hf)
    write_gguf(model, args.tokenizer, args.gguf, state["facts"]["step"])
    size = args.gguf.stat().st_size
    print(args.gguf.name, size, "bytes;", sum(p.numel() for p in model.parameters()), "parameters")
    if args.check:
        check(model, args.hf)


if __name__ == "__main__":
    main()
