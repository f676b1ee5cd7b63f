// Products of quantised rows with int8 vectors, in plain C.
#include "scalar_int8.h"

#include "blocks.h"

#pragma STDC FP_CONTRACT OFF

// Adds 32 elements with one or two scales: group g of four elements goes to lane g.
static void add_block(float lanes[8], const int8_t w[32], const int8_t *x, float first_scale, float second_scale) {
    for (int g = 0; g < 8; g++) {
        int32_t sum = 0;
        for (int i = 0; i < 4; i++) sum += w[4 * g + i] * x[4 * g + i];
        lanes[g] += (float)sum * (g < 4 ? first_scale : second_scale);
    }
}

static void add_q8_0(float lanes[8], const block_q8_0 *block, const int8_t *x, const float *scales, const float *sums) {
    (void)sums;
    float scale = float_from_f16(block->scale) * scales[0];
    add_block(lanes, block->q, x, scale, scale);
}

static void add_q4_0(float lanes[8], const block_q4_0 *block, const int8_t *x, const float *scales, const float *sums) {
    (void)sums;
    int8_t w[32];
    for (int i = 0; i < 32; i++) w[i] = (int8_t)((i < 16 ? block->q[i] & 15 : block->q[i - 16] >> 4) - 8);
    float scale = float_from_f16(block->scale) * scales[0];
    add_block(lanes, w, x, scale, scale);
}

// Q4_K and Q5_K; without `high` there is no fifth bit.
static void add_with_minimums(
    float lanes[8], float scale, float minimum, const uint8_t packed[12], const uint8_t *q, const uint8_t *high,
    const int8_t *x, const float *scales, const float *sums) {
    uint8_t factors[16];
    unpack_scales(packed, factors);
    for (int group = 0; group < 8; group++) {
        int8_t w[32];
        for (int i = 0; i < 32; i++) {
            int byte = q[group / 2 * 32 + i], fifth = high ? high[i] >> group & 1 : 0;
            w[i] = (int8_t)((group % 2 ? byte >> 4 : byte & 15) | fifth << 4);
        }
        float product = scale * factors[group] * scales[group];
        add_block(lanes, w, x + 32 * group, product, product);
    }
    for (int group = 0; group < 8; group++) lanes[group] -= minimum * factors[8 + group] * sums[group];
}

static void add_q4_K(float lanes[8], const block_q4_K *block, const int8_t *x, const float *scales, const float *sums) {
    float scale = float_from_f16(block->scale), minimum = float_from_f16(block->minimum);
    add_with_minimums(lanes, scale, minimum, block->packed_scales, block->q, 0, x, scales, sums);
}

static void add_q5_K(float lanes[8], const block_q5_K *block, const int8_t *x, const float *scales, const float *sums) {
    float scale = float_from_f16(block->scale), minimum = float_from_f16(block->minimum);
    add_with_minimums(lanes, scale, minimum, block->packed_scales, block->q, block->high, x, scales, sums);
}

static void add_q6_K(float lanes[8], const block_q6_K *block, const int8_t *x, const float *scales, const float *sums) {
    (void)sums;
    float scale = float_from_f16(block->scale);
    for (int piece = 0; piece < 8; piece++) {
        int half = piece / 4, group = piece % 4;
        int8_t w[32];
        for (int i = 0; i < 32; i++) {
            int byte = block->low[64 * half + 32 * (group % 2) + i];
            int low = group < 2 ? byte & 15 : byte >> 4, high = block->high[32 * half + i] >> 2 * group & 3;
            w[i] = (int8_t)((low | high << 4) - 32);
        }
        const int8_t *factors = block->scales + 2 * piece;
        add_block(
            lanes, w, x + 32 * piece, scale * (float)factors[0] * scales[piece],
            scale * (float)factors[1] * scales[piece]);
    }
}

static float sum_of_eight(float lanes[8]) {
    for (int width = 4; width >= 1; width /= 2)
        for (int lane = 0; lane < width; lane++) lanes[lane] += lanes[lane + width];
    return lanes[0];
}

#define DEFINE_DOT(NAME, ELEMENTS)                                                                                 \
    void scalar_dot_int8_##NAME(                                                                                   \
        const void *rows, int64_t row_bytes, int64_t count, const gh_int8_vector *x, int64_t n, float *out) {      \
        for (int64_t r = 0; r < count; r++) {                                                                      \
            const block_##NAME *row = (const void *)((const uint8_t *)rows + r * row_bytes);                       \
            float lanes[8] = {0};                                                                                  \
            for (int64_t i = 0; i < n; i += ELEMENTS)                                                              \
                add_##NAME(lanes, row + i / ELEMENTS, x->q + i, x->scales + i / 32, x->sums + i / 32);             \
            out[r] = sum_of_eight(lanes);                                                                          \
        }                                                                                                          \
    }
DEFINE_DOT(q8_0, 32)
DEFINE_DOT(q4_0, 32)
DEFINE_DOT(q4_K, 256)
DEFINE_DOT(q5_K, 256)
DEFINE_DOT(q6_K, 256)
