#!/usr/bin/env bash
# Runs the golden tests and writes docs/families.md from what they found.
set -euo pipefail
cd "$(dirname "$0")/.."
record=$(mktemp)
trap 'rm -f "$record"' EXIT
swift build -c release --build-tests
GUILDHALL_FAMILY_RECORD="$record" swift test -c release --skip-build --filter 'GoldenLogitsTests|SwitchTransformer'
python3 Scripts/family_table.py "$record" docs/families.md
echo "wrote docs/families.md"
