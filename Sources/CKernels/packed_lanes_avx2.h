// What products of packed weights are made of, in 256-bit registers: a strip is one half of the rows of a panel.
#ifndef GH_PACKED_LANES_AVX2_H
#define GH_PACKED_LANES_AVX2_H

#include "packed_layout.h"

#define PACKED_LANES 8
// Where the assembler finds a vector.
#define PACKED_REGISTER "x"
enum { strip_rows = PACKED_LANES, tile_strips = 2, tile_tokens_most = 4 };

// Tokens of a tile: four by one or two by two strips use 12 of the 16 registers.
PACKED_INLINE int64_t packed_tokens(const int strips) { return strips == 1 ? 4 : 2; }

// How many of the tokens are multiplied with one strip after the other. One or two are with both halves of a panel at
// once, because then its memory is what takes time, and so it is read once.
PACKED_INLINE int64_t tokens_alone(const packed_layout layout, int64_t tokens) {
    return (void)layout, tokens <= 2 ? 0 : tokens;
}

typedef __m256i strip_codes;
typedef __m256i row_integers;
typedef __m256 row_numbers;

PACKED_INLINE strip_codes load_codes(const uint8_t *p) { return _mm256_loadu_si256((const void *)p); }
PACKED_INLINE strip_codes masked(strip_codes codes, int bits) {
    return _mm256_and_si256(codes, _mm256_set1_epi8((char)bits));
}
PACKED_INLINE strip_codes either(strip_codes a, strip_codes b) { return _mm256_or_si256(a, b); }
// Moves bits up (or down, if `by` is negative) within bytes whose other bits will be masked.
PACKED_INLINE strip_codes moved(strip_codes codes, int by) {
    return by >= 0 ? _mm256_slli_epi16(codes, by) : _mm256_srli_epi16(codes, -by);
}
PACKED_INLINE strip_codes look_up(bytes16 table, strip_codes codes) {
    return _mm256_shuffle_epi8(_mm256_broadcastsi128_si256((__m128i)table), codes);
}

PACKED_INLINE row_numbers numbers_zero(void) { return _mm256_setzero_ps(); }
PACKED_INLINE row_numbers numbers_all(float value) { return _mm256_set1_ps(value); }
PACKED_INLINE row_numbers numbers_sum(row_numbers a, row_numbers b) { return _mm256_add_ps(a, b); }
PACKED_INLINE row_numbers numbers_product(row_numbers a, row_numbers b) { return _mm256_mul_ps(a, b); }
// a * b + c, rounded once.
PACKED_INLINE row_numbers numbers_fma(row_numbers a, row_numbers b, row_numbers c) { return _mm256_fmadd_ps(a, b, c); }
PACKED_INLINE row_numbers numbers_negative(row_numbers a) { return _mm256_xor_ps(a, _mm256_set1_ps(-0.0f)); }
PACKED_INLINE row_numbers numbers_from_integers(row_integers a) { return _mm256_cvtepi32_ps(a); }
PACKED_INLINE void numbers_store_first(float *out, row_numbers a, int64_t count) {
    if (count >= 8) {
        _mm256_storeu_ps(out, a);
        return;
    }
    float all[8];
    _mm256_storeu_ps(all, a);
    for (int64_t i = 0; i < count; i++) out[i] = all[i];
}

PACKED_INLINE row_integers integers_zero(void) { return _mm256_setzero_si256(); }
PACKED_INLINE row_integers integers_all(int32_t value) { return _mm256_set1_epi32(value); }
PACKED_INLINE row_integers integers_sum(row_integers a, row_integers b) { return _mm256_add_epi32(a, b); }
PACKED_INLINE row_integers integers_shifted(row_integers a, int by) { return _mm256_slli_epi32(a, by); }

// 32-bit words without their lower halves.
PACKED_INLINE row_numbers upper_halves(strip_codes words) {
    return _mm256_castsi256_ps(_mm256_and_si256(words, _mm256_set1_epi32(-0x10000)));
}

PACKED_INLINE row_numbers load_halves(const uint8_t *p) { return _mm256_cvtph_ps(_mm_loadu_si128((const void *)p)); }
PACKED_INLINE row_integers load_bytes_wide(const uint8_t *p) {
    return _mm256_cvtepu8_epi32(_mm_loadl_epi64((const void *)p));
}
PACKED_INLINE row_integers load_signed_bytes_wide(const uint8_t *p) {
    return _mm256_cvtepi8_epi32(_mm_loadl_epi64((const void *)p));
}
// Two bytes of each row, as 16-bit numbers.
PACKED_INLINE row_integers load_byte_pairs(const uint8_t *p) {
    return _mm256_cvtepu8_epi16(_mm_loadu_si128((const void *)p));
}
// Adds the products of 16-bit numbers, two in a lane.
PACKED_INLINE row_integers pairs_add(row_integers sums, row_integers a, row_integers b) {
    return integers_sum(sums, _mm256_madd_epi16(a, b));
}
// Halves of E8M0 scales, as `half_of_e8m0`.
PACKED_INLINE row_numbers load_e8m0(const uint8_t *p) {
    row_integers code = load_bytes_wide(p);
    row_integers normal = _mm256_slli_epi32(_mm256_sub_epi32(code, _mm256_set1_epi32(1)), 23);
    row_integers subnormal = _mm256_sllv_epi32(_mm256_set1_epi32(0x00200000), code);
    row_integers is_subnormal = _mm256_cmpgt_epi32(_mm256_set1_epi32(2), code);
    return _mm256_castsi256_ps(_mm256_blendv_epi8(normal, subnormal, is_subnormal));
}

// Codes of eight bits are multiplied without their offset: two products with them could pass 16 bits.
PACKED_INLINE int is_signed(const packed_layout layout) {
    return layout.codes == codes_8 || layout.codes == codes_iq4;
}
PACKED_INLINE int products_have_offset(const packed_layout layout) {
    return layout.offset_log2 >= 0 && !is_signed(layout);
}

// Sums are corrected at their end, because they begin when the first run is complete: that keeps registers free.
enum { corrects_first = 0 };

// A run of vectors is added up in 16 bits: as many as cannot pass them. A vector adds twice 127 times the largest code.
PACKED_INLINE int run_vectors(const packed_layout layout) {
    switch (layout.codes) {
        case codes_4: return 8;    // 15: 30,480
        case codes_fp4: return 4;  // 28: 28,448
        case codes_5: return 4;    // 31: 31,496
        case codes_6: return 2;    // 63: 32,004
        default: return 1;         // 128: 32,512
    }
}
PACKED_INLINE row_integers run_start(row_integers sums) { return (void)sums, integers_zero(); }
PACKED_INLINE row_integers run_add(const packed_layout layout, row_integers run, strip_codes w, row_integers x) {
    if (is_signed(layout)) {
        w = _mm256_xor_si256(w, _mm256_set1_epi8((char)0x80));
        x = _mm256_sign_epi8(x, w);
        w = _mm256_abs_epi8(w);
    }
    return _mm256_add_epi16(run, _mm256_maddubs_epi16(w, x));
}
PACKED_INLINE row_integers run_end(row_integers sums, row_integers run) {
    return integers_sum(sums, _mm256_madd_epi16(run, _mm256_set1_epi16(1)));
}

#endif
