#!/usr/bin/env bash
# The Swift tests; arguments go to `swift test`, for example `Scripts/unit.sh --filter RoutingTests`.
#
# Built apart from running: a plain `swift test` would build everything once more, with testable imports, and leave a
# build that `swift run` cannot use.
set -euo pipefail
cd "$(dirname "$0")/.."

swift build -c release --build-tests
swift test -c release --skip-build "$@"
