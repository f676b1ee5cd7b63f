#!/usr/bin/env python3
"""Compares guildhall with llama.cpp on one GGUF file: alternating processes, median of the runs' medians, ratios.

usage: compare.py MODEL.gguf [--guildhall BINARY] [--rounds N] [--prompt-tokens N] [--generate-tokens N] [--threads N]
                  [--sequences N]
needs: PyPI llama-cpp-python (see requirements.txt)
"""
import argparse
import json
import pathlib
import statistics
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model")
    parser.add_argument("--guildhall", default=str(HERE.parent / ".build" / "release" / "guildhall"))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--repetitions", type=int, default=3, help="measured runs in each process")
    parser.add_argument("--prompt-tokens", type=int, default=512)
    parser.add_argument("--generate-tokens", type=int, default=64)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--sequences", type=int, default=1, help="sequences decoded together")
    return parser.parse_args()


def commands(args):
    shared = [f"--prompt-tokens={args.prompt_tokens}", f"--generate-tokens={args.generate_tokens}",
              f"--threads={args.threads}", f"--repetitions={args.repetitions}", f"--sequences={args.sequences}"]
    peer = [sys.executable, str(HERE / "llama_cpp_speed.py"), args.model, *shared]
    ours = [args.guildhall, "bench", "--model", args.model, "--json", *shared]
    return {"guildhall": [*ours, "--activations=int8"], "guildhall, float32": [*ours, "--activations=float32"],
            "llama.cpp": peer, "llama.cpp, no repack": [*peer, "--no-repack"]}


def main():
    args = arguments()
    figures = {name: {"prefill": [], "decode": []} for name in commands(args)}
    for round_number in range(1, args.rounds + 1):
        for name, command in commands(args).items():
            output = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
            for phase in ("prefill", "decode"):
                figures[name][phase].append(output[phase]["median"])
            print(f"round {round_number} {name}: " + ", ".join(
                f"{phase} {figures[name][phase][-1]:.1f}" for phase in ("prefill", "decode")), flush=True)
    print(f"\n{pathlib.Path(args.model).name}, {args.threads} threads, tokens/s, median (min … max) of {args.rounds} "
          "alternating processes")
    for phase in ("prefill", "decode"):
        peers = {n: statistics.median(f[phase]) for n, f in figures.items() if not n.startswith("guildhall")}
        for name, values in figures.items():
            print(f"{phase:8} {name:22} {statistics.median(values[phase]):8.1f} "
                  f"({min(values[phase]):.1f} … {max(values[phase]):.1f})")
        if max(peers.values()) > 0:
            ratio = statistics.median(figures["guildhall"][phase]) / max(peers.values())
            print(f"{phase:8} guildhall / best peer   {ratio:8.2f}")


if __name__ == "__main__":
    main()
