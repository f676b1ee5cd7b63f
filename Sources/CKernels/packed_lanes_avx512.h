// What products of packed weights are made of, in 512-bit registers: a strip is the sixteen rows of a panel.
#ifndef GH_PACKED_LANES_AVX512_H
#define GH_PACKED_LANES_AVX512_H

#include "packed_layout.h"

#define PACKED_LANES 16
// Where the assembler finds a vector.
#define PACKED_REGISTER "x"
enum { strip_rows = PACKED_LANES, tile_strips = 2, tile_tokens_most = 8 };

// Tokens of a tile. Six by two strips fill the 32 registers: 12 exact sums, 12 results, two vectors of weights and what
// they are made of. Eight by one leave some free.
PACKED_INLINE int64_t packed_tokens(const int strips) { return strips == 1 ? 8 : 6; }

// How many of the tokens are multiplied with one strip after the other; the rest is with two at once, which takes fewer
// loads of inputs. The first tile waits for the weights, and one stream of memory is read faster than two. A table or
// fifth bits need the registers of the second strip.
PACKED_INLINE int64_t tokens_alone(const packed_layout layout, int64_t tokens) {
    return tokens <= 8 || layout.codes == codes_5 || has_table(layout) ? tokens : 8;
}

typedef __m512i strip_codes;
typedef __m512i row_integers;
typedef __m512 row_numbers;

PACKED_INLINE strip_codes load_codes(const uint8_t *p) { return _mm512_loadu_si512(p); }
PACKED_INLINE strip_codes masked(strip_codes codes, int bits) {
    return _mm512_and_si512(codes, _mm512_set1_epi8((char)bits));
}
PACKED_INLINE strip_codes either(strip_codes a, strip_codes b) { return _mm512_or_si512(a, b); }
// Moves bits up (or down, if `by` is negative) within bytes whose other bits will be masked.
PACKED_INLINE strip_codes moved(strip_codes codes, int by) {
    return by >= 0 ? _mm512_slli_epi16(codes, (unsigned)by) : _mm512_srli_epi16(codes, (unsigned)-by);
}
PACKED_INLINE strip_codes look_up(bytes16 table, strip_codes codes) {
    return _mm512_shuffle_epi8(_mm512_broadcast_i32x4((__m128i)table), codes);
}

PACKED_INLINE row_numbers numbers_zero(void) { return _mm512_setzero_ps(); }
PACKED_INLINE row_numbers numbers_all(float value) { return _mm512_set1_ps(value); }
PACKED_INLINE row_numbers numbers_sum(row_numbers a, row_numbers b) { return _mm512_add_ps(a, b); }
PACKED_INLINE row_numbers numbers_product(row_numbers a, row_numbers b) { return _mm512_mul_ps(a, b); }
// a * b + c, rounded once.
PACKED_INLINE row_numbers numbers_fma(row_numbers a, row_numbers b, row_numbers c) { return _mm512_fmadd_ps(a, b, c); }
PACKED_INLINE row_numbers numbers_negative(row_numbers a) { return _mm512_xor_ps(a, _mm512_set1_ps(-0.0f)); }
PACKED_INLINE row_numbers numbers_from_integers(row_integers a) { return _mm512_cvtepi32_ps(a); }
PACKED_INLINE void numbers_store_first(float *out, row_numbers a, int64_t count) {
    _mm512_mask_storeu_ps(out, count >= 16 ? 0xFFFF : first_lanes(count), a);
}

PACKED_INLINE row_integers integers_zero(void) { return _mm512_setzero_si512(); }
PACKED_INLINE row_integers integers_all(int32_t value) { return _mm512_set1_epi32(value); }
PACKED_INLINE row_integers integers_sum(row_integers a, row_integers b) { return _mm512_add_epi32(a, b); }
PACKED_INLINE row_integers integers_shifted(row_integers a, int by) { return _mm512_slli_epi32(a, (unsigned)by); }

// 32-bit words without their lower halves.
PACKED_INLINE row_numbers upper_halves(strip_codes words) {
    return _mm512_castsi512_ps(_mm512_and_si512(words, _mm512_set1_epi32(-0x10000)));
}

PACKED_INLINE row_numbers load_halves(const uint8_t *p) { return _mm512_cvtph_ps(_mm256_loadu_si256((const void *)p)); }
PACKED_INLINE row_integers load_bytes_wide(const uint8_t *p) {
    return _mm512_cvtepu8_epi32(_mm_loadu_si128((const void *)p));
}
PACKED_INLINE row_integers load_signed_bytes_wide(const uint8_t *p) {
    return _mm512_cvtepi8_epi32(_mm_loadu_si128((const void *)p));
}
// Two bytes of each row, as 16-bit numbers.
PACKED_INLINE row_integers load_byte_pairs(const uint8_t *p) {
    return _mm512_cvtepu8_epi16(_mm256_loadu_si256((const void *)p));
}
// Adds the products of 16-bit numbers, two in a lane.
PACKED_INLINE row_integers pairs_add(row_integers sums, row_integers a, row_integers b) {
    return _mm512_dpwssd_epi32(sums, a, b);
}
// Halves of E8M0 scales, as `half_of_e8m0`: 2^(e - 128). The two smallest are subnormal numbers, without an exponent.
PACKED_INLINE row_numbers load_e8m0(const uint8_t *p) {
    const __m512i e = load_bytes_wide(p), normal = _mm512_slli_epi32(_mm512_sub_epi32(e, _mm512_set1_epi32(1)), 23);
    const __mmask16 is_small = _mm512_cmplt_epi32_mask(e, _mm512_set1_epi32(2));
    return _mm512_castsi512_ps(_mm512_mask_sllv_epi32(normal, is_small, _mm512_set1_epi32(0x200000), e));
}

// Sums start at the correction for the offset, which so costs no addition.
enum { corrects_first = 1 };
// Products with codes that have an offset have it too.
PACKED_INLINE int products_have_offset(const packed_layout layout) { return layout.offset_log2 >= 0; }

// A run of vectors is added up in registers of its own; here they are the sums themselves.
PACKED_INLINE int run_vectors(const packed_layout layout) { return layout.scales == scales_k_halves ? 4 : 8; }
PACKED_INLINE row_integers run_start(row_integers sums) { return sums; }
PACKED_INLINE row_integers run_add(const packed_layout layout, row_integers run, strip_codes w, row_integers x) {
    (void)layout;
    return _mm512_dpbusd_epi32(run, w, x);
}
PACKED_INLINE row_integers run_end(row_integers sums, row_integers run) { return (void)sums, run; }

#endif
