"""Writes dequantized.json: random blocks of each format and their values by independent implementations.

Run with `pip install gguf numpy torch`. The GGUF formats are read by the reference package `gguf`; block-scaled FP8 (a
float32 scale and 128 E4M3 numbers, which is no GGUF format) by torch. Values are float32 bit patterns in hexadecimal,
little endian, as the tests compare bits. The first block of a format is plain; the others have scales at the ends of
what their type can hold.
"""

import json
import pathlib

import numpy as np
import torch
from gguf import GGMLQuantizationType as Type
from gguf.constants import GGML_QUANT_SIZES
from gguf.quants import dequantize

# Byte offsets of the float16 scales in a block.
SCALES = {
    Type.Q8_0: [0], Type.Q4_0: [0], Type.Q4_K: [0, 2], Type.Q5_K: [0, 2], Type.Q6_K: [208], Type.F16: [0],
    Type.BF16: [], Type.Q4_1: [0, 2], Type.Q5_0: [0], Type.Q5_1: [0, 2], Type.Q2_K: [80, 82], Type.Q3_K: [108],
    Type.IQ4_NL: [0], Type.IQ4_XS: [0],
}
SCALE_VALUES = [0.0123, np.inf, 3e-7]
# E8M0: 2^-7, the subnormal powers 2^-127 and 2^-126, the largest, and what the specification calls NaN.
MXFP4_SCALES = [120, 0, 1, 2, 254, 255]
FP8_SCALES = [0.0123, np.inf, 1e-44, np.nan]


def block(rng, kind, size, scale):
    raw = rng.integers(0, 256, size, dtype=np.uint8)
    for offset in SCALES[kind]:
        raw[offset:offset + 2] = np.frombuffer(np.float16(scale).tobytes(), dtype=np.uint8)
    return raw


def case(name, raw, values):
    return {"type": name, "blocks": raw.tobytes().hex(), "values": values.astype("<f4").tobytes().hex()}


def gguf_cases(rng):
    for kind in SCALES:
        elements, size = GGML_QUANT_SIZES[kind]
        repeat = 1 if elements > 1 else 37
        raw = np.concatenate(
            [block(rng, kind, size, scale) for scale in SCALE_VALUES]
            + [block(rng, kind, size, 0.5) for _ in range(repeat - 1)])
        yield case(kind.name, raw, dequantize(raw, kind))


def mxfp4_case(rng):
    raw = rng.integers(0, 256, (len(MXFP4_SCALES), 17), dtype=np.uint8)
    raw[:, 0] = MXFP4_SCALES
    return case("MXFP4", raw, dequantize(raw.reshape(-1), Type.MXFP4))


def fp8_case(rng):
    codes = rng.permuted(np.arange(256, dtype=np.uint8).reshape(1, 256).repeat(2, axis=0), axis=1).reshape(4, 128)
    numbers = torch.from_numpy(codes).view(torch.float8_e4m3fn).to(torch.float32)
    scales = np.array(FP8_SCALES, dtype="<f4").reshape(4, 1)
    raw = np.concatenate([scales.view(np.uint8), codes], axis=1)
    return case("FP8_E4M3", raw, (numbers * torch.from_numpy(scales)).numpy())


def main():
    rng = np.random.default_rng(20240607)
    with np.errstate(invalid="ignore", over="ignore"):
        cases = [*gguf_cases(rng), mxfp4_case(rng), fp8_case(rng)]
    target = pathlib.Path(__file__).with_name("dequantized.json")
    target.write_text(json.dumps(cases, indent=0) + "\n")


if __name__ == "__main__":
    main()
