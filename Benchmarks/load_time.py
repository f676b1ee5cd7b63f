#!/usr/bin/env python3
"""How long a model takes until it answers, beside reading its file, and the most memory that takes.

usage: load_time.py MODEL.gguf ... [--guildhall BINARY] [--threads N] [--rounds N] [--cache FOLDER]

Each round, with the file on disk only and again with the file in memory: reads it from front to back, then starts
`guildhall serve --activations int8` and waits until /health answers. With --cache, FOLDER (on a disk with room for the
model) keeps the weights as they are laid out, and a start with them is measured too.
"""
import argparse
import os
import pathlib
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

PIECE = 8 << 20


def leave_memory(path):
    """Asks the system to drop the file's pages, which it may where they are on disk."""
    with open(path, "rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def read(path):
    """Seconds to read the file."""
    buffer = memoryview(bytearray(PIECE))
    started = time.monotonic()
    with open(path, "rb", buffering=0) as file:
        while file.readinto(buffer):
            pass
    return time.monotonic() - started


def is_ready(port):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=1) as answer:
            return answer.status == 200
    except (urllib.error.URLError, ConnectionError):
        return False


def most_memory(process):
    """Bytes: the most that the process had in memory, its pages of files included."""
    for line in pathlib.Path(f"/proc/{process.pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise SystemExit("the system does not tell a process's memory")


def start(args, model, cache=None):
    """(seconds until ready, bytes of memory at most)"""
    command = [args.guildhall, "serve", "--model", model, "--activations=int8", f"--port={args.port}",
               f"--threads={args.threads}", "--kv-memory=256M"]
    command += [f"--packed-cache={cache}"] if cache else []
    started = time.monotonic()
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=log)
        try:
            while not is_ready(args.port):
                if process.poll() is not None:
                    log.seek(0)
                    sys.exit(log.read().decode(errors="replace"))
                time.sleep(0.005)
            return time.monotonic() - started, most_memory(process)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait()


def measure(model, args):
    """{(state of the file, what was done): [(seconds, bytes or None) a round]}"""
    figures = {}
    if args.cache:
        start(args, model, args.cache)
    for _ in range(args.rounds):
        for state in ("on disk", "in memory"):
            prepare = leave_memory if state == "on disk" else read
            prepare(model)
            figures.setdefault((state, "reading"), []).append((read(model), None))
            prepare(model)
            figures.setdefault((state, "packing"), []).append(start(args, model))
            if args.cache:
                for file in pathlib.Path(args.cache).iterdir():
                    prepare(file)
                figures.setdefault((state, "packed cache"), []).append(start(args, model, args.cache))
    return figures


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("models", nargs="+")
    parser.add_argument("--guildhall", default=".build/release/guildhall")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--cache")
    parser.add_argument("--port", type=int, default=18431)
    args = parser.parse_args()
    print("| model | file is | ready after | seconds (least … most) | to reading | memory to file |")
    print("| --- | --- | --- | ---: | ---: | ---: |")
    for model in args.models:
        size = os.path.getsize(model)
        figures = measure(model, args)
        for (state, way), values in figures.items():
            seconds = [value[0] for value in values]
            middle = statistics.median(seconds)
            reading = statistics.median(value[0] for value in figures[(state, "reading")])
            memory = "" if values[0][1] is None else f"{max(value[1] for value in values) / size:.2f}"
            print(f"| {pathlib.Path(model).name} | {state} | {way} | {middle:.2f} ({min(seconds):.2f} … {max(seconds):.2f}) "
                  f"| {middle / reading:.2f} | {memory} |", flush=True)


if __name__ == "__main__":
    main()
