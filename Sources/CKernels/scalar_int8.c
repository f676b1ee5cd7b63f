// Products of rows with blocks of 32 elements and int8 vectors, in plain C.
#include "scalar_int8_lanes.h"

#pragma STDC FP_CONTRACT OFF

// Sixteen pairs of four bits; with `high`, a fifth bit for each of the 32.
static void unpack(const uint8_t q[16], const uint8_t *high, int lowered, int8_t w[32]) {
    for (int i = 0; i < 32; i++) {
        int low = i < 16 ? q[i] & 15 : q[i - 16] >> 4, fifth = high ? high[i / 8] >> i % 8 & 1 : 0;
        w[i] = (int8_t)((low | fifth << 4) - lowered);
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
    unpack(block->q, 0, 8, w);
    float scale = float_from_f16(block->scale) * scales[0];
    add_block(lanes, w, x, scale, scale);
}

static void add_q4_1(float lanes[8], const block_q4_1 *block, const int8_t *x, const float *scales, const float *sums) {
    int8_t w[32];
    unpack(block->q, 0, 0, w);
    float scale = float_from_f16(block->scale) * scales[0];
    add_block(lanes, w, x, scale, scale);
    lanes[0] += float_from_f16(block->minimum) * sums[0];
}

static void add_q5_0(float lanes[8], const block_q5_0 *block, const int8_t *x, const float *scales, const float *sums) {
    (void)sums;
    int8_t w[32];
    unpack(block->q, block->high, 16, w);
    float scale = float_from_f16(block->scale) * scales[0];
    add_block(lanes, w, x, scale, scale);
}

static void add_q5_1(float lanes[8], const block_q5_1 *block, const int8_t *x, const float *scales, const float *sums) {
    int8_t w[32];
    unpack(block->q, block->high, 0, w);
    float scale = float_from_f16(block->scale) * scales[0];
    add_block(lanes, w, x, scale, scale);
    lanes[0] += float_from_f16(block->minimum) * sums[0];
}

DEFINE_DOT(q8_0, 32)
DEFINE_DOT(q4_0, 32)
DEFINE_DOT(q4_1, 32)
DEFINE_DOT(q5_0, 32)
DEFINE_DOT(q5_1, 32)
