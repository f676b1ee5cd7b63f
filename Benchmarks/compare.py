#!/usr/bin/env python3
"""Compares guildhall with llama.cpp and ik_llama.cpp on GGUF files: alternating processes, medians, ratios to the best.

usage: compare.py MODEL.gguf ... [--guildhall BINARY] [--ik FOLDER] [--rounds N] [--repetitions N] [--threads N]
                  [--prompt-tokens 512,128] [--generate-tokens N] [--sequences 1,4,8,16] [--json FILE]
needs: PyPI llama-cpp-python (see requirements.txt); FOLDER holds ik_llama.cpp's llama-bench and llama-batched-bench

The memory bandwidth that guildhall measures around each of its runs is printed beside the ratios: on a shared machine it
tells rounds apart that ran under different conditions.
"""
import argparse
import json
import pathlib
import re
import statistics
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="+")
    parser.add_argument("--guildhall", default=str(HERE.parent / ".build" / "release" / "guildhall"))
    parser.add_argument("--ik", help="folder with ik_llama.cpp's llama-bench and llama-batched-bench")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--repetitions", type=int, default=3, help="measured runs in each process")
    parser.add_argument("--prompt-tokens", default="512,128")
    parser.add_argument("--generate-tokens", type=int, default=64)
    parser.add_argument("--sequences", default="1,4,8,16", help="sequences decoded together")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--without", action="append", default=[], help="an engine that is left out; may be repeated")
    parser.add_argument("--json", help="writes all figures to this file")
    return parser.parse_args()


def output_of(command, with_errors=False):
    """What a command prints on its standard output, and what it prints on its standard error where that is asked for."""
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if result.returncode != 0:
        raise SystemExit(f"{' '.join(map(str, command))}\n{result.stderr[-2000:]}")
    return result.stdout + result.stderr if with_errors else result.stdout


def own_format(command):
    """Figures of a program that prints what `guildhall bench --json` prints: {name: tokens/s}, bandwidths."""
    output = json.loads(output_of(command))
    figures = {f"prefill {entry['tokens']}": entry["median"] for entry in output["prefill"]}
    figures |= {f"decode x{entry['sequences']}": entry["median"] for entry in output["decode"]}
    bandwidths = [b for entry in output["decode"] for b in entry.get("memory_bandwidth_gb_per_s", [])]
    return figures, bandwidths


def ik_figures(folder, model, args):
    """ik_llama.cpp with its run-time repacking on huge pages, the fastest of its settings on a CPU."""
    flags = ["-m", model, "-t", str(args.threads), "-rtr", "1", "-thp", "1"]
    table = json.loads(output_of([
        folder / "llama-bench", *flags, "-p", args.prompt_tokens, "-n", str(args.generate_tokens), "-r",
        str(args.repetitions), "-o", "json"]))
    figures = {}
    for entry in table:
        name = f"prefill {entry['n_prompt']}" if entry["n_prompt"] else "decode x1"
        figures[name] = statistics.median(entry["samples_ts"])
    together = [n for n in args.sequences.split(",") if n != "1"]
    if together:
        text = output_of([
            folder / "llama-batched-bench", "-m", model, "-t", str(args.threads), "-rtr", "-thp", "-fa", "on", "-c",
            str(max(map(int, together)) * (args.generate_tokens + 24)), "-npp", "8", "-ntg", str(args.generate_tokens),
            "-npl", ",".join(together)], with_errors=True)
        for row in re.findall(r"^\|((?: *[\d.]+ *\|)+)$", text, re.M):
            cells = [float(cell) for cell in row.split("|") if cell.strip()]
            figures[f"decode x{int(cells[2])}"] = cells[7]
    return figures, []


def engines(model, args):
    shared = [f"--prompt-tokens={args.prompt_tokens}", f"--generate-tokens={args.generate_tokens}",
              f"--threads={args.threads}", f"--repetitions={args.repetitions}", f"--sequences={args.sequences}"]
    llama = [sys.executable, str(HERE / "llama_cpp_speed.py"), model, *shared]
    guildhall = [args.guildhall, "bench", "--model", model, "--json", "--activations=int8", *shared]
    table = {"guildhall": lambda: own_format(guildhall), "llama.cpp": lambda: own_format(llama),
             "llama.cpp, no repack": lambda: own_format([*llama, "--no-repack"])}
    if args.ik:
        table["ik_llama.cpp"] = lambda: ik_figures(pathlib.Path(args.ik), model, args)
    return {name: run for name, run in table.items() if name not in args.without}


def compare(model, args):
    """{engine: {figure: [a value a round]}} and the bandwidths of each round."""
    figures, bandwidths = {}, []
    for number in range(1, args.rounds + 1):
        for name, run in engines(model, args).items():
            measured, around = run()
            bandwidths += around
            for key, value in measured.items():
                figures.setdefault(name, {}).setdefault(key, []).append(value)
            print(f"  round {number} {name}: " + ", ".join(f"{k} {v:.1f}" for k, v in measured.items()),
                  file=sys.stderr, flush=True)
    return figures, bandwidths


def table(figures):
    """Lines of a Markdown table, a row for each figure."""
    names = list(figures)
    yield "| tokens/s | " + " | ".join(names) + " | guildhall / best other |"
    yield "| --- |" + " ---: |" * (len(names) + 1)
    for key in figures["guildhall"]:
        medians = {n: statistics.median(figures[n][key]) for n in names if key in figures[n]}
        cells = [f"{medians[n]:.1f} ({min(figures[n][key]):.1f} … {max(figures[n][key]):.1f})" if n in medians else "–"
                 for n in names]
        best = max((value for n, value in medians.items() if n != "guildhall"), default=0)
        ratio = f"**{medians['guildhall'] / best:.2f}**" if best else "–"
        yield f"| {key} | " + " | ".join(cells) + f" | {ratio} |"


def main():
    args = arguments()
    everything = {}
    for model in args.models:
        figures, bandwidths = compare(model, args)
        everything[pathlib.Path(model).name] = {"threads": args.threads, "figures": figures, "bandwidths": bandwidths}
        print(f"\n{pathlib.Path(model).name}, {args.threads} threads; median (least … most) of {args.rounds} rounds")
        if bandwidths:
            print(f"memory: {statistics.median(bandwidths):.1f} GB/s ({min(bandwidths):.1f} … {max(bandwidths):.1f})")
        print("\n" + "\n".join(table(figures)), flush=True)
    if args.json:
        pathlib.Path(args.json).write_text(json.dumps(everything, indent=1) + "\n")


if __name__ == "__main__":
    main()
