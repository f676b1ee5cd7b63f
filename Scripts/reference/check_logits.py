#!/usr/bin/env python3
"""Compares `guildhall logits` with the expected logits of golden checkpoints.

usage: check_logits.py --guildhall PROGRAM [--batch N] FOLDER [FOLDER ...]

Each folder holds a checkpoint and expected.safetensors (input_ids [batch, tokens] int64, logits
[batch, tokens, vocabulary] float32). Exit code 1 if a difference exceeds 1e-3 or a greedy choice differs.
"""
import argparse
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
from safetensors.numpy import load_file


def check(guildhall, folder, batch):
    expected = load_file(folder / "expected.safetensors")["logits"]
    with tempfile.TemporaryDirectory() as scratch:
        output = pathlib.Path(scratch) / "logits.safetensors"
        run = subprocess.run([guildhall, "logits", "--model", folder, "--input", folder / "expected.safetensors",
                              "--output", output, "--batch", str(batch)], capture_output=True, text=True)
        if run.returncode:
            print(f"{folder.name:24} {run.stderr.strip()[-200:]}")
            return False
        actual = load_file(output)["logits"]
    difference = np.abs(actual - expected).max()
    equal = (actual.argmax(-1) == expected.argmax(-1)).sum()
    print(f"{folder.name:24} {difference:.2e} of {np.abs(expected).max():.1f}, greedy {equal}/{expected[..., 0].size}")
    return difference <= 1e-3 and equal == expected[..., 0].size


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--guildhall", required=True)
    parser.add_argument("--batch", type=int, default=64, help="tokens that go through the model at once")
    parser.add_argument("folders", nargs="+", type=pathlib.Path)
    options = parser.parse_args()
    good = [check(options.guildhall, folder, options.batch) for folder in options.folders]
    print(f"{sum(good)} of {len(good)} within 1e-3 with equal greedy choices")
    sys.exit(not all(good))


if __name__ == "__main__":
    main()
