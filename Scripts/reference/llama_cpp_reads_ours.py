#!/usr/bin/env python3
"""Quantises a model with guildhall to every type and lets llama.cpp load and run each file.

usage: llama_cpp_reads_ours.py --guildhall PATH_TO_PROGRAM --model MODEL [--text FILE] [--types T,T,...]
needs: llama-cpp-python, numpy

For each type: whether llama.cpp loads the file, and how far its logits are from ours on the same file. llama.cpp rounds activations to 8 bits, so logits differ a little.
"""
import argparse
import json
import pathlib
import subprocess
import tempfile

import llama_cpp
import numpy as np

TYPES = "F32,F16,BF16,Q8_0,Q6_K,Q5_K,Q4_K,Q4_0,MXFP4"
TEXT = "The quick brown fox jumps over the lazy dog. If there are 12 apples and 7 are eaten, how many are left?"


def write_safetensors(path, name, array):
    header = json.dumps({name: {"dtype": "I64", "shape": list(array.shape),
                                "data_offsets": [0, array.nbytes]}}).encode()
    header += b" " * (-len(header) % 8)
    path.write_bytes(len(header).to_bytes(8, "little") + header + array.tobytes())


def read_safetensors(path):
    data = path.read_bytes()
    size = int.from_bytes(data[:8], "little")
    entry = json.loads(data[8:8 + size])["logits"]
    first, last = entry["data_offsets"]
    return np.frombuffer(data[8 + size + first:8 + size + last], np.float32).reshape(entry["shape"])


def our_logits(guildhall, model, tokens, folder):
    write_safetensors(folder / "ids.safetensors", "input_ids", np.array([tokens], np.int64))
    subprocess.run([guildhall, "logits", "--model", model, "--input", folder / "ids.safetensors",
                    "--output", folder / "logits.safetensors"], check=True, capture_output=True)
    return read_safetensors(folder / "logits.safetensors")[0]


def their_logits(model, tokens):
    llama = llama_cpp.Llama(str(model), n_ctx=512, logits_all=True, verbose=False, n_threads=2, type_k=0, type_v=0,
                            flash_attn=False)
    llama.eval(tokens)
    return np.array(llama.scores[:len(tokens)])


def report(guildhall, source, kind, text, folder):
    path = folder / f"{kind}.gguf"
    subprocess.run([guildhall, "quantize", "--model", source, "--output", path, "--type", kind],
                   check=True, capture_output=True)
    vocabulary = llama_cpp.Llama(str(path), vocab_only=True, verbose=False)
    tokens = vocabulary.tokenize(text.encode(), add_bos=False)
    mine, theirs = our_logits(guildhall, path, tokens, folder), their_logits(path, tokens)
    difference = np.abs(mine - theirs).max()
    same = (mine.argmax(-1) == theirs.argmax(-1)).mean()
    print(f"{kind:6} loads, {len(tokens)} tokens, largest logit difference {difference:.4f} of {np.abs(mine).max():.1f}, "
          f"same likeliest token {same:.1%}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--guildhall", required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--text", type=pathlib.Path)
    parser.add_argument("--types", default=TYPES)
    options = parser.parse_args()
    text = options.text.read_text() if options.text else TEXT
    with tempfile.TemporaryDirectory() as folder:
        for kind in options.types.split(","):
            report(options.guildhall, options.model, kind, text, pathlib.Path(folder))


if __name__ == "__main__":
    main()
