// Sixteen float32 lanes as four NEON registers: a vector type of that size, whose operators the compiler splits.
#ifndef GH_LANES_NEON_H
#define GH_LANES_NEON_H

// Two by two sums of four registers each leave room for the rows and a token.
#define TILE_TOKENS 2
enum { tile_rows = 2, tile_tokens = TILE_TOKENS, dot_rows = 2 };

typedef float lanes __attribute__((vector_size(64)));
typedef int32_t lane_masks __attribute__((vector_size(64)));

static inline lanes lanes_zero(void) { return (lanes){0}; }
static inline lanes lanes_all(float value) { return value - (lanes){0}; }
static inline lanes lanes_load(const void *p) {
    lanes v;
    memcpy(&v, p, sizeof v);
    return v;
}
static inline void lanes_store(float *p, lanes v) { memcpy(p, &v, sizeof v); }
// The first n < 16 lanes; the others are zero.
static inline lanes lanes_load_first(const void *p, int64_t n) {
    lanes v = lanes_zero();
    memcpy(&v, p, (size_t)n * sizeof(float));
    return v;
}
static inline void lanes_store_first(float *p, lanes v, int64_t n) { memcpy(p, &v, (size_t)n * sizeof(float)); }

static inline lanes lanes_add(lanes a, lanes b) { return a + b; }
static inline lanes lanes_subtract(lanes a, lanes b) { return a - b; }
static inline lanes lanes_multiply(lanes a, lanes b) { return a * b; }
static inline lanes lanes_divide(lanes a, lanes b) { return a / b; }
// a * b + c, rounded once.
static inline lanes lanes_fma(lanes a, lanes b, lanes c) { return __builtin_elementwise_fma(a, b, c); }
static inline lanes lanes_chosen(lane_masks mask, lanes a, lanes b) {
    return (lanes)((mask & (lane_masks)a) | (~mask & (lane_masks)b));
}
// The larger of each pair; b where either is NaN. (NEON's own maximum would be NaN.)
static inline lanes lanes_larger(lanes a, lanes b) { return lanes_chosen(a > b, a, b); }
static inline lanes lanes_smaller(lanes a, lanes b) { return lanes_chosen(a < b, a, b); }
static inline lanes lanes_round(lanes a) { return __builtin_elementwise_roundeven(a); }

// 2^n for whole n in -126 ... 127, made from its exponent bits.
static inline float32x4_t power_of_two(int32x4_t n) {
    return vreinterpretq_f32_s32(vshlq_n_s32(vaddq_s32(n, vdupq_n_s32(127)), 23));
}
// In two steps, because 2^n itself may not be a number; the first is exact for a near 1, so only the second rounds.
static inline float32x4_t scale_four(float32x4_t a, float32x4_t n) {
    int32x4_t whole = vcvtnq_s32_f32(n), part = vshrq_n_s32(whole, 1);
    return vmulq_f32(vmulq_f32(a, power_of_two(part)), power_of_two(vsubq_s32(whole, part)));
}
// a * 2^n for whole n in -250 ... 250 and a near 1, rounded once.
static inline lanes lanes_scale_by_power(lanes a, lanes n) {
    float numbers[16], powers[16];
    lanes_store(numbers, a);
    lanes_store(powers, n);
#pragma clang loop unroll(full)
    for (int i = 0; i < 16; i += 4) vst1q_f32(numbers + i, scale_four(vld1q_f32(numbers + i), vld1q_f32(powers + i)));
    return lanes_load(numbers);
}

// Adds the lanes as a tree: i and i + 8, then i and i + 4, and so on. The scalar kernels use the same tree.
static inline float lanes_sum(lanes v) {
    float32x4_t parts[4];
    memcpy(parts, &v, sizeof parts);
    float32x4_t four = vaddq_f32(vaddq_f32(parts[0], parts[2]), vaddq_f32(parts[1], parts[3]));
    float32x2_t two = vadd_f32(vget_low_f32(four), vget_high_f32(four));
    return vget_lane_f32(two, 0) + vget_lane_f32(two, 1);
}

static inline lanes lanes_from_i8(bytes16 q) {
    typedef int8_t signed_bytes __attribute__((vector_size(16)));
    return __builtin_convertvector((signed_bytes)q, lanes);
}
static inline lanes lanes_from_halves(halves16 halves) {
    typedef __fp16 fractions __attribute__((vector_size(32)));
    return __builtin_convertvector((fractions)halves, lanes);
}
static inline halves16 load_numbers_of_16_bits(const void *p) {
    halves16 halves;
    memcpy(&halves, p, sizeof halves);
    return halves;
}
static inline lanes lanes_from_f16(const void *p) { return lanes_from_halves(load_numbers_of_16_bits(p)); }
static inline lanes lanes_from_bf16(const void *p) {
    typedef uint32_t words __attribute__((vector_size(64)));
    return (lanes)(__builtin_convertvector(load_numbers_of_16_bits(p), words) << 16);
}
static inline float float_from_half(uint16_t half) {
    return vgetq_lane_f32(vcvt_f32_f16(vreinterpret_f16_u16(vdup_n_u16(half))), 0);
}
// The numbers of `low` in the first eight lanes, of `high` in the others.
static inline lanes lanes_two(float low, float high) {
    return (lanes){low, low, low, low, low, low, low, low, high, high, high, high, high, high, high, high};
}

// table[index] for sixteen indices below 16.
static inline bytes16 bytes_look_up(bytes16 table, bytes16 index) {
    return (bytes16)vqtbl1q_u8((uint8x16_t)table, (uint8x16_t)index);
}

#include "lanes_nibbles.h"

#endif
