#!/usr/bin/env python3
"""Writes a large synthetic trace in the compact layout, to measure `guildhall trace report` with.

usage: synthetic_trace.py FOLDER [--requests 100000] [--distinct N] [--tokens 300] [--layers 58] [--experts 256]
       [--top-k 8]
Loads are uneven, requests of a domain alike. The defaults take 14 GB of disk; with --distinct only so many requests are
on it, and the index names their rows again and again (the reader then warns that the file is shorter than announced).
needs: PyPI numpy
"""
import argparse
import json
import os

import numpy as np

DOMAINS = 8
VARIANTS = 4  # different requests of a domain; the rest are rotations of their rows


def blocks(rng, args):
    """Requests of each domain, [tokens, layers, top-k] bytes each."""
    common = rng.normal(size=(args.layers, args.experts))
    for _ in range(DOMAINS):
        own = common + 0.7 * rng.normal(size=(args.layers, args.experts))
        for _ in range(VARIANTS):
            logits = own + 0.5 * rng.normal(size=own.shape)
            ids = np.empty((args.tokens, args.layers, args.top_k), np.uint8)
            for token in range(args.tokens):
                noisy = logits + rng.gumbel(size=logits.shape)
                ids[token] = np.argpartition(-noisy, args.top_k, axis=1)[:, :args.top_k]
            yield ids


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder")
    for name, default in [("requests", 100_000), ("tokens", 300), ("layers", 58), ("experts", 256), ("top-k", 8)]:
        parser.add_argument("--" + name, type=int, default=default)
    parser.add_argument("--distinct", type=int)
    args = parser.parse_args()
    distinct = args.distinct or args.requests
    chosen = []
    rng = np.random.default_rng(1)
    os.makedirs(args.folder, exist_ok=True)
    made = list(blocks(rng, args))
    with open(f"{args.folder}/experts.uint8.bin", "wb") as data, open(f"{args.folder}/index.jsonl", "w") as index:
        for request in range(args.requests):
            place = request % distinct
            if place == request:
                chosen.append(int(rng.integers(len(made))))
                turn = int(rng.integers(args.tokens))
                data.write(made[chosen[place]][turn:].data)
                data.write(made[chosen[place]][:turn].data)
            prompt = args.tokens // 3
            index.write(json.dumps({
                "id": f"r{request}", "domain": f"domain {chosen[place] // VARIANTS}", "prompt_tokens": prompt,
                "decode_tokens": args.tokens - prompt, "row_offset": place * args.tokens, "rows": args.tokens}) + "\n")
    with open(f"{args.folder}/meta.json", "w") as meta:
        json.dump({
            "name": "synthetic", "rows": args.requests * args.tokens, "num_moe_layers": args.layers,
            "top_k": args.top_k, "num_experts": args.experts, "moe_layer_ids": list(range(3, 3 + args.layers)),
            "dtype": "uint8", "requests": args.requests}, meta)


if __name__ == "__main__":
    main()
