// Products of rows whose codes stand for values of a table and int8 vectors, in plain C.
#include "scalar_int8_lanes.h"

#pragma STDC FP_CONTRACT OFF

// Adds 32 elements whose codes stand for values of a table.
static void add_look_ups(float lanes[8], const uint8_t q[16], const int8_t values[16], const int8_t *x, float scale) {
    int8_t w[32];
    for (int i = 0; i < 32; i++) w[i] = values[i < 16 ? q[i] & 15 : q[i - 16] >> 4];
    add_block(lanes, w, x, scale, scale);
}

static void add_iq4_nl(
    float lanes[8], const block_iq4_nl *block, const int8_t *x, const float *scales, const float *sums) {
    (void)sums;
    add_look_ups(lanes, block->q, iq4_values, x, float_from_f16(block->scale) * scales[0]);
}

static void add_iq4_xs(
    float lanes[8], const block_iq4_xs *block, const int8_t *x, const float *scales, const float *sums) {
    (void)sums;
    float scale = float_from_f16(block->scale);
    for (int j = 0; j < 8; j++) {
        int low = block->low_scales[j / 2] >> 4 * (j % 2) & 15, high = block->high_scales >> 2 * j & 3;
        float product = scale * (float)((low | high << 4) - 32) * scales[j];
        add_look_ups(lanes, block->q + 16 * j, iq4_values, x + 32 * j, product);
    }
}

static void add_mxfp4(
    float lanes[8], const block_mxfp4 *block, const int8_t *x, const float *scales, const float *sums) {
    (void)sums;
    add_look_ups(lanes, block->q, fp4_values, x, half_of_e8m0(block->scale) * scales[0]);
}

DEFINE_DOT(iq4_nl, 32)
DEFINE_DOT(iq4_xs, 256)
DEFINE_DOT(mxfp4, 32)
