// All kernels of one lane type, in order of use, and their table. The including file defines TARGET_NAME.
#ifndef GH_LANES_TABLE_H
#define GH_LANES_TABLE_H

#include "elementwise.h"
#include "lanes_common.h"
#include "lanes_decode.h"
#include "lanes_decode_k.h"
#include "lanes_decode_tables.h"

#define FORMAT f32
#define BYTES 4
#include "lanes_plain.h"
#define FORMAT f16
#define BYTES 2
#include "lanes_plain.h"
#define FORMAT bf16
#define BYTES 2
#include "lanes_plain.h"
#define FORMAT q8_0
#define PIECES 1
#define VECTORS 2
#include "lanes_quantized.h"
#define FORMAT q4_0
#define PIECES 1
#define VECTORS 2
#include "lanes_quantized.h"
#define FORMAT q4_K
#define PIECES 4
#define VECTORS 4
#include "lanes_quantized.h"
#define FORMAT q5_K
#define PIECES 4
#define VECTORS 4
#include "lanes_quantized.h"
#define FORMAT q6_K
#define PIECES 8
#define VECTORS 2
#include "lanes_quantized.h"
#define FORMAT q4_1
#define PIECES 1
#define VECTORS 2
#include "lanes_quantized.h"
#define FORMAT q5_0
#define PIECES 1
#define VECTORS 2
#include "lanes_quantized.h"
#define FORMAT q5_1
#define PIECES 1
#define VECTORS 2
#include "lanes_quantized.h"
#define FORMAT q2_K
#define PIECES 8
#define VECTORS 2
#include "lanes_quantized.h"
#define FORMAT q3_K
#define PIECES 8
#define VECTORS 2
#include "lanes_quantized.h"
#define FORMAT iq4_nl
#define PIECES 1
#define VECTORS 2
#include "lanes_quantized.h"
#define FORMAT iq4_xs
#define PIECES 8
#define VECTORS 2
#include "lanes_quantized.h"
#define FORMAT mxfp4
#define PIECES 1
#define VECTORS 2
#include "lanes_quantized.h"
#define FORMAT f8_e4m3
#define PIECES 4
#define VECTORS 2
#include "lanes_quantized.h"

#include "lanes_gemm.h"
#include "lanes_math.h"
#include "packed_products.h"
#include "sampling_loops.h"
#include "pair_lanes.h"
#include "pair_tiles.h"

// An instruction set may bring its own.
#ifndef MULTIPLY_PAIRS
#define MULTIPLY_PAIRS multiply_pairs
#define PAIR_PROBE pair_probe
#endif

#include "attention_layout.h"
#ifdef __aarch64__
#include "attention_lanes_neon.h"
#else
#include "attention_lanes_x86.h"
#endif
#include "attention_lanes.h"
#include "attention_store.h"
#define FORMAT f32
#define BYTES 4
#define HAS_SCALES 0
#include "attention_tiles.h"
#define FORMAT f16
#define BYTES 2
#define HAS_SCALES 0
#include "attention_tiles.h"
#define FORMAT q8
#define BYTES 1
#define HAS_SCALES 1
#include "attention_tiles.h"
#include "attention_pages.h"

static const gh_kernels table = {
    .name = TARGET_NAME,
    .f32 = {dequantize_f32, dot_f32},
    .f16 = {dequantize_f16, dot_f16},
    .bf16 = {dequantize_bf16, dot_bf16},
    .q8_0 = {dequantize_q8_0, dot_q8_0},
    .q4_0 = {dequantize_q4_0, dot_q4_0},
    .q4_K = {dequantize_q4_K, dot_q4_K},
    .q5_K = {dequantize_q5_K, dot_q5_K},
    .q6_K = {dequantize_q6_K, dot_q6_K},
    .q4_1 = {dequantize_q4_1, dot_q4_1},
    .q5_0 = {dequantize_q5_0, dot_q5_0},
    .q5_1 = {dequantize_q5_1, dot_q5_1},
    .q2_K = {dequantize_q2_K, dot_q2_K},
    .q3_K = {dequantize_q3_K, dot_q3_K},
    .iq4_nl = {dequantize_iq4_nl, dot_iq4_nl},
    .iq4_xs = {dequantize_iq4_xs, dot_iq4_xs},
    .mxfp4 = {dequantize_mxfp4, dot_mxfp4},
    .f8_e4m3 = {dequantize_f8_e4m3, dot_f8_e4m3},
    .gemm = gemm,
    .weighted_sum = weighted_sum,
    .softmax = softmax,
    .rms_norm = rms_norm,
    .silu_multiply = silu_multiply,
    .exponential = exponential,
    .round_to_blocks = elementwise_round_to_blocks,
    .multiply_packed = multiply_packed,
    .attention = &attention,
    .round_to_bf16 = elementwise_round_to_bf16,
    .multiply_pairs = MULTIPLY_PAIRS,
    .add = elementwise_add,
    .add_scaled = elementwise_add_scaled,
    .rope_halves = elementwise_rope_halves,
    .rope_pairs = elementwise_rope_pairs,
    .argmax = argmax,
    .block_maxima = sampling_block_maxima,
    .sampling_weights = sampling_weights,
    .read_probe = elementwise_read_probe,
    .product_probe = product_probe,
    .pair_probe = PAIR_PROBE,
};

#endif
