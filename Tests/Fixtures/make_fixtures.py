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


@torch.no_grad()
def randomise(model, bf16):
    """Weights of a scale that keeps the routing and the logits far from trivial."""
    for name, p in model.named_parameters():
        if "norm" in name:
            p.uniform_(0.7, 1.3)
        else:
            p.normal_(0, 0.5 if "embed" in name else 0.7 / p.shape[-1] ** 0.5)
        if bf16:
            p.copy_(p.to(torch.bfloat16).float())


def older_keys(path):
    """Rewrites config.json with the keys that checkpoints before transformers 5 carry."""
    config = json.loads(path.read_text())
    rope = config.pop("rope_parameters")
    config["rope_theta"] = rope["rope_theta"]
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
    for index, (name, config, sharded) in enumerate(variants()):
        write(name, config, sharded, args.out, args.seed + index)


if __name__ == "__main__":
    main()
