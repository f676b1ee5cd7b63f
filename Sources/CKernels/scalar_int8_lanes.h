// What the products of quantised rows with int8 vectors share, in plain C. `add_NAME` adds a block of a format to eight
// lanes.
#ifndef GH_SCALAR_INT8_LANES_H
#define GH_SCALAR_INT8_LANES_H

#include "blocks.h"
#include "scalar_int8.h"

#pragma STDC FP_CONTRACT OFF

// Adds 32 elements with one or two scales: group g of four elements goes to lane g.
static inline void add_block(
    float lanes[8], const int8_t w[32], const int8_t *x, float first_scale, float second_scale) {
    for (int g = 0; g < 8; g++) {
        int32_t sum = 0;
        for (int i = 0; i < 4; i++) sum += w[4 * g + i] * x[4 * g + i];
        lanes[g] += (float)sum * (g < 4 ? first_scale : second_scale);
    }
}

static inline float sum_of_eight(float lanes[8]) {
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

#endif
