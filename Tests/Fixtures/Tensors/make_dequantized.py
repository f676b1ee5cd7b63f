"""Writes dequantized.json: random blocks of each GGUF format and their values by the reference `gguf` package.

Run with `pip install gguf numpy`. Values are float32 bit patterns in hexadecimal, little endian, as the tests compare
bits. The first block of a format is plain; the second has scales of infinity, the third subnormal scales.
"""

import json
import pathlib

import numpy as np
from gguf import GGMLQuantizationType as Type
from gguf.constants import GGML_QUANT_SIZES
from gguf.quants import dequantize

# Byte offsets of the float16 scales in a block.
SCALES = {
    Type.Q8_0: [0], Type.Q4_0: [0], Type.Q4_K: [0, 2], Type.Q5_K: [0, 2], Type.Q6_K: [208], Type.F16: [0],
    Type.BF16: [],
}
SCALE_VALUES = [0.0123, np.inf, 3e-7]


def block(rng, kind, size, scale):
    raw = rng.integers(0, 256, size, dtype=np.uint8)
    for offset in SCALES[kind]:
        raw[offset:offset + 2] = np.frombuffer(np.float16(scale).tobytes(), dtype=np.uint8)
    return raw


def main():
    rng = np.random.default_rng(20240607)
    cases = []
    for kind in SCALES:
        elements, size = GGML_QUANT_SIZES[kind]
        repeat = 1 if elements > 1 else 37
        raw = np.concatenate(
            [block(rng, kind, size, scale) for scale in SCALE_VALUES]
            + [block(rng, kind, size, 0.5) for _ in range(repeat - 1)])
        with np.errstate(invalid="ignore"):
            values = dequantize(raw, kind).astype("<f4")
        cases.append({"type": kind.name, "blocks": raw.tobytes().hex(), "values": values.tobytes().hex()})
    target = pathlib.Path(__file__).with_name("dequantized.json")
    target.write_text(json.dumps(cases, indent=0) + "\n")


if __name__ == "__main__":
    main()
