#!/usr/bin/env bash
# Real clients against a real server: the official openai package and the Prometheus parser talk to `guildhall serve`.
#
# The release binary must have been built, or is built here. GUILDHALL_SERVER replaces the command that starts the
# server (it is called with `--port 0` added), for example to test an installed one.
set -euo pipefail
cd "$(dirname "$0")/.."

venv=.build/integration-venv
requirements=Tests/Integration/requirements.txt

# The stamp holds what is installed, so that a second run costs nothing.
if ! cmp -s "$requirements" "$venv/installed.txt"; then
    if ! python3 -c 'import ensurepip' 2>/dev/null; then
        if [ "$(id -u)" -ne 0 ]; then
            echo "integration.sh: python3 lacks venv; please install python3-venv" >&2
            exit 1
        fi
        apt-get update -qq && apt-get install -y -qq python3-venv >/dev/null
    fi
    rm -rf "$venv"
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$requirements"
    cp "$requirements" "$venv/installed.txt"
fi

if [ -z "${GUILDHALL_SERVER:-}" ]; then
    swift build -c release --product guildhall
    GUILDHALL_SERVER="$(swift build -c release --show-bin-path)/guildhall serve"
fi
export GUILDHALL_SERVER
exec "$venv/bin/python" -m pytest --quiet -p no:cacheprovider Tests/Integration "$@"
