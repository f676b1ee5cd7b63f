// Plain C: the specification of every kernel, and the implementation for machines without the instruction sets.
#include <math.h>

#include "blocks.h"
#include "elementwise.h"
#include "gh_kernels.h"
#include "sampling_loops.h"
#include "scalar_attention.h"
#include "scalar_formats.h"
#include "scalar_packed.h"

#pragma STDC FP_CONTRACT OFF

enum { lane_count = 16, piece = 256 };

// Element k belongs to lane k mod 16; `n` is a multiple of 16 except for the last piece of a row.
static void accumulate(float lanes[lane_count], const float *w, const float *x, int64_t n) {
    int64_t i = 0;
    for (; i + lane_count <= n; i += lane_count)
        for (int lane = 0; lane < lane_count; lane++) lanes[lane] += w[i + lane] * x[i + lane];
    for (int lane = 0; i < n; i++, lane++) lanes[lane] += w[i] * x[i];
}

static float sum_of_lanes(float lanes[lane_count]) {
    for (int width = lane_count / 2; width >= 1; width /= 2)
        for (int lane = 0; lane < width; lane++) lanes[lane] += lanes[lane + width];
    return lanes[0];
}

// A piece of 256 elements is a whole number of blocks of every format; `piece_bytes` is what it takes.
#define DEFINE_DOT(NAME, PIECE_BYTES)                                                                         \
    static void dot_##NAME(                                                                                   \
        const void *rows, int64_t row_bytes, int64_t count, const float *x, int64_t n, float *out) {          \
        for (int64_t r = 0; r < count; r++) {                                                                 \
            const uint8_t *row = (const uint8_t *)rows + r * row_bytes;                                       \
            float lanes[lane_count] = {0}, values[piece];                                                     \
            for (int64_t i = 0; i < n; i += piece, row += (PIECE_BYTES)) {                                    \
                int64_t length = n - i < piece ? n - i : piece;                                               \
                scalar_dequantize_##NAME(row, values, length);                                                \
                accumulate(lanes, values, x + i, length);                                                     \
            }                                                                                                 \
            out[r] = sum_of_lanes(lanes);                                                                     \
        }                                                                                                     \
    }
DEFINE_DOT(f32, piece * 4)
DEFINE_DOT(f16, piece * 2)
DEFINE_DOT(bf16, piece * 2)
DEFINE_DOT(q8_0, piece / 32 * sizeof(block_q8_0))
DEFINE_DOT(q4_0, piece / 32 * sizeof(block_q4_0))
DEFINE_DOT(q4_1, piece / 32 * sizeof(block_q4_1))
DEFINE_DOT(q5_0, piece / 32 * sizeof(block_q5_0))
DEFINE_DOT(q5_1, piece / 32 * sizeof(block_q5_1))
DEFINE_DOT(iq4_nl, piece / 32 * sizeof(block_iq4_nl))
DEFINE_DOT(mxfp4, piece / 32 * sizeof(block_mxfp4))
DEFINE_DOT(q2_K, sizeof(block_q2_K))
DEFINE_DOT(q3_K, sizeof(block_q3_K))
DEFINE_DOT(iq4_xs, sizeof(block_iq4_xs))
DEFINE_DOT(f8_e4m3, piece / 128 * sizeof(block_f8_e4m3))
DEFINE_DOT(q4_K, sizeof(block_q4_K))
DEFINE_DOT(q5_K, sizeof(block_q5_K))
DEFINE_DOT(q6_K, sizeof(block_q6_K))

static void gemm(
    const float *w, int64_t w_stride, int64_t rows, const float *x, int64_t x_stride, int64_t tokens, int64_t k,
    float *out, int64_t out_stride) {
    for (int64_t t = 0; t < tokens; t++)
        for (int64_t r = 0; r < rows; r++) {
            float lanes[lane_count] = {0};
            accumulate(lanes, w + r * w_stride, x + t * x_stride, k);
            out[t * out_stride + r] = sum_of_lanes(lanes);
        }
}

static void weighted_sum(
    const float *p, int64_t p_stride, int64_t heads, const float *values, int64_t value_stride, int64_t n,
    int64_t dimension, float *out, int64_t out_stride) {
    for (int64_t h = 0; h < heads; h++)
        for (int64_t i = 0; i < n; i++)
            elementwise_add_scaled(out + h * out_stride, p[h * p_stride + i], values + i * value_stride, dimension);
}

static int64_t argmax(const float *x, int64_t n) {
    int64_t best = 0;
    for (int64_t i = 1; i < n; i++)
        if (x[i] > x[best] || (x[best] != x[best] && x[i] == x[i])) best = i;
    return best;
}

static void softmax(float *x, int64_t n, float scale) {
    float largest = -INFINITY, lanes[lane_count] = {0};
    for (int64_t i = 0; i < n; i++) largest = fmaxf(largest, x[i] *= scale);
    for (int64_t i = 0; i < n; i++) lanes[i % lane_count] += x[i] = expf(x[i] - largest);
    float sum = sum_of_lanes(lanes);
    for (int64_t i = 0; i < n; i++) x[i] /= sum;
}

static void rms_norm(const float *x, const float *weight, float epsilon, int64_t n, float *out) {
    float lanes[lane_count] = {0};
    accumulate(lanes, x, x, n);
    float factor = 1 / sqrtf(sum_of_lanes(lanes) / (float)n + epsilon);
    for (int64_t i = 0; i < n; i++) out[i] = weight ? x[i] * factor * weight[i] : x[i] * factor;
}

static void silu_multiply(float *gate, const float *up, int64_t n) {
    for (int64_t i = 0; i < n; i++) gate[i] = gate[i] / (1 + expf(-gate[i])) * up[i];
}

static void exponential(const float *x, int64_t n, float *out) {
    for (int64_t i = 0; i < n; i++) out[i] = expf(x[i]);
}

static const gh_kernels table = {
    .name = "scalar",
    .f32 = {scalar_dequantize_f32, dot_f32},
    .f16 = {scalar_dequantize_f16, dot_f16},
    .bf16 = {scalar_dequantize_bf16, dot_bf16},
    .q8_0 = {scalar_dequantize_q8_0, dot_q8_0},
    .q4_0 = {scalar_dequantize_q4_0, dot_q4_0},
    .q4_K = {scalar_dequantize_q4_K, dot_q4_K},
    .q5_K = {scalar_dequantize_q5_K, dot_q5_K},
    .q6_K = {scalar_dequantize_q6_K, dot_q6_K},
    .q4_1 = {scalar_dequantize_q4_1, dot_q4_1},
    .q5_0 = {scalar_dequantize_q5_0, dot_q5_0},
    .q5_1 = {scalar_dequantize_q5_1, dot_q5_1},
    .q2_K = {scalar_dequantize_q2_K, dot_q2_K},
    .q3_K = {scalar_dequantize_q3_K, dot_q3_K},
    .iq4_nl = {scalar_dequantize_iq4_nl, dot_iq4_nl},
    .iq4_xs = {scalar_dequantize_iq4_xs, dot_iq4_xs},
    .mxfp4 = {scalar_dequantize_mxfp4, dot_mxfp4},
    .f8_e4m3 = {scalar_dequantize_f8_e4m3, dot_f8_e4m3},
    .gemm = gemm,
    .weighted_sum = weighted_sum,
    .softmax = softmax,
    .rms_norm = rms_norm,
    .silu_multiply = silu_multiply,
    .exponential = exponential,
    .round_to_blocks = elementwise_round_to_blocks,
    .multiply_packed = scalar_multiply_packed,
    .attention = &scalar_attention,
    .round_to_bf16 = elementwise_round_to_bf16,
    .multiply_pairs = scalar_multiply_pairs,
    .add = elementwise_add,
    .add_scaled = elementwise_add_scaled,
    .rope_halves = elementwise_rope_halves,
    .rope_pairs = elementwise_rope_pairs,
    .argmax = argmax,
    .block_maxima = sampling_block_maxima,
    .sampling_weights = sampling_weights,
    .read_probe = elementwise_read_probe,
    .product_probe = scalar_product_probe,
    .pair_probe = scalar_pair_probe,
};

const gh_kernels *gh_kernels_scalar(void) { return &table; }
