#!/usr/bin/env python3
"""Writes the tiny random Switch Transformers under golden-switch/ with what transformers computes for them.

Each folder: config.json, the weights, expected.safetensors with input_ids [2,T], decoder_input_ids [2,D], logits
[2,D,V] of the whole decoder input at once, and generated_0, generated_1: what greedy generate() answers to each prompt.
The released one has a tokenizer.json in the way of T5, and answers.json: texts and their greedy answers.
buckets.safetensors holds relative position buckets of offsets -210...210 by buckets, reach and direction.
Float32, eager. Needs torch (CPU), transformers, tokenizers and safetensors, versions as in Training/requirements.txt.

usage: make_switch_fixtures.py OUT_DIR [--seed N]
"""
import argparse
import json
import pathlib

import torch
import transformers
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, processors
from safetensors.torch import save_file
from transformers.models.switch_transformers.modeling_switch_transformers import SwitchTransformersAttention

VOCABULARY = 48
COMMON = {"vocab_size": VOCABULARY, "d_model": 20, "d_kv": 6, "d_ff": 12, "num_heads": 3, "num_experts": 4,
          "relative_attention_num_buckets": 8, "relative_attention_max_distance": 14, "decoder_start_token_id": 0}
# What config.json of google/switch-base-8 has beyond what transformers 5 writes.
RELEASED = {"feed_forward_proj": "relu", "is_gated_act": False, "router_type": "tokens_masked"}

SPECIAL = ["<pad>", "</s>", "<unk>"]
PIECES = ("s ed ing er on e t a o i n r h l d u c m f p g w y b v k x . , ▁ ▁the ▁a ▁of ▁expert ▁token ▁route ▁to ▁in ▁is ▁and "
          "▁s ▁t ▁w ▁switch ▁experts").split()
PROMPTS = ["the experts route a token", "hello  world", "the switch is in the expert of tokens, and it is fast."]


def variants():
    """Name, configuration, and whether the folder looks like a released checkpoint or is bf16 in shards."""
    yield "released", transformers.SwitchTransformersConfig(
        **COMMON, num_layers=4, num_decoder_layers=2, num_sparse_encoder_layers=2, num_sparse_decoder_layers=1,
        expert_capacity=3), True
    yield "untied_bf16", transformers.SwitchTransformersConfig(
        **COMMON, num_layers=2, num_decoder_layers=2, num_sparse_encoder_layers=2, num_sparse_decoder_layers=2,
        expert_capacity=2, router_bias=True, tie_word_embeddings=False), False


@torch.no_grad()
def randomise(model, bf16):
    """Weights of a scale that keeps attention, routing and logits far from trivial."""
    for name, p in model.named_parameters():
        if "norm" in name:
            p.uniform_(0.7, 1.3)
        elif "shared" in name or "embed" in name or "relative" in name:
            p.normal_(0, 0.5)
        else:
            p.normal_(0, 1.4 / p.shape[-1] ** 0.5)
        if bf16:
            p.copy_(p.to(torch.bfloat16).float())


def count_dropped(model):
    """Hooks that count tokens which found their expert full, by side."""
    dropped = {"encoder": 0, "decoder": 0}
    for name, module in model.named_modules():
        if name.endswith(".router"):
            def hook(_, __, output, side=name.split(".")[0]):
                dropped[side] += int((output[0].sum(-1) == 0).sum())
            module.register_forward_hook(hook)
    return dropped


@torch.no_grad()
def expected(model, seed):
    torch.manual_seed(seed)
    ids = torch.randint(2, VOCABULARY, (2, 19))
    decoder_ids = torch.randint(2, VOCABULARY, (2, 17))
    decoder_ids[:, 0] = 0
    dropped = count_dropped(model)
    tensors = {"input_ids": ids, "decoder_input_ids": decoder_ids,
               "logits": model(input_ids=ids, decoder_input_ids=decoder_ids).logits.contiguous()}
    dropped = dict(dropped)
    assert min(dropped.values()) > 0, "capacity should bind"
    for row in range(2):
        answer = model.generate(ids[row:row + 1], max_new_tokens=24, do_sample=False)[0]
        tensors[f"generated_{row}"] = answer[1:].contiguous()
    return tensors, dropped


def write_released(model, folder):
    """As old releases saved it: every tied tensor under each of its names, and older keys in config.json."""
    state = {name: value.clone() for name, value in model.state_dict().items()}
    save_file(state, folder / "model.safetensors", metadata={"format": "pt"})
    model.config.save_pretrained(folder)
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | RELEASED, indent=2, sort_keys=True) + "\n")


def write_tokenizer(folder):
    """A unigram model with the steps around it that T5's tokenizer.json has, but for the character map."""
    vocabulary = [(piece, 0.0) for piece in SPECIAL]
    vocabulary += [(piece, -2 - 0.07 * index) for index, piece in enumerate(PIECES)]
    assert len(vocabulary) == VOCABULARY
    tokenizer = Tokenizer(models.Unigram(vocabulary, unk_id=2, byte_fallback=False))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")])
    tokenizer.decoder = decoders.Metaspace(replacement="▁", prepend_scheme="always")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="$A </s>", pair="$A </s> $B </s>", special_tokens=[("</s>", 1)])
    tokenizer.add_special_tokens([AddedToken(piece, special=True) for piece in SPECIAL])
    tokenizer.save(str(folder / "tokenizer.json"))
    return tokenizer


@torch.no_grad()
def write_answers(model, folder):
    tokenizer = write_tokenizer(folder)
    answers = []
    for prompt in PROMPTS:
        ids = tokenizer.encode(prompt).ids
        answer = model.generate(torch.tensor([ids]), max_new_tokens=16, do_sample=False)[0, 1:].tolist()
        answers.append({"prompt": prompt, "ids": ids, "answer": answer, "text": tokenizer.decode(answer)})
    lines = ",\n".join(json.dumps(answer, ensure_ascii=False) for answer in answers)
    (folder / "answers.json").write_text(f"[{lines}]\n")


def write(name, config, released, out, seed):
    torch.manual_seed(seed)
    config._attn_implementation = "eager"
    model = transformers.SwitchTransformersForConditionalGeneration(config).float().eval()
    randomise(model, not released)
    tensors, dropped = expected(model, seed)
    folder = out / name
    folder.mkdir(parents=True, exist_ok=True)
    if released:
        write_released(model, folder)
        write_answers(model, folder)
    else:
        model.to(torch.bfloat16).save_pretrained(folder, max_shard_size="20KB")
    save_file(tensors, folder / "expected.safetensors",
              metadata={"transformers": transformers.__version__, "seed": str(seed)})
    size = sum(f.stat().st_size for f in folder.iterdir())
    answers = [tensors[f"generated_{row}"].tolist() for row in range(2)]
    print(f"{name}: {size} bytes, dropped {dropped}, logit std {tensors['logits'].std():.3f}, answers {answers}")


def write_buckets(out):
    offsets = torch.arange(-210, 211)
    tensors = {}
    for count, reach in [(32, 128), (8, 14), (4, 3), (64, 200)]:
        for direction, bidirectional in [("both", True), ("past", False)]:
            buckets = SwitchTransformersAttention._relative_position_bucket(offsets, bidirectional, count, reach)
            tensors[f"{count}.{reach}.{direction}"] = buckets.to(torch.int32)
    save_file(tensors, out / "buckets.safetensors", metadata={"transformers": transformers.__version__})


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--seed", type=int, default=81)
    args = parser.parse_args()
    for index, (name, config, released) in enumerate(variants()):
        write(name, config, released, args.out, args.seed + index)
    write_buckets(args.out)


if __name__ == "__main__":
    main()
