// What sampling does with all logits of a vocabulary. Vectors of a fixed size and no contraction to FMA: the same bits
// for all instruction sets.
#ifndef GH_SAMPLING_LOOPS_H
#define GH_SAMPLING_LOOPS_H

#include <math.h>

#include "blocks.h"
#include "gh_kernels.h"

#pragma STDC FP_CONTRACT OFF

typedef float sixteen_floats __attribute__((vector_size(64)));
typedef int32_t sixteen_masks __attribute__((vector_size(64)));
typedef float eight_floats __attribute__((vector_size(32)));
typedef double eight_doubles __attribute__((vector_size(64)));
typedef int64_t eight_integers __attribute__((vector_size(64)));

// Vectors wider than a register go by address: how they would be passed depends on the instruction set.

// Sixteen times the larger of the two, `best` where x is NaN.
static inline void keep_larger(const float *x, sixteen_floats *best) {
    sixteen_floats numbers;
    memcpy(&numbers, x, sizeof numbers);
    const sixteen_masks is_larger = numbers > *best;
    *best = (sixteen_floats)((is_larger & (sixteen_masks)numbers) | (~is_larger & (sixteen_masks)*best));
}

static void sampling_block_maxima(const float *x, int64_t n, float *out) {
    for (; n >= gh_logit_block; n -= gh_logit_block, x += gh_logit_block, out++) {
        sixteen_floats best = (sixteen_floats){0} - INFINITY;
        for (int i = 0; i < gh_logit_block; i += 16) keep_larger(x + i, &best);
        float largest = best[0];
        for (int i = 1; i < 16; i++) largest = best[i] > largest ? best[i] : largest;
        *out = largest;
    }
    if (n == 0) return;
    *out = -INFINITY;
    for (int64_t i = 0; i < n; i++) *out = x[i] > *out ? x[i] : *out;
}

// x = exp(x) for x <= 0, a few units in the last place off; 0 below -707 and for NaN. exp(x) = 2^n exp(r) with
// |r| <= ln(2) / 2, where the series of exp(r) needs 14 terms. Adding 1.5 * 2^52 leaves n in the low bits of the sum.
static inline void exponentials(eight_doubles *numbers) {
    const eight_integers is_there = *numbers >= -707.0;
    const eight_doubles x = (eight_doubles)(is_there & (eight_integers)*numbers);
    const eight_doubles moved = x * 0x1.71547652b82fep+0 + 0x1.8p52, n = moved - 0x1.8p52;
    const eight_doubles r = x - n * 0x1.62e42fefa3800p-1 - n * 0x1.ef35793c76730p-45;
    static const double terms[] = {
        1.0 / 6227020800, 1.0 / 479001600, 1.0 / 39916800, 1.0 / 3628800, 1.0 / 362880, 1.0 / 40320, 1.0 / 5040,
        1.0 / 720,        1.0 / 120,       1.0 / 24,       1.0 / 6,       1.0 / 2,      1,           1,
    };
    eight_doubles sum = (eight_doubles){0} + terms[0];
    for (int i = 1; i < (int)(sizeof terms / sizeof *terms); i++) sum = sum * r + terms[i];
    const eight_integers scaled = (eight_integers)sum + ((eight_integers)moved << 52);
    *numbers = (eight_doubles)(is_there & scaled);
}

// The weights of a block of 64, and their sum.
static double weights_of_block(const float *x, float best, double inverse_temperature, double *out) {
    eight_doubles sum = {0};
    for (int i = 0; i < gh_logit_block; i += 8) {
        eight_floats part;
        memcpy(&part, x + i, sizeof part);
        eight_doubles weights = (__builtin_convertvector(part, eight_doubles) - (double)best) * inverse_temperature;
        exponentials(&weights);
        memcpy(out + i, &weights, sizeof weights);
        sum += weights;
    }
    return ((sum[0] + sum[4]) + (sum[2] + sum[6])) + ((sum[1] + sum[5]) + (sum[3] + sum[7]));
}

static void sampling_weights(
    const float *x, int64_t n, float best, double inverse_temperature, double *out, double *sums) {
    int64_t i = 0;
    for (; i + gh_logit_block <= n; i += gh_logit_block)
        *sums++ = weights_of_block(x + i, best, inverse_temperature, out + i);
    if (i == n) return;
    // What lies behind the last block counts as minus infinity.
    float rest[gh_logit_block];
    double weights[gh_logit_block];
    for (int j = 0; j < gh_logit_block; j++) rest[j] = i + j < n ? x[i + j] : -INFINITY;
    *sums = weights_of_block(rest, best, inverse_temperature, weights);
    memcpy(out + i, weights, (size_t)(n - i) * sizeof *out);
}

#endif
