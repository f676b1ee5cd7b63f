// Eight blocks or groups of numbers side by side, one in each lane, in clang's portable vectors: every lane searches
// its own scale, and no sum runs across lanes. Every operation is rounded by itself, so the bits are the same on every
// machine.
#ifndef GH_QUANTIZE_LANES_H
#define GH_QUANTIZE_LANES_H

#include <stdbool.h>

#include "blocks.h"

#pragma STDC FP_CONTRACT OFF
// Without AVX these vectors are passed otherwise than with it. All functions that take them are `static`.
#pragma clang diagnostic ignored "-Wpsabi"

// A block with a number that is not finite gets this scale, so that all of it reads as NaN.
enum { group_lanes = 8, nan_f16 = 0x7E00 };

typedef float v8 __attribute__((vector_size(32)));
typedef int32_t v8_int __attribute__((vector_size(32)));

static inline v8 v8_all(float value) { return (v8){value, value, value, value, value, value, value, value}; }
static inline v8 v8_select(v8_int mask, v8 yes, v8 no) { return (v8)((mask & (v8_int)yes) | (~mask & (v8_int)no)); }
static inline v8 v8_smaller(v8 a, v8 b) { return v8_select(a < b, a, b); }
static inline v8 v8_larger(v8 a, v8 b) { return v8_select(a > b, a, b); }
static inline v8 v8_magnitude(v8 a) { return (v8)((v8_int)a & 0x7FFFFFFF); }
static inline v8 v8_clamp(v8 a, float low, float high) { return v8_smaller(v8_larger(a, v8_all(low)), v8_all(high)); }
// To whole numbers, ties to even, for magnitudes below 2^22.
static inline v8 v8_round(v8 a) { return (a + 0x1.8p23f) - 0x1.8p23f; }
// a / b, and 0 where b is 0.
static inline v8 v8_ratio(v8 a, v8 b) { return v8_select(b != 0, a / b, v8_all(0)); }

// The lanes in memory.
static inline void v8_store(float *out, v8 a) { memcpy(out, &a, sizeof a); }
static inline float v8_sum(v8 a) {
    float sum = 0;
    for (int lane = 0; lane < group_lanes; lane++) sum += a[lane];
    return sum;
}
static inline float v8_largest(v8 a) {
    float largest = a[0];
    for (int lane = 1; lane < group_lanes; lane++) largest = a[lane] > largest ? a[lane] : largest;
    return largest;
}

// Element i of group g, which starts at x + g * size, to lane g of out[i]; lanes from `groups` on are zero.
static inline void load_groups(const float *x, int size, int groups, v8 *out) {
    for (int i = 0; i < size; i++)
        for (int lane = 0; lane < group_lanes; lane++) out[i][lane] = lane < groups ? x[lane * size + i] : 0;
}

// The largest magnitude of each lane. Infinities are larger than all numbers, and NaN larger than infinities.
static inline v8_int largest_bits(const v8 *x, int size) {
    v8_int largest = {0};
    for (int i = 0; i < size; i++) {
        v8_int bits = (v8_int)x[i] & 0x7FFFFFFF, is_larger = bits > largest;
        largest = (is_larger & bits) | (~is_larger & largest);
    }
    return largest;
}
static inline int32_t largest_bits_of_block(const float x[256]) {
    v8 values[32];
    memcpy(values, x, sizeof values);
    v8_int lanes = largest_bits(values, 32);
    int32_t largest = 0;
    for (int lane = 0; lane < group_lanes; lane++) largest = lanes[lane] > largest ? lanes[lane] : largest;
    return largest;
}
// Whether these are the bits of a finite magnitude.
static inline bool is_finite(int32_t bits) { return bits < 0x7F800000; }

// The power of two that brings numbers of this magnitude into 1 ... 2 (to 4 at the end of float32's range), and its
// inverse. Products with both are exact, so sums of squares in between can neither overflow nor vanish.
static inline int32_t exponent_of(int32_t bits) {
    int32_t exponent = bits >> 23;
    return exponent < 1 ? 1 : exponent > 253 ? 253 : exponent;
}
static inline float normalizing_factor(int32_t bits) {
    return float_from_bits((uint32_t)(254 - exponent_of(bits)) << 23);
}
static inline float restoring_factor(int32_t bits) { return float_from_bits((uint32_t)exponent_of(bits) << 23); }

#endif
