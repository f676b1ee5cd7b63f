// Eight blocks of 32 numbers, one in each lane, and the bytes of their codes.
#ifndef GH_QUANTIZE_BATCH_H
#define GH_QUANTIZE_BATCH_H

#include "quantize_lanes.h"

enum { batch_block = 32 };

// Each block is scaled into 1 ... 2; one with a number that is not finite is zero.
typedef struct {
    v8 x[batch_block];
    v8_int bits;  // of the largest magnitudes, before
    int count;    // lanes in use
} batch;

// The first blocks of `n` numbers, whole blocks, at `x`.
static inline batch load_batch(const float *x, int64_t n) {
    batch b;
    b.count = n < batch_block * group_lanes ? (int)(n / batch_block) : group_lanes;
    load_groups(x, batch_block, b.count, b.x);
    b.bits = largest_bits(b.x, batch_block);
    v8 factors;
    for (int lane = 0; lane < group_lanes; lane++) factors[lane] = normalizing_factor(b.bits[lane]);
    v8_int finite = b.bits < 0x7F800000;
    for (int i = 0; i < batch_block; i++) b.x[i] = (v8)((v8_int)(b.x[i] * factors) & finite);
    return b;
}

// Codes of four bits of one lane, in ggml's order.
static inline void pack_halves(const v8 codes[batch_block], int lane, uint8_t q[16]) {
    for (int i = 0; i < 16; i++) q[i] = (uint8_t)((int)codes[i][lane] | (int)codes[i + 16][lane] << 4);
}

#endif
