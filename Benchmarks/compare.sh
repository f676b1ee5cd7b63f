#!/usr/bin/env bash
# Us and the peers on the same files: Benchmarks/compare.sh [MODEL.gguf ...]
# Without arguments it makes files of random weights in real shapes first; BIG=1 adds two that need 24 GB of memory.
# IK=CHECKOUT names ik_llama.cpp's repository, built in its folder build. Further options of compare.py: OPTIONS="--rounds 5".
set -euo pipefail
cd "$(dirname "$0")/.."

generator=${GENERATOR:-../shared/tools/make_random_gguf.py}
folder=.build/bench-models
python3 -m venv .build/bench-venv
CMAKE_ARGS="${CMAKE_ARGS:--DGGML_NATIVE=ON}" .build/bench-venv/bin/pip install --quiet --requirement Benchmarks/requirements.txt
swift build -c release --product guildhall

made() {  # SHAPE FORMAT: the path of such a file, made if it is not there
    local file="$folder/$1-$2.gguf"
    if [ ! -s "$file" ]; then
        mkdir -p "$folder"
        .build/bench-venv/bin/python "$generator" "$1" "$2" "$file.part" >&2
        mv "$file.part" "$file"
    fi
    echo "$file"
}

models=("$@")
if [ ${#models[@]} -eq 0 ]; then
    if [ ! -f "$generator" ]; then
        echo "no MODEL was given, and $generator, which makes files of random weights, is not there" >&2
        exit 2
    fi
    for format in Q4_K_M Q4_0 Q8_0; do models+=("$(made olmoe-as-qwen3moe $format)"); done
    if [ -n "${BIG:-}" ]; then models+=("$(made qwen3-30b-a3b Q4_K_M)" "$(made gpt-oss-20b MXFP4)"); fi
fi
# Options are words.
# shellcheck disable=SC2086
.build/bench-venv/bin/python Benchmarks/compare.py "${models[@]}" ${IK:+--ik "$IK"} --json .build/bench-compare.json ${OPTIONS:-}
python3 Benchmarks/plot.py .build/bench-compare.json .build/bench-compare.svg
echo "figures: .build/bench-compare.json, plot: .build/bench-compare.svg"
