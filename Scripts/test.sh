#!/usr/bin/env bash
# All tests that CI runs: format, Swift tests, then real clients against the real server.
# From a fresh clone this needs the Swift toolchain; what else it needs it installs.
set -euo pipefail
cd "$(dirname "$0")/.."

swift format lint --strict --recursive --parallel Package.swift Sources Tests Benchmarks/*/Sources
Scripts/unit.sh
Scripts/integration.sh
