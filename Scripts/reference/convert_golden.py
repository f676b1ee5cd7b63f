#!/usr/bin/env python3
"""Converts a golden checkpoint to GGUF with llama.cpp's own converter.

usage: convert_golden.py --llama-cpp LLAMA_CPP_DIR [--outtype f32|bf16|f16|auto] MODEL_DIR OUT.gguf
needs: torch (CPU), transformers, safetensors, numpy; a llama.cpp source tree (convert_hf_to_gguf.py, conversion/, gguf-py/)

The golden checkpoints differ from released ones in three ways that the converter does not expect, so a staged copy
of the folder is converted instead; the weights themselves are never changed:

- they have no tokenizer: a small byte-level BPE vocabulary of exactly vocab_size tokens is written;
- their config.json is the one transformers 5 saves, which drops or renames keys of the released files
  (see `released_keys`);
- Phi-3.5-MoE without biases has no tensors for them, and llama.cpp requires them: zeros are added.
"""
import argparse
import json
import logging
import sys
import tempfile
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file

BYTE_SYMBOLS = 256
SPECIAL_TOKENS = ("<pad>", "<bos>", "<eos>")


def byte_symbols() -> list[str]:
    """The printable character that byte-level BPE writes for each byte, in byte order."""
    kept = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    moved = iter(range(BYTE_SYMBOLS, 2 * BYTE_SYMBOLS))
    return [chr(byte if byte in kept else next(moved)) for byte in range(BYTE_SYMBOLS)]


def byte_level_vocabulary(size: int) -> tuple[list[str], list[str]]:
    """`size` tokens (three special ones, the 256 bytes, then pairs of letters) and the merges that make the pairs.

    Fewer tokens than bytes are mere placeholders: such a file is good for logits, not for text.
    """
    smallest = len(SPECIAL_TOKENS) + BYTE_SYMBOLS + 1
    if size < smallest:
        return [*SPECIAL_TOKENS, *(f"<{i}>" for i in range(len(SPECIAL_TOKENS), size))], []
    symbols = byte_symbols()
    pairs = [(left, right) for left in symbols for right in symbols][: size - smallest + 1]
    tokens = [*SPECIAL_TOKENS, *symbols, *(left + right for left, right in pairs)]
    return tokens, [f"{left} {right}" for left, right in pairs]


def write_vocabulary(model, gguf) -> None:
    """Stands in for the converter's set_vocab."""
    tokens, merges = byte_level_vocabulary(model.hparams["vocab_size"])
    special = len(SPECIAL_TOKENS)
    kinds = [gguf.TokenType.CONTROL] * special + [gguf.TokenType.NORMAL] * (len(tokens) - special)
    writer = model.gguf_writer
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("default")
    writer.add_token_list(tokens)
    writer.add_token_types(kinds)
    if merges:
        writer.add_token_merges(merges)
    writer.add_pad_token_id(0)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_add_bos_token(False)


def released_keys(config: dict) -> dict:
    """config.json with the keys restored that released checkpoints have and the converter reads."""
    config = dict(config)
    kind = config["model_type"]
    if kind == "deepseek_v3":
        config.setdefault("scoring_func", "sigmoid")  # without it the file says nothing and llama.cpp takes softmax
    if kind == "deepseek_v2":
        config.setdefault("scoring_func", "softmax")
    if kind == "phimoe":
        config["architectures"] = ["PhiMoEForCausalLM"]  # the name of the released checkpoint's own code
        config.setdefault("original_max_position_embeddings", config["max_position_embeddings"])
    if kind == "granitemoeshared":
        config.setdefault("shared_intermediate_size", 0)
    return config


def missing_biases(config: dict, names: set[str], shape_of) -> dict[str, torch.Tensor]:
    """Zero biases that llama.cpp requires of Phi-3.5-MoE and a checkpoint without them lacks."""
    if config["model_type"] != "phimoe":
        return {}
    wanted = {"lm_head.bias": config["vocab_size"]}
    for layer in range(config["num_hidden_layers"]):
        for projection in "qkvo":
            prefix = f"model.layers.{layer}.self_attn.{projection}_proj"
            wanted[f"{prefix}.bias"] = shape_of(f"{prefix}.weight")[0]
    return {name: torch.zeros(size) for name, size in wanted.items() if name not in names}


def tensor_names(folder: Path) -> tuple[set[str], dict[str, list[int]]]:
    """Names and shapes of every tensor of the folder's safetensors files (expected.safetensors is not part of the model)."""
    shapes = {}
    for path in sorted(folder.glob("model*.safetensors")):
        with safe_open(path, "pt") as file:
            shapes.update({name: file.get_slice(name).get_shape() for name in file.keys()})
    return set(shapes), shapes


def stage(model_dir: Path, staged: Path) -> bool:
    """Fills `staged` with links to the weights and a config.json for the converter; whether it holds prediction (MTP) layers."""
    config = released_keys(json.loads((model_dir / "config.json").read_text()))
    names, shapes = tensor_names(model_dir)
    extra = missing_biases(config, names, shapes.__getitem__)
    (staged / "config.json").write_text(json.dumps(config, indent=2))
    for path in model_dir.glob("model*"):
        if extra and path.name == "model.safetensors.index.json":
            continue  # it would not list the added file; the converter then reads every part
        (staged / path.name).symlink_to(path.resolve())
    if extra:
        save_file(extra, staged / "model-biases.safetensors")
    return f"model.layers.{config['num_hidden_layers']}.input_layernorm.weight" in names


def convert(llama_cpp: Path, model_dir: Path, output: Path, outtype: str) -> None:
    sys.path[:0] = [str(llama_cpp), str(llama_cpp / "gguf-py")]
    import gguf
    from conversion import ModelBase, ModelType, get_model_architecture, get_model_class

    kinds = {"f32": gguf.LlamaFileType.ALL_F32, "f16": gguf.LlamaFileType.MOSTLY_F16,
             "bf16": gguf.LlamaFileType.MOSTLY_BF16, "auto": gguf.LlamaFileType.GUESSED}
    with tempfile.TemporaryDirectory() as folder, torch.inference_mode():
        staged = Path(folder) / model_dir.name
        staged.mkdir()
        has_prediction_layers = stage(model_dir, staged)
        hparams = ModelBase.load_hparams(staged, False)
        base = get_model_class(get_model_architecture(hparams, ModelType.TEXT))
        golden = type("Golden" + base.__name__, (base,), {
            "model_arch": base.model_arch,
            "no_mtp": base.supports_mtp_export and not has_prediction_layers,
            "set_vocab": lambda model: write_vocabulary(model, gguf),
        })
        golden(staged, kinds[outtype], output).write()


def main() -> None:
    parser = argparse.ArgumentParser(description="Converts a golden checkpoint to GGUF with llama.cpp's converter.")
    parser.add_argument("--llama-cpp", type=Path, required=True, help="llama.cpp source tree")
    parser.add_argument("--outtype", choices=["f32", "f16", "bf16", "auto"], default="f32")
    parser.add_argument("model", type=Path, help="folder with config.json and model*.safetensors")
    parser.add_argument("output", type=Path, help="GGUF file to write")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.WARNING)
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    convert(arguments.llama_cpp, arguments.model, arguments.output, arguments.outtype)


if __name__ == "__main__":
    main()
