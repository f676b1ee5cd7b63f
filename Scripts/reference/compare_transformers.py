#!/usr/bin/env python3
"""Compares guildhall's greedy tokens with Hugging Face transformers on the same GGUF file.

The weights are dequantised to float32 and run by Qwen3MoeForCausalLM with eager attention; prompt ids come
from a Hugging Face tokeniser made of the file's vocabulary. Fails on any difference that is not a near tie.
"""
import sys

import gguf
import torch
import transformers
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers

import common

QWEN2_SPLIT = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
               r"|\s*[\r\n]+|\s+(?!\S)|\s+")
CONTROL = 3
INSIDE_LAYER = {
    "attn_norm": "input_layernorm", "ffn_norm": "post_attention_layernorm", "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj", "attn_v": "self_attn.v_proj", "attn_output": "self_attn.o_proj",
    "attn_q_norm": "self_attn.q_norm", "attn_k_norm": "self_attn.k_norm", "ffn_gate_inp": "mlp.gate"}
OUTSIDE = {"token_embd": "model.embed_tokens", "output_norm": "model.norm", "output": "lm_head"}


def field(reader, name):
    return reader.get_field(name).contents()


def configuration(reader):
    def get(key):
        return field(reader, "qwen3moe." + key)
    tensors = {t.name for t in reader.tensors}
    return transformers.Qwen3MoeConfig(
        vocab_size=len(field(reader, "tokenizer.ggml.tokens")), hidden_size=get("embedding_length"),
        num_hidden_layers=get("block_count"), num_attention_heads=get("attention.head_count"),
        num_key_value_heads=get("attention.head_count_kv"), head_dim=get("attention.key_length"),
        num_experts=get("expert_count"), num_experts_per_tok=get("expert_used_count"), norm_topk_prob=True,
        moe_intermediate_size=get("expert_feed_forward_length"), max_position_embeddings=get("context_length"),
        rms_norm_eps=get("attention.layer_norm_rms_epsilon"), rope_theta=get("rope.freq_base"),
        rope_parameters={"rope_type": "default", "rope_theta": get("rope.freq_base")},
        tie_word_embeddings="output.weight" not in tensors)


def weights(reader):
    """(transformers name, float32 tensor) pairs; experts as one three-dimensional tensor, as in the model."""
    for t in reader.tensors:
        shape = [int(n) for n in reversed(t.shape)]
        data = torch.from_numpy(gguf.quants.dequantize(t.data, t.tensor_type).copy()).float().reshape(shape)
        parts = t.name.removesuffix(".weight").split(".")
        if parts[0] != "blk":
            yield OUTSIDE[parts[0]] + ".weight", data
        elif parts[2].endswith("_exps"):
            yield f"model.layers.{parts[1]}.mlp.experts.{parts[2]}", data
        else:
            yield f"model.layers.{parts[1]}.{INSIDE_LAYER[parts[2]]}.weight", data


def fused(named):
    """transformers keeps gate and up of all experts in one tensor, gate first."""
    out = dict(named)
    for name in [n for n in out if n.endswith("ffn_gate_exps")]:
        base = name.removesuffix("ffn_gate_exps")
        out[base + "gate_up_proj"] = torch.cat([out.pop(name), out.pop(base + "ffn_up_exps")], 1)
        out[base + "down_proj"] = out.pop(base + "ffn_down_exps")
    return out


def load_model(reader):
    config = configuration(reader)
    config._attn_implementation = config._experts_implementation = "eager"
    model = transformers.Qwen3MoeForCausalLM(config).float().eval()
    missing, unexpected = model.load_state_dict(fused(weights(reader)), strict=False)
    if unexpected or set(missing) - {"lm_head.weight"}:
        raise SystemExit(f"weights do not fit: missing {missing}, unexpected {unexpected}")
    model.tie_weights()
    return model


def load_tokenizer(reader):
    tokens, types = field(reader, "tokenizer.ggml.tokens"), field(reader, "tokenizer.ggml.token_type")
    if field(reader, "tokenizer.ggml.pre") != "qwen2":
        raise SystemExit("only files with the qwen2 pre-tokeniser are compared")
    merges = [tuple(m.split(" ")) for m in field(reader, "tokenizer.ggml.merges")]
    tokenizer = Tokenizer(models.BPE({t: i for i, t in enumerate(tokens)}, merges))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(QWEN2_SPLIT), behavior="isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(t, normalized=False, special=True)
                                  for t, kind in zip(tokens, types) if kind == CONTROL])
    return tokenizer


def main():
    args = common.arguments(__doc__.splitlines()[0])
    torch.set_num_threads(args.threads)
    reader = gguf.GGUFReader(args.model)
    model, tokenizer = load_model(reader), load_tokenizer(reader)
    args.ends = [field(reader, f"tokenizer.ggml.{kind}_token_id") for kind in ("eos", "padding")]

    @torch.no_grad()
    def best(ids, start):
        logits = model(torch.tensor([ids]), use_cache=False).logits[0, start - 1:]
        top = logits.topk(2, -1)
        gaps = (top.values[:, 0] - top.values[:, 1]).tolist()
        return top.indices[:, 0].tolist(), top.indices[:, 1].tolist(), gaps

    print(f"transformers {transformers.__version__}, torch {torch.__version__}, {args.model.name}, seed {args.seed}")
    bad_ids, bad_tokens = common.compare(args, lambda text: tokenizer.encode(text).ids, best)
    sys.exit(1 if bad_ids or bad_tokens else 0)


if __name__ == "__main__":
    main()
