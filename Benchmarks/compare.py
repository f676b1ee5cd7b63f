#!/usr/bin/env python3
"""Compares guildhall with llama.cpp and ik_llama.cpp on GGUF files: alternating processes, medians, ratios to the best.

usage: compare.py MODEL.gguf ... [--guildhall BINARY] [--ik CHECKOUT] [--rounds N] [--repetitions N] [--threads N]
                  [--prompt-tokens 512,128] [--generate-tokens N] [--sequences 1,4,8,16] [--same-tokens] [--json FILE]
needs: PyPI llama-cpp-python (see requirements.txt); CHECKOUT is ik_llama.cpp's repository, built in its folder build

The memory bandwidth measured around each engine's runs is printed beside the ratios: on a shared machine it tells rounds
apart that ran under different conditions.
"""
import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="+")
    parser.add_argument("--guildhall", default=str(HERE.parent / ".build" / "release" / "guildhall"))
    parser.add_argument("--ik", help="ik_llama.cpp's repository, built in its folder build")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--repetitions", type=int, default=3, help="measured runs in each process")
    parser.add_argument("--prompt-tokens", default="512,128")
    parser.add_argument("--generate-tokens", type=int, default=64)
    parser.add_argument("--sequences", default="1,4,8,16", help="sequences decoded together")
    parser.add_argument("--same-tokens", action="store_true",
                        help="all sequences get the same tokens, so that they choose the same experts")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--without", action="append", default=[], help="an engine that is left out; may be repeated")
    parser.add_argument("--json", help="writes all figures to this file")
    args = parser.parse_args()
    args.models = [str(pathlib.Path(model).resolve()) for model in args.models]
    args.guildhall = str(pathlib.Path(args.guildhall).resolve())
    args.ik = args.ik and pathlib.Path(args.ik).resolve()
    return args


def output_of(command):
    """What a command prints on its standard output. It runs elsewhere, because some peers leave logs where they are."""
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                            cwd=tempfile.gettempdir())
    if result.returncode != 0:
        raise SystemExit(f"{' '.join(map(str, command))}\n{result.stderr[-2000:]}")
    return result.stdout


def own_format(command):
    """Figures of a program that prints what `guildhall bench --json` prints: {name: tokens/s}, bandwidths."""
    output = json.loads(output_of(command))
    figures = {f"prefill {entry['tokens']}": entry["median"] for entry in output["prefill"]}
    figures |= {f"decode x{entry['sequences']}": entry["median"] for entry in output["decode"]}
    bandwidths = [b for entry in output["decode"] for b in entry.get("memory_bandwidth_gb_per_s", [])]
    return figures, bandwidths


def ik_batched(checkout):
    """Our program for ik_llama.cpp's library: its own llama-batched-bench decodes the same token in all sequences."""
    program = pathlib.Path(tempfile.gettempdir()) / "guildhall-ik-batched-decode"
    libraries = [checkout / "build" / "src", checkout / "build" / "ggml" / "src"]
    output_of(["c++", "-std=c++17", "-O2", "-I", checkout / "include", "-I", checkout / "ggml" / "include",
               HERE / "ik_batched_decode.cpp", "-o", program, "-L", libraries[0], "-lllama", "-L", libraries[1], "-lggml",
               *(f"-Wl,-rpath,{folder}" for folder in libraries)])
    return program


def ik_figures(checkout, model, args):
    """ik_llama.cpp with its run-time repacking on huge pages, the fastest of its settings on a CPU."""
    tokens = [n for n in args.prompt_tokens.split(",") if n != "0"]
    sequences = [n for n in args.sequences.split(",") if n]
    figures = {}
    if tokens or "1" in sequences:
        table = json.loads(output_of([
            checkout / "build" / "bin" / "llama-bench", "-m", model, "-t", str(args.threads), "-rtr", "1", "-thp", "1",
            "-p", ",".join(tokens) or "0", "-n", str(args.generate_tokens if "1" in sequences else 0),
            "-r", str(args.repetitions), "-o", "json"]))
        for entry in table:
            name = f"prefill {entry['n_prompt']}" if entry["n_prompt"] else "decode x1"
            figures[name] = statistics.median(entry["samples_ts"])
    together = [n for n in sequences if n != "1"]
    if together:
        table = json.loads(output_of([
            ik_batched(checkout), model, str(args.threads), "8", str(args.generate_tokens), str(args.repetitions),
            "same" if args.same_tokens else "own", *together]))
        for entry in table:
            figures[f"decode x{entry['sequences']}"] = statistics.median(entry["tokens_per_second"])
    return figures, []


def engines(model, args):
    shared = [f"--prompt-tokens={args.prompt_tokens}", f"--generate-tokens={args.generate_tokens}",
              f"--threads={args.threads}", f"--repetitions={args.repetitions}", f"--sequences={args.sequences}",
              *(["--same-tokens"] if args.same_tokens else [])]
    llama = [sys.executable, str(HERE / "llama_cpp_speed.py"), model, *shared]
    guildhall = [args.guildhall, "bench", "--model", model, "--json", "--activations=int8", *shared]
    table = {"guildhall": lambda: own_format(guildhall), "llama.cpp": lambda: own_format(llama),
             "llama.cpp, no repack": lambda: own_format([*llama, "--no-repack"])}
    if args.ik:
        table["ik_llama.cpp"] = lambda: ik_figures(args.ik, model, args)
    return {name: run for name, run in table.items() if name not in args.without}


def bandwidth(args):
    """GB/s that all threads read together now, as `guildhall bench` measures it (with its built-in model, quickly)."""
    _, bandwidths = own_format([args.guildhall, "bench", "--json", "--prompt-tokens=1", "--generate-tokens=1",
                                f"--threads={args.threads}", "--repetitions=1"])
    return bandwidths


def compare(model, args):
    """{engine: {figure: [a value a round]}} and {engine: [bandwidths around its runs]}."""
    figures, bandwidths = {}, {}
    for number in range(1, args.rounds + 1):
        for name, run in engines(model, args).items():
            before = [] if name == "guildhall" else bandwidth(args)
            measured, around = run()
            bandwidths.setdefault(name, []).extend(around if name == "guildhall" else before + bandwidth(args))
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
        everything[pathlib.Path(model).name] = {
            "threads": args.threads, "same_tokens": args.same_tokens, "figures": figures, "bandwidths": bandwidths}
        print(f"\n{pathlib.Path(model).name}, {args.threads} threads; median (least … most) of {args.rounds} rounds")
        for name, values in bandwidths.items():
            print(f"memory around {name}: {statistics.median(values):.1f} GB/s ({min(values):.1f} … {max(values):.1f})")
        print("\n" + "\n".join(table(figures)), flush=True)
    if args.json:
        pathlib.Path(args.json).write_text(json.dumps(everything, indent=1) + "\n")


if __name__ == "__main__":
    main()
