#!/usr/bin/env python3
"""Writes docs/families.md from what the golden tests found.

usage: family_table.py RECORD.jsonl OUT.md     (Scripts/family_table.sh makes the record and calls this)
"""
import collections
import json
import math
import sys

# Names as their makers write them. Both generations of DeepSeek are `deepseek2` in GGUF; the checkpoint tells.
NAMES = {"llama": "Mixtral", "qwen2moe": "Qwen1.5-MoE, Qwen2-MoE", "qwen3moe": "Qwen3-MoE", "olmoe": "OLMoE",
         "gpt-oss": "GPT-OSS", "llama4": "Llama-4 (text)", "granitemoe": "Granite-MoE", "glm4moe": "GLM-4.5",
         "phimoe": "Phi-3.5-MoE", "switch_transformers": "Switch Transformer"}
FORMATS = ["huggingface", "gguf of llama.cpp", "gguf of guildhall"]


def family(entry):
    if entry["architecture"] == "deepseek2":
        return "DeepSeek-V3, R1" if "v3" in entry["checkpoint"] else "DeepSeek-V2, V2-Lite"
    return NAMES.get(entry["architecture"], entry["architecture"])


def bound(value):
    """The next power of ten: the digits below it differ between machines."""
    return "exact" if value == 0 else f"≤ 1e{math.ceil(math.log10(value))}"


def cell(entries):
    if not entries:
        return "–"
    worst = max(entry["largest_difference"] for entry in entries)
    missed = sum(entry["greedy_mismatches"] for entry in entries)
    return bound(worst) + (f", {missed} greedy choices differ" if missed else "")


def main():
    record, out = sys.argv[1:]
    found = collections.defaultdict(lambda: collections.defaultdict(list))
    with open(record) as lines:
        for line in lines:
            entry = json.loads(line)
            found[family(entry)][entry["format"]].append(entry)
    rows = []
    for name in sorted(found):
        formats = found[name]
        checkpoints = {entry["checkpoint"] for entries in formats.values() for entry in entries}
        positions = sum(entry["positions"] for entries in formats.values() for entry in entries)
        cells = " | ".join(cell(formats[format]) for format in FORMATS)
        rows.append(f"| {name} | {cells} | {len(checkpoints)} | {positions} |")
    with open(out, "w") as file:
        file.write("\n".join([
            "# Families and how exact they are", "",
            "Generated from a test run by `Scripts/family_table.sh`; do not edit. Each cell is the largest difference",
            "between our logits and those that Hugging Face transformers 5.23.0 computes in float32 with eager attention,",
            "over all positions of all tiny random checkpoints of the family (`Tests/Fixtures/golden`, and the shared ones",
            "where they are present). The greedy choice is equal at every position unless a cell says otherwise.", "",
            "The second column reads GGUF files made by llama.cpp's converter, the third those of `guildhall quantize",
            "--type F32`. “–”: that converter has no words for what the checkpoint says, or llama.cpp no such family.", "",
            "| family | Hugging Face folder | GGUF, llama.cpp's converter | GGUF, ours | checkpoints | positions |",
            "|---|---|---|---|---|---|", *rows, ""]))


if __name__ == "__main__":
    main()
