#!/bin/sh
# Makes a virtual environment in a scratch folder and runs both comparisons.
# usage: run.sh MODEL.gguf PROMPTS_DIR GUILDHALL_BINARY [SCRATCH_DIR]
# Name a folder to keep the environment for the next run.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
model=$1 prompts=$2 program=$3
scratch=${4:-$(mktemp -d)}
if [ ! -e "$scratch/ready" ]; then
    python3 -m venv "$scratch"
    # PIP_EXTRA_INDEX_URL may name an index that has the "+cpu" builds of torch
    "$scratch/bin/pip" install --quiet --requirement "$here/requirements.txt"
    touch "$scratch/ready"
fi
status=0
for script in compare_transformers.py compare_llama_cpp.py; do
    "$scratch/bin/python" "$here/$script" --model "$model" --prompts "$prompts" --guildhall "$program" || status=1
done
exit $status
