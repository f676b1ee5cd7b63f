#!/usr/bin/env python3
"""Writes the tiny random checkpoints under golden/ with the logits that transformers computes.

Each folder: config.json, the weights, expected.safetensors (input_ids [2,24] i64, logits [2,24,V] f32).
Float32, eager attention and experts. Needs torch (CPU), transformers and safetensors, versions as in
Training/requirements.txt.

usage: make_fixtures.py OUT_DIR [--seed N]
"""
import argparse
import json
import pathlib
import zlib

import torch
import transformers
from safetensors.torch import save_file

VOCABULARY = 80
COMMON = {"vocab_size": VOCABULARY, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4,
          "max_position_embeddings": 64, "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0}


def variants():
    """Name, configuration, and whether the weights are bf16 shards with the older config keys."""
    mixtral = {**COMMON, "num_key_value_heads": 2, "intermediate_size": 16, "num_local_experts": 8,
               "num_experts_per_tok": 2, "rope_theta": 1e6, "sliding_window": None}
    yield "mixtral", transformers.MixtralConfig(**mixtral), False
    # head_dim 16 is not hidden / heads
    yield "qwen3_moe", transformers.Qwen3MoeConfig(
        **COMMON, num_key_value_heads=2, head_dim=16, intermediate_size=48, moe_intermediate_size=16,
        num_experts=8, num_experts_per_tok=3, norm_topk_prob=True), False
    yield "olmoe", transformers.OlmoeConfig(
        **COMMON, num_key_value_heads=2, intermediate_size=16, num_experts=8, num_experts_per_tok=3), False
    yield "mixtral_sharded_bf16", transformers.MixtralConfig(**mixtral, tie_word_embeddings=True), True
    qwen2 = {**COMMON, "num_key_value_heads": 2, "intermediate_size": 24, "moe_intermediate_size": 16,
             "shared_expert_intermediate_size": 24, "num_experts": 8, "num_experts_per_tok": 3,
             "norm_topk_prob": False}
    yield "qwen2_moe", transformers.Qwen2MoeConfig(**qwen2), False
    # one dense block, a window in the other; GGUF files cannot say either of this family
    yield "qwen2_moe_mixed", transformers.Qwen2MoeConfig(
        **qwen2, mlp_only_layers=[1], use_sliding_window=True, sliding_window=7, max_window_layers=1), False
    latent = {**COMMON, "num_key_value_heads": 4, "intermediate_size": 24, "moe_intermediate_size": 16,
              "n_routed_experts": 8, "num_experts_per_tok": 3, "first_k_dense_replace": 1, "kv_lora_rank": 16,
              "qk_nope_head_dim": 8, "qk_rope_head_dim": 8, "v_head_dim": 12, "n_group": 4, "topk_group": 2}
    yarn = {"rope_type": "yarn", "rope_theta": 10000.0, "factor": 4.0, "original_max_position_embeddings": 16,
            "beta_fast": 32, "beta_slow": 1, "mscale": 0.707, "mscale_all_dim": 0.707}
    yield "deepseek_v2", transformers.DeepseekV2Config(
        **latent, n_shared_experts=2, q_lora_rank=24, topk_method="group_limited_greedy",
        routed_scaling_factor=4.0, rope_parameters=yarn), False
    yield "deepseek_v2_lite_bf16", transformers.DeepseekV2Config(
        **{**latent, "n_group": 1, "topk_group": 1}, n_shared_experts=1, q_lora_rank=None, topk_method="greedy",
        routed_scaling_factor=1.0), True
    yield "deepseek_v3", transformers.DeepseekV3Config(
        **latent, n_shared_experts=1, q_lora_rank=24, routed_scaling_factor=2.5, norm_topk_prob=True,
        rope_parameters={**yarn, "mscale": 1.0, "mscale_all_dim": 1.0}), False
    yield "gpt_oss", transformers.GptOssConfig(
        **COMMON, num_key_value_heads=2, head_dim=16, intermediate_size=32, num_local_experts=8,
        num_experts_per_tok=3, sliding_window=7,
        rope_parameters={"rope_type": "yarn", "rope_theta": 150000.0, "factor": 8.0, "beta_fast": 32.0,
                         "beta_slow": 1.0, "original_max_position_embeddings": 16, "truncate": False}), False
    yield "llama4_text", transformers.Llama4TextConfig(
        **{**COMMON, "num_hidden_layers": 4}, num_key_value_heads=2, head_dim=8, intermediate_size=16,
        intermediate_size_mlp=24, num_local_experts=4, num_experts_per_tok=1, interleave_moe_layer_step=2,
        attention_chunk_size=7, floor_scale=5,
        rope_parameters={"rope_type": "llama3", "rope_theta": 500000.0, "factor": 8.0, "low_freq_factor": 1.0,
                         "high_freq_factor": 4.0, "original_max_position_embeddings": 16}), False
    yield "granitemoe", transformers.GraniteMoeConfig(
        **COMMON, num_key_value_heads=2, intermediate_size=16, num_local_experts=8, num_experts_per_tok=2,
        embedding_multiplier=6.0, logits_scaling=4.0, residual_multiplier=0.5, attention_multiplier=0.2,
        rope_parameters={"rope_type": "linear", "rope_theta": 10000.0, "factor": 2.0}), False
    yield "glm4_moe", transformers.Glm4MoeConfig(
        **COMMON, num_key_value_heads=2, head_dim=16, intermediate_size=24, moe_intermediate_size=16,
        n_routed_experts=8, n_shared_experts=1, num_experts_per_tok=3, first_k_dense_replace=1, n_group=1,
        topk_group=1, routed_scaling_factor=1.5, attention_bias=True, use_qk_norm=True,
        rope_parameters={"rope_type": "default", "rope_theta": 10000.0, "partial_rotary_factor": 0.5}), False
    factors = [1.0 + 0.5 * i for i in range(4)]
    yield "phimoe", transformers.PhimoeConfig(
        **COMMON, num_key_value_heads=2, intermediate_size=16, num_local_experts=8, num_experts_per_tok=2,
        attention_bias=True, lm_head_bias=True,
        rope_parameters={"rope_type": "longrope", "rope_theta": 10000.0, "short_factor": factors,
                         "long_factor": [2 * f for f in factors], "short_mscale": 1.0954451, "long_mscale": 1.0954451,
                         "original_max_position_embeddings": 32}), False


@torch.no_grad()
def randomise(model, bf16):
    """Weights of a scale that keeps the routing and the logits far from trivial."""
    for name, p in [*model.named_parameters(), *model.named_buffers()]:
        if "inv_freq" in name or not p.dtype.is_floating_point:
            continue
        if "norm" in name and not name.endswith("bias"):
            p.uniform_(0.7, 1.3)
        elif p.dim() == 1:
            p.normal_(0, 0.3)
        else:
            p.normal_(0, 0.5 if "embed" in name else 0.7 / p.shape[-1] ** 0.5)
        if bf16:
            p.copy_(p.to(torch.bfloat16).float())


def older_keys(path):
    """Rewrites config.json with the keys that checkpoints before transformers 5 carry."""
    config = json.loads(path.read_text())
    rope = config.pop("rope_parameters")
    config["rope_theta"] = rope.pop("rope_theta")
    if rope.get("rope_type", "default") != "default":
        config["rope_scaling"] = rope
    config["torch_dtype"] = config.pop("dtype", "bfloat16")
    path.write_text(json.dumps(config, indent=2) + "\n")


def write(name, config, sharded, out, seed):
    torch.manual_seed(seed)
    config._attn_implementation = config._experts_implementation = "eager"
    model = transformers.AutoModelForCausalLM.from_config(config, dtype=torch.float32).eval()
    randomise(model, sharded)
    ids = torch.randint(3, VOCABULARY, (2, 24))
    with torch.no_grad():
        logits = model(input_ids=ids, use_cache=False).logits.float().contiguous()
    folder = out / name
    folder.mkdir(parents=True, exist_ok=True)
    if sharded:
        model.to(torch.bfloat16).save_pretrained(folder, max_shard_size="30KB")
        older_keys(folder / "config.json")
    else:
        model.save_pretrained(folder)
    (folder / "generation_config.json").unlink(missing_ok=True)
    save_file({"input_ids": ids, "logits": logits}, folder / "expected.safetensors",
              metadata={"transformers": transformers.__version__, "seed": str(seed)})
    size = sum(f.stat().st_size for f in folder.iterdir())
    print(f"{name:<22} {size:>7} bytes, {len(list(folder.iterdir()))} files, logit std {logits.std():.3f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--seed", type=int, default=20)
    args = parser.parse_args()
    for name, config, sharded in variants():
        write(name, config, sharded, args.out, args.seed + zlib.crc32(name.encode()))


if __name__ == "__main__":
    main()
