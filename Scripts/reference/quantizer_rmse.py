#!/usr/bin/env python3
"""Compares the squared error of guildhall's quantisers with llama.cpp's (ggml_quantize_chunk, no importance matrix).

Prints a table of relative RMSE (RMS of the error over RMS of the numbers) on random Gaussian numbers and on the weights
of the built-in model; fails if a quantiser of ours is worse by more than 2 %. Needs clang, which comes with the Swift
toolchain, llama-cpp-python, gguf and numpy.

With --write-fixture it also writes what the tests compare with: llama.cpp's errors on small samples.
"""
import argparse
import ctypes
import importlib.util
import json
import math
import pathlib
import subprocess
import tempfile
import time

import numpy as np
from gguf import GGUFReader
from gguf import GGMLQuantizationType as Type
from gguf.constants import GGML_QUANT_SIZES
from gguf.quants import dequantize

ROOT = pathlib.Path(__file__).resolve().parents[2]
KERNELS = ROOT / "Sources/CKernels"
MODEL = ROOT / "Sources/BuiltInModel/Resources/apprentice-q8_0.gguf"
FIXTURES = ROOT / "Tests/Fixtures/Tensors"
OURS = {
    "Q8_0": "gh_quantize_q8_0", "Q4_0": "gh_quantize_q4_0", "Q4_K": "gh_quantize_q4_K", "Q5_K": "gh_quantize_q5_K",
    "Q6_K": "gh_quantize_q6_K", "MXFP4": "gh_quantize_mxfp4", "BF16": "gh_to_bf16", "F16": "gh_to_f16",
}
SEED, SAMPLE = 20240608, 32768
GROUP = 256  # numbers of the built-in model that are taken from one place


def build_ours(folder):
    library = folder / "quantizers.so"
    sources = sorted(KERNELS.glob("quantize_*.c")) + [KERNELS / "convert.c"]
    subprocess.run(["clang", "-O2", "-shared", "-fPIC", "-I", KERNELS / "include", "-o", library, *sources, "-lm"],
                   check=True)
    return ctypes.CDLL(str(library))


def load_ggml():
    package = pathlib.Path(importlib.util.find_spec("llama_cpp").origin).parent
    library = ctypes.CDLL(str(next(package.glob("lib/*ggml-base.*"))))
    library.ggml_quantize_chunk.restype = ctypes.c_size_t
    return library


def empty(name, count):
    elements, size = GGML_QUANT_SIZES[Type[name]]
    return np.empty(count // elements * size, dtype=np.uint8)


def address(array):
    return array.ctypes.data_as(ctypes.c_void_p)


def quantize_ours(library, name, x):
    out = empty(name, x.size)
    getattr(library, OURS[name])(address(x), ctypes.c_int64(x.size), address(out))
    return out


def quantize_ggml(library, name, x):
    out, rows = empty(name, x.size), x.size // GROUP
    library.ggml_quantize_chunk(ctypes.c_int(Type[name]), address(x), address(out), ctypes.c_int64(0),
                                ctypes.c_int64(rows), ctypes.c_int64(GROUP), None)
    return out


def relative_rmse(name, raw, x):
    exact = x.astype(np.float64)
    return math.sqrt(np.mean((dequantize(raw, Type[name]) - exact) ** 2) / np.mean(exact ** 2))


def split_mix(seed):
    """Sources/Randomness/SplitMix64.swift."""
    mask = (1 << 64) - 1
    while True:
        seed = (seed + 0x9E3779B97F4A7C15) & mask
        z = seed
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
        yield ((z ^ (z >> 31)) >> 11) * 2.0 ** -53


def gaussian_sample():
    """The numbers that the Swift test makes: one Box-Muller cosine for every two uniform numbers."""
    uniform = split_mix(SEED)
    numbers = []
    for _ in range(SAMPLE):
        radius, angle = math.sqrt(-2 * math.log(1 - next(uniform))), 2 * math.pi * next(uniform)
        numbers.append(radius * math.cos(angle))
    return np.array(numbers, dtype=np.float32)


def model_blocks():
    """The Q8_0 tensors of the built-in model as rows of GROUP numbers."""
    size = GROUP // 32 * 34
    tensors = [t.data.reshape(-1) for t in GGUFReader(MODEL).tensors if t.tensor_type == Type.Q8_0]
    return np.concatenate([data[:data.size // size * size].reshape(-1, size) for data in tensors])


def compare(title, x, ours, ggml):
    """Prints a table; returns whether every type of ours is good enough."""
    good = True
    print(f"\n{title}, {x.size} numbers\n\n| type | guildhall | llama.cpp | ratio | million numbers/s | llama.cpp |")
    print("|---|---|---|---|---|---|")
    for name in OURS:
        errors, speeds = [], []
        for library, quantize in ((ours, quantize_ours), (ggml, quantize_ggml)):
            start = time.process_time()
            raw = quantize(library, name, x)
            speeds.append(x.size / max(time.process_time() - start, 1e-9) / 1e6)
            errors.append(relative_rmse(name, raw, x))
        ratio = errors[0] / errors[1] if errors[1] > 1e-6 else 1.0
        good = good and errors[0] <= errors[1] * 1.02 + 1e-6
        print(f"| {name} | {errors[0]:.6f} | {errors[1]:.6f} | {ratio:.4f} | {speeds[0]:.0f} | {speeds[1]:.0f} |")
    return good


def write_fixture(blocks, ggml):
    sample = blocks[np.linspace(0, len(blocks) - 1, SAMPLE // GROUP).astype(int)]
    weights = dequantize(sample.reshape(-1), Type.Q8_0).astype(np.float32)
    errors = [{name: relative_rmse(name, quantize_ggml(ggml, name, x), x) for name in OURS}
              for x in (gaussian_sample(), weights)]
    (FIXTURES / "apprentice_sample.q8_0").write_bytes(sample.tobytes())
    fixture = {"seed": SEED, "count": SAMPLE, "gaussian": errors[0], "apprentice": errors[1]}
    (FIXTURES / "quantizer_rmse.json").write_text(json.dumps(fixture, indent=1) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write-fixture", action="store_true")
    write = parser.parse_args().write_fixture
    ggml = load_ggml()
    with tempfile.TemporaryDirectory() as folder:
        ours = build_ours(pathlib.Path(folder))
        normal = np.random.default_rng(1).standard_normal(1 << 22).astype(np.float32)
        heavy = np.random.default_rng(2).standard_t(3, 1 << 20).astype(np.float32)
        blocks = model_blocks()
        weights = dequantize(blocks.reshape(-1), Type.Q8_0).astype(np.float32)
        tables = [("Gaussian", normal), ("Student t, 3 degrees of freedom", heavy), ("Built-in model", weights)]
        good = [compare(title, x, ours, ggml) for title, x in tables]
    if write:
        write_fixture(blocks, ggml)
    raise SystemExit(0 if all(good) else 1)


if __name__ == "__main__":
    main()
