#!/usr/bin/env bash
# Counts the instructions of a decode step and compares them with Benchmarks/instruction-counts.json; UPDATE=1 keeps
# the new counts. Needs valgrind; without it, it says so and does nothing.
set -euo pipefail
cd "$(dirname "$0")/.."

if ! command -v valgrind > /dev/null; then
    echo "skipped: no valgrind. On Debian: apt install valgrind"
    exit 0
fi
swift build -c release --package-path Benchmarks/Kernels --product DecodeSteps
program=$(swift build -c release --package-path Benchmarks/Kernels --show-bin-path)/DecodeSteps
python3 Benchmarks/instruction_counts.py "$program"
