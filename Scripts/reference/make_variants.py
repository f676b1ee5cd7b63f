#!/usr/bin/env python3
"""Writes the checkpoints of variant_configs.py with the logits Hugging Face transformers computes for them.

usage: make_variants.py OUT_DIR [NAME ...]
needs: torch (CPU), transformers, safetensors, numpy

Each folder holds config.json (released style), model.safetensors and expected.safetensors: input_ids [2, tokens] i64
and logits [2, tokens, vocab] f32. The logits are those of the folder itself: it is written, then loaded again with
AutoModelForCausalLM.from_pretrained in float32 with eager attention (quantised ones: from the dequantised weights).
OUT_DIR/report.json has, per variant, how far each of its `without` configurations moves the logits (0: transformers
does not read the field) and the difference to float64 arithmetic (large: a routing choice hangs on rounding).
"""
import copy
import json
import sys
import tempfile
from pathlib import Path

import torch
import transformers
from safetensors.torch import load_file, save_file
from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS

from variant_configs import VARIANTS, Variant

FP8_BLOCK = 128
FP8_LARGEST = 448.0
FP4_VALUES = [0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, -0.0, -0.5, -1.0, -1.5, -2.0, -3.0, -4.0, -6.0]
MXFP4_BLOCK = 32
ATTENTION_GAIN = 2.5  # queries and keys large enough that attention is peaked and positions matter


def randomise(model: torch.nn.Module, generator: torch.Generator) -> None:
    """Random weights of a trained model's scale; norms near 1, biases clearly not 0."""
    for name, tensor in [*model.named_parameters(), *model.named_buffers()]:
        if not tensor.dtype.is_floating_point or "rotary" in name or "inv_freq" in name:
            continue
        if "norm" in name and name.endswith("weight"):
            tensor.uniform_(0.6, 1.4, generator=generator)
        elif tensor.dim() < 2 or name.endswith("_bias"):
            tensor.normal_(0, 0.3, generator=generator)
        elif "embed" in name:
            tensor.normal_(0, 0.5, generator=generator)
        else:
            gain = ATTENTION_GAIN if any(part in name for part in ("q_proj", "k_proj", "q_b_proj", "kv_a_proj")) else 1.0
            inputs = tensor.shape[-2] if transposed(model, name) else tensor.shape[-1]
            tensor.normal_(0, gain * 0.6 / inputs**0.5, generator=generator)


def transposed(model: torch.nn.Module, name: str) -> bool:
    """Whether the tensor is an expert stack stored [experts, inputs, outputs]."""
    return model.config.model_type in ("gpt_oss", "llama4_text") and "experts." in name


def stored_precision(tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """bfloat16, but for the router's correction bias, which released files keep in float32."""
    return {name: (tensor if name.endswith("e_score_correction_bias") else tensor.to(torch.bfloat16)).contiguous()
            for name, tensor in tensors.items()}


def prediction_tensors(config: dict, tensors: dict, generator: torch.Generator) -> dict[str, torch.Tensor]:
    """A multi-token-prediction layer as released files append it: the last layer's shapes and six tensors of its own."""
    last, extra = config["num_hidden_layers"] - 1, config["num_hidden_layers"]
    hidden, vocabulary = config["hidden_size"], config["vocab_size"]
    shapes = {name.replace(f"layers.{last}.", f"layers.{extra}."): tensor.shape
              for name, tensor in tensors.items() if f"layers.{last}." in name}
    prefix = f"model.layers.{extra}."
    shapes |= {prefix + "eh_proj.weight": (hidden, 2 * hidden), prefix + "enorm.weight": (hidden,), prefix + "hnorm.weight": (hidden,),
               prefix + "embed_tokens.weight": (vocabulary, hidden), prefix + "shared_head.norm.weight": (hidden,),
               prefix + "shared_head.head.weight": (vocabulary, hidden)}
    return {name: torch.randn(shape, generator=generator) for name, shape in shapes.items()}


def quantise_fp8(tensors: dict[str, torch.Tensor]) -> tuple[dict, dict]:
    """Every projection in float8_e4m3fn with a scale a block, and what they dequantise to."""
    stored, plain = {}, {}
    for name, tensor in tensors.items():
        if not name.endswith("_proj.weight") and "kv_a_proj_with_mqa" not in name:
            stored[name] = plain[name] = tensor
            continue
        rows, columns = tensor.shape
        grid = torch.zeros(-(-rows // FP8_BLOCK) * FP8_BLOCK, -(-columns // FP8_BLOCK) * FP8_BLOCK)
        grid[:rows, :columns] = tensor.float()
        blocks = grid.view(grid.shape[0] // FP8_BLOCK, FP8_BLOCK, grid.shape[1] // FP8_BLOCK, FP8_BLOCK)
        scale = blocks.abs().amax(dim=(1, 3)) / FP8_LARGEST
        quantised = (blocks / scale[:, None, :, None]).to(torch.float8_e4m3fn)
        restored = quantised.float() * scale[:, None, :, None]
        stored[name] = quantised.view(torch.uint8).view(grid.shape)[:rows, :columns].contiguous().view(torch.float8_e4m3fn)
        stored[name.removesuffix("weight") + "weight_scale_inv"] = scale
        plain[name] = restored.view(grid.shape)[:rows, :columns].contiguous()
    return stored, plain


def quantise_mxfp4(tensors: dict[str, torch.Tensor]) -> tuple[dict, dict]:
    """Expert matrices [experts, inputs, outputs] as blocks of 32 inputs (two a byte, low nibble first) and E8M0 scales."""
    stored, plain = {}, {}
    values = torch.tensor(FP4_VALUES)
    for name, tensor in tensors.items():
        if not name.endswith(("experts.gate_up_proj", "experts.down_proj")):
            stored[name] = plain[name] = tensor
            continue
        rows = tensor.float().transpose(1, 2)
        blocks = rows.reshape(*rows.shape[:2], rows.shape[2] // MXFP4_BLOCK, MXFP4_BLOCK)
        exponent = torch.floor(torch.log2(blocks.abs().amax(-1))) - 2
        codes = ((blocks / torch.exp2(exponent)[..., None]).unsqueeze(-1) - values).abs().argmin(-1).to(torch.uint8)
        stored[name + "_blocks"] = codes[..., 0::2] | codes[..., 1::2] << 4
        stored[name + "_scales"] = (exponent + 127).to(torch.uint8)
        restored = values[codes.long()] * torch.exp2(exponent)[..., None]
        plain[name] = restored.reshape(rows.shape).transpose(1, 2).contiguous()
    return stored, plain


def nest(config: dict, tensors: dict, generator: torch.Generator) -> tuple[dict, dict]:
    """Llama 4 as released: text_config, tensors under language_model., and parts of a vision tower to be left alone."""
    outer = {"architectures": ["Llama4ForConditionalGeneration"], "model_type": "llama4", "boi_token_index": 317, "eoi_token_index": 318,
             "image_token_index": 319, "tie_word_embeddings": False, "torch_dtype": "bfloat16", "text_config": config,
             "vision_config": {"model_type": "llama4_vision_model", "hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}}
    inner = {key: value for key, value in config.items() if key != "architectures"}
    named = {"language_model." + name: tensor for name, tensor in tensors.items()}
    for name, shape in {"vision_model.class_embedding": (16,), "vision_model.model.layers.0.self_attn.q_proj.weight": (16, 16),
                        "multi_modal_projector.linear_1.weight": (64, 16)}.items():
        named[name] = torch.randn(shape, generator=generator).to(torch.bfloat16)
    return {**outer, "text_config": inner}, named


def load(folder: Path, config: dict, tensors: dict, dtype: torch.dtype = torch.float32) -> torch.nn.Module:
    """The model transformers makes of this config and these tensors."""
    folder.mkdir(exist_ok=True)
    plain = {key: value for key, value in config.items() if key != "quantization_config"}
    (folder / "config.json").write_text(json.dumps(plain))
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    model, info = transformers.AutoModelForCausalLM.from_pretrained(
        folder, dtype=dtype, attn_implementation="eager", experts_implementation="eager", output_loading_info=True)
    missing = [name for name in info["missing_keys"] if not (config.get("tie_word_embeddings") and name == "lm_head.weight")]
    if missing:
        raise ValueError(f"tensors transformers did not find: {sorted(missing)[:5]}")
    return model.eval()


def logits(model: torch.nn.Module, rows: torch.Tensor) -> torch.Tensor:
    return model(input_ids=rows, use_cache=False).logits.contiguous()


def long_factor_logits(model: torch.nn.Module, rows: torch.Tensor) -> torch.Tensor:
    """With the frequencies chosen by the input's length (long_factor past the original one), as transformers did before 5."""
    patched = copy.deepcopy(model)
    patched.model.rotary_emb.rope_init_fn = lambda config: ROPE_INIT_FUNCTIONS["longrope"](config, seq_len=rows.shape[1])
    return logits(patched, rows)


def new_tensors(variant: Variant, folder: Path, generator: torch.Generator) -> dict[str, torch.Tensor]:
    """Random tensors under the names and shapes transformers saves for this config."""
    plain = {key: value for key, value in variant.config.items() if key != "quantization_config"}
    (folder / "config.json").write_text(json.dumps(plain))
    config = transformers.AutoConfig.from_pretrained(folder)
    model = transformers.AutoModelForCausalLM.from_config(config, dtype=torch.float32)
    randomise(model, generator)
    model.save_pretrained(folder / "saved")
    return stored_precision(load_file(folder / "saved" / "model.safetensors"))


def make(variant: Variant, out: Path) -> dict:
    generator = torch.Generator().manual_seed(variant.seed)
    rows = torch.randint(3, variant.config["vocab_size"], (2, variant.tokens), generator=generator)
    target = out / variant.name
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        stored = plain = new_tensors(variant, scratch, generator)
        if variant.store == "fp8":
            stored, plain = quantise_fp8(plain)
        elif variant.store == "mxfp4":
            stored, plain = quantise_mxfp4(plain)
        model = load(scratch / "expected", variant.config, plain)
        expected = logits(model, rows)
        moved = {what: (logits(load(scratch / "without", {**variant.config, **changes}, plain), rows) - expected).abs().max().item()
                 for what, changes in variant.without.items()}
        exact = logits(load(scratch / "exact", variant.config, plain, torch.float64), rows)
        others = {}
        if variant.config["model_type"] == "phimoe":
            others["logits_long_factor"] = long_factor_logits(model, rows)
            moved["long_factor used"] = (others["logits_long_factor"] - expected).abs().max().item()
    if variant.prediction_layer:
        stored = stored | stored_precision(prediction_tensors(variant.config, stored, generator))
    config = variant.config
    if variant.nested:
        config, stored = nest(config, stored, generator)
    (target / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    save_file(stored, target / "model.safetensors", metadata={"format": "pt"})
    save_file({"input_ids": rows, "logits": expected, **others}, target / "expected.safetensors",
              metadata={"source": f"transformers {transformers.__version__}, seed {variant.seed}"})
    return {"exercises": variant.exercises, "tokens": variant.tokens, "bytes": sum(path.stat().st_size for path in target.iterdir()),
            "logit_deviation": expected.std().item(), "difference_to_float64": (exact - expected).abs().max().item(), "moved_by": moved}


def main() -> None:
    torch.set_num_threads(1)
    torch.set_grad_enabled(False)
    out, wanted = Path(sys.argv[1]), set(sys.argv[2:])
    report_file = out / "report.json"
    report = json.loads(report_file.read_text()) if report_file.exists() else {}
    for variant in VARIANTS:
        if wanted and variant.name not in wanted:
            continue
        report[variant.name] = make(variant, out)
        print(variant.name, json.dumps({key: value for key, value in report[variant.name].items() if key != "exercises"}), flush=True)
        report_file.write_text(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()
