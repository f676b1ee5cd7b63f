#!/usr/bin/env python3
"""Instructions of a decode step, counted by callgrind and compared with instruction-counts.json.

Times are noisy, counts are not: a step of the built-in model takes the same number of instructions on every machine, as
long as compiler and instruction set are the same. The count is the difference of two runs, of N and of 2N steps, over N,
so loading and laying out weights does not count. More than 2 % off fails; UPDATE=1 writes the counts anew. With another
compiler than the one whose counts are kept, a difference is only reported.

    instruction_counts.py PROGRAM    (Benchmarks/Kernels builds it: DecodeSteps)
"""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
KEPT = Path(__file__).with_name("instruction-counts.json")
MODEL = ROOT / "Sources/BuiltInModel/Resources/apprentice-q8_0.gguf"
# What callgrind understands: it knows no AVX-512.
INSTRUCTION_SET = "avx2"
STEPS = 8
TOLERANCE = 0.02


def collected(program: Path, activations: str, steps: int) -> int:
    """Instructions of one run, from its first to its last."""
    environment = {**os.environ, "GUILDHALL_ISA": INSTRUCTION_SET, "SWIFT_DETERMINISTIC_HASHING": "1"}
    command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", program, MODEL, activations, str(steps)]
    result = subprocess.run(command, env=environment, capture_output=True, text=True)
    found = re.search(r"Collected : (\d+)", result.stderr)
    if result.returncode != 0 or not found:
        sys.exit(f"{' '.join(map(str, command))} failed:\n{result.stderr[-2000:]}")
    return int(found[1])


def instructions_of_a_step(program: Path, activations: str) -> int:
    few, many = (collected(program, activations, steps) for steps in (STEPS, 2 * STEPS))
    return (many - few) // STEPS


def compiler() -> str:
    text = subprocess.run(["swift", "--version"], capture_output=True, text=True, check=True).stdout
    found = re.search(r"Swift version \S+", text)
    return found[0] if found else text.strip()


def compare(counts: dict[str, int], kept: dict) -> bool:
    """Prints each count beside the one that is kept; whether all are near."""
    is_near = True
    for name, count in counts.items():
        before = kept["instructions_of_a_decode_step"].get(name, 0)
        change = count / before - 1 if before else float("inf")
        is_near &= abs(change) <= TOLERANCE
        print(f"{name}: {count:,} instructions a step, {before:,} before ({change:+.2%})")
    return is_near


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    for tool in ("valgrind", "strip"):
        if not shutil.which(tool):
            print(f"skipped: no {tool}")
            return
    with tempfile.TemporaryDirectory() as folder:
        # Valgrind cannot read the debugging information of new compilers.
        program = Path(folder) / "DecodeSteps"
        subprocess.run(["strip", "--strip-debug", "-o", program, sys.argv[1]], check=True)
        counts = {name: instructions_of_a_step(program, name) for name in ("float32", "int8")}
    current = {
        "compiler": compiler(),
        "instruction_set": INSTRUCTION_SET,
        "model": MODEL.name,
        "steps": [STEPS + 1, 2 * STEPS],
        "instructions_of_a_decode_step": counts,
    }
    if os.environ.get("UPDATE") == "1":
        KEPT.write_text(json.dumps(current, indent=2) + "\n")
        print(f"{KEPT.name} written: {counts}")
        return
    kept = json.loads(KEPT.read_text())
    if compare(counts, kept):
        return
    if kept["compiler"] != current["compiler"]:
        print(f"warning: the counts that are kept are those of {kept['compiler']}; this is {current['compiler']}")
        return
    sys.exit(f"more than {TOLERANCE:.0%} off; if that is meant, UPDATE=1 keeps the new counts")


if __name__ == "__main__":
    main()
