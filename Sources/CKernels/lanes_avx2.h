// Sixteen float32 lanes as two AVX2 registers.
#ifndef GH_LANES_AVX2_H
#define GH_LANES_AVX2_H

#define TILE_TOKENS 3
enum { tile_rows = 2, tile_tokens = TILE_TOKENS, dot_rows = 2 };

typedef struct {
    __m256 low, high;
} lanes;

static inline lanes lanes_pair(__m256 low, __m256 high) { return (lanes){low, high}; }
static inline lanes lanes_zero(void) { return lanes_pair(_mm256_setzero_ps(), _mm256_setzero_ps()); }
static inline lanes lanes_all(float value) { return lanes_pair(_mm256_set1_ps(value), _mm256_set1_ps(value)); }
static inline lanes lanes_load(const void *p) {
    return lanes_pair(_mm256_loadu_ps(p), _mm256_loadu_ps((const float *)p + 8));
}
static inline void lanes_store(float *p, lanes v) {
    _mm256_storeu_ps(p, v.low);
    _mm256_storeu_ps(p + 8, v.high);
}

// All ones in the first n of eight lanes, n of any size and sign.
static inline __m256i first_of_eight(int64_t n) {
    return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)n), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}
// The first n < 16 lanes; the others are zero.
static inline lanes lanes_load_first(const void *p, int64_t n) {
    return lanes_pair(
        _mm256_maskload_ps(p, first_of_eight(n)), _mm256_maskload_ps((const float *)p + 8, first_of_eight(n - 8)));
}
static inline void lanes_store_first(float *p, lanes v, int64_t n) {
    _mm256_maskstore_ps(p, first_of_eight(n), v.low);
    _mm256_maskstore_ps(p + 8, first_of_eight(n - 8), v.high);
}

static inline lanes lanes_add(lanes a, lanes b) {
    return lanes_pair(_mm256_add_ps(a.low, b.low), _mm256_add_ps(a.high, b.high));
}
static inline lanes lanes_subtract(lanes a, lanes b) {
    return lanes_pair(_mm256_sub_ps(a.low, b.low), _mm256_sub_ps(a.high, b.high));
}
static inline lanes lanes_multiply(lanes a, lanes b) {
    return lanes_pair(_mm256_mul_ps(a.low, b.low), _mm256_mul_ps(a.high, b.high));
}
static inline lanes lanes_divide(lanes a, lanes b) {
    return lanes_pair(_mm256_div_ps(a.low, b.low), _mm256_div_ps(a.high, b.high));
}
// a * b + c, rounded once.
static inline lanes lanes_fma(lanes a, lanes b, lanes c) {
    return lanes_pair(_mm256_fmadd_ps(a.low, b.low, c.low), _mm256_fmadd_ps(a.high, b.high, c.high));
}
// The larger of each pair; b where either is NaN.
static inline lanes lanes_larger(lanes a, lanes b) {
    return lanes_pair(_mm256_max_ps(a.low, b.low), _mm256_max_ps(a.high, b.high));
}
static inline lanes lanes_smaller(lanes a, lanes b) {
    return lanes_pair(_mm256_min_ps(a.low, b.low), _mm256_min_ps(a.high, b.high));
}
static inline __m256 round_eight(__m256 a) {
    return _mm256_round_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}
static inline lanes lanes_round(lanes a) { return lanes_pair(round_eight(a.low), round_eight(a.high)); }

// 2^n for whole n in -126 ... 127, made from its exponent bits.
static inline __m256 power_of_two(__m256i n) {
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(n, _mm256_set1_epi32(127)), 23));
}
// In two steps, because 2^n itself may not be a number; the first is exact for a near 1, so only the second rounds.
static inline __m256 scale_eight(__m256 a, __m256 n) {
    __m256i whole = _mm256_cvtps_epi32(n), part = _mm256_srai_epi32(whole, 1);
    return _mm256_mul_ps(_mm256_mul_ps(a, power_of_two(part)), power_of_two(_mm256_sub_epi32(whole, part)));
}
// a * 2^n for whole n in -250 ... 250 and a near 1, rounded once.
static inline lanes lanes_scale_by_power(lanes a, lanes n) {
    return lanes_pair(scale_eight(a.low, n.low), scale_eight(a.high, n.high));
}

static inline void lanes_halves(lanes v, __m256 *low, __m256 *high) {
    *low = v.low;
    *high = v.high;
}

// The numbers of `low` in the first eight lanes, of `high` in the others.
static inline lanes lanes_two(float low, float high) {
    return lanes_pair(_mm256_set1_ps(low), _mm256_set1_ps(high));
}

static inline lanes lanes_from_i8(bytes16 bytes) {
    __m128i q = (__m128i)bytes;
    return lanes_pair(
        _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(q)), _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_srli_si128(q, 8))));
}
static inline lanes lanes_from_halves(halves16 halves) {
    __m256i all = (__m256i)halves;
    return lanes_pair(_mm256_cvtph_ps(_mm256_castsi256_si128(all)), _mm256_cvtph_ps(_mm256_extracti128_si256(all, 1)));
}
static inline lanes lanes_from_f16(const void *p) {
    const __m128i *halves = p;
    return lanes_pair(_mm256_cvtph_ps(_mm_loadu_si128(halves)), _mm256_cvtph_ps(_mm_loadu_si128(halves + 1)));
}
static inline __m256 eight_from_bf16(__m128i halves) {
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(halves), 16));
}
static inline lanes lanes_from_bf16(const void *p) {
    const __m128i *halves = p;
    return lanes_pair(eight_from_bf16(_mm_loadu_si128(halves)), eight_from_bf16(_mm_loadu_si128(halves + 1)));
}

#include "lanes_x86.h"
#include "lanes_nibbles.h"

#endif
