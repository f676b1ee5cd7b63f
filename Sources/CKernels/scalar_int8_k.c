// Products of rows with blocks of 256 elements and two levels of scales, and int8 vectors, in plain C.
#include "scalar_int8_lanes.h"

#pragma STDC FP_CONTRACT OFF

// Element j of 256 with two bits each.
static int two_bits(const uint8_t q[64], int j) { return q[j / 128 * 32 + j % 32] >> 2 * (j / 32 % 4) & 3; }

static void add_q2_K(float lanes[8], const block_q2_K *block, const int8_t *x, const float *scales, const float *sums) {
    (void)sums;
    float scale = float_from_f16(block->scale), minimum = float_from_f16(block->minimum);
    static const int8_t ones[32] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
                                    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    for (int piece = 0; piece < 8; piece++) {
        int8_t w[32];
        for (int i = 0; i < 32; i++) w[i] = (int8_t)two_bits(block->q, 32 * piece + i);
        int first = block->factors[2 * piece], second = block->factors[2 * piece + 1];
        const int8_t *part = x + 32 * piece;
        add_block(
            lanes, w, part, scale * (float)(first & 15) * scales[piece], scale * (float)(second & 15) * scales[piece]);
        add_block(
            lanes, ones, part, -minimum * (float)(first >> 4) * scales[piece],
            -minimum * (float)(second >> 4) * scales[piece]);
    }
}

static void add_q3_K(float lanes[8], const block_q3_K *block, const int8_t *x, const float *scales, const float *sums) {
    (void)sums;
    float scale = float_from_f16(block->scale);
    uint8_t factors[16];
    unpack_q3_scales(block->packed_scales, factors);
    for (int piece = 0; piece < 8; piece++) {
        int8_t w[32];
        for (int i = 0; i < 32; i++)
            w[i] = (int8_t)(two_bits(block->q, 32 * piece + i) - (block->high[i] >> piece & 1 ? 0 : 4));
        add_block(
            lanes, w, x + 32 * piece, scale * (float)(factors[2 * piece] - 32) * scales[piece],
            scale * (float)(factors[2 * piece + 1] - 32) * scales[piece]);
    }
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

DEFINE_DOT(q2_K, 256)
DEFINE_DOT(q3_K, 256)
DEFINE_DOT(q4_K, 256)
DEFINE_DOT(q5_K, 256)
DEFINE_DOT(q6_K, 256)
