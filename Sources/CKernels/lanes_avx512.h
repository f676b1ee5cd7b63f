// Sixteen float32 lanes as one AVX-512 register.
#ifndef GH_LANES_AVX512_H
#define GH_LANES_AVX512_H

#define TILE_TOKENS 6
enum { tile_rows = 4, tile_tokens = TILE_TOKENS, dot_rows = 4 };

typedef __m512 lanes;

static inline lanes lanes_zero(void) { return _mm512_setzero_ps(); }
static inline lanes lanes_all(float value) { return _mm512_set1_ps(value); }
static inline lanes lanes_load(const void *p) { return _mm512_loadu_ps(p); }
static inline void lanes_store(float *p, lanes v) { _mm512_storeu_ps(p, v); }

static inline __mmask16 first_lanes(int64_t n) { return (__mmask16)((1u << n) - 1); }
// The first n < 16 lanes; the others are zero.
static inline lanes lanes_load_first(const void *p, int64_t n) { return _mm512_maskz_loadu_ps(first_lanes(n), p); }
static inline void lanes_store_first(float *p, lanes v, int64_t n) { _mm512_mask_storeu_ps(p, first_lanes(n), v); }

static inline lanes lanes_add(lanes a, lanes b) { return _mm512_add_ps(a, b); }
static inline lanes lanes_subtract(lanes a, lanes b) { return _mm512_sub_ps(a, b); }
static inline lanes lanes_multiply(lanes a, lanes b) { return _mm512_mul_ps(a, b); }
static inline lanes lanes_divide(lanes a, lanes b) { return _mm512_div_ps(a, b); }
// a * b + c, rounded once.
static inline lanes lanes_fma(lanes a, lanes b, lanes c) { return _mm512_fmadd_ps(a, b, c); }
// The larger of each pair; b where either is NaN.
static inline lanes lanes_larger(lanes a, lanes b) { return _mm512_max_ps(a, b); }
static inline lanes lanes_smaller(lanes a, lanes b) { return _mm512_min_ps(a, b); }
static inline lanes lanes_round(lanes a) {
    return _mm512_roundscale_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}
// a * 2^n for whole n in -250 ... 250, rounded once.
static inline lanes lanes_scale_by_power(lanes a, lanes n) { return _mm512_scalef_ps(a, n); }

static inline void lanes_halves(lanes v, __m256 *low, __m256 *high) {
    *low = _mm512_castps512_ps256(v);
    *high = _mm512_extractf32x8_ps(v, 1);
}

// The numbers of `low` in the first eight lanes, of `high` in the others.
static inline lanes lanes_two(float low, float high) {
    return _mm512_insertf32x8(_mm512_set1_ps(low), _mm256_set1_ps(high), 1);
}

static inline lanes lanes_from_i8(bytes16 q) { return _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32((__m128i)q)); }
static inline lanes lanes_from_halves(halves16 halves) { return _mm512_cvtph_ps((__m256i)halves); }
static inline lanes lanes_from_f16(const void *p) { return _mm512_cvtph_ps(_mm256_loadu_si256(p)); }
static inline lanes lanes_from_bf16(const void *p) {
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm256_loadu_si256(p)), 16));
}

// The sixteen values that a 4-bit number can stand for.
typedef __m512 nibble_values;

static inline lanes whole_numbers(void) {
    return _mm512_setr_ps(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
}
static inline nibble_values nibbles_affine(float scale, float minimum) {
    return _mm512_sub_ps(_mm512_mul_ps(_mm512_set1_ps(scale), whole_numbers()), _mm512_set1_ps(minimum));
}
static inline nibble_values nibbles_centred(float scale) {
    return _mm512_mul_ps(_mm512_set1_ps(scale), _mm512_sub_ps(whole_numbers(), _mm512_set1_ps(8)));
}
static inline nibble_values nibbles_of_table(float scale, const int8_t table[16]) {
    return _mm512_mul_ps(_mm512_set1_ps(scale), lanes_from_i8(load_bytes(table)));
}
// The values of the low and of the high halves of sixteen bytes. The look-up itself ignores all but four bits.
static inline void nibbles_decode(
    nibble_values low_values, nibble_values high_values, bytes16 bytes, lanes *low, lanes *high) {
    __m512i index = _mm512_cvtepu8_epi32((__m128i)bytes);
    *low = _mm512_permutexvar_ps(index, low_values);
    *high = _mm512_permutexvar_ps(_mm512_srli_epi32(index, 4), high_values);
}

#include "lanes_x86.h"

#endif
