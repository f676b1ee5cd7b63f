// What products of packed weights are made of, in 128-bit NEON registers: a strip is a quarter of the rows of a panel.
// With GH_NEON_DOT one instruction adds sixteen products; without it four do.
#ifndef GH_PACKED_LANES_NEON_H
#define GH_PACKED_LANES_NEON_H

#include "packed_layout.h"

#define PACKED_LANES 4
// Where the assembler finds a vector.
#define PACKED_REGISTER "w"
enum { strip_rows = PACKED_LANES, tile_strips = 4, tile_tokens_most = 4 };

// Tokens of a tile: two by four strips use 16 of the 32 registers for sums, and as many for all else.
PACKED_INLINE int64_t packed_tokens(const int strips) { return strips == 1 ? 4 : 2; }

// How many of the tokens are multiplied with one strip after the other: none, so that memory is read front to back.
PACKED_INLINE int64_t tokens_alone(const packed_layout layout, int64_t tokens) {
    return (void)layout, (void)tokens, 0;
}

typedef uint8x16_t strip_codes;
typedef int32x4_t row_integers;
typedef float32x4_t row_numbers;

PACKED_INLINE strip_codes load_codes(const uint8_t *p) { return vld1q_u8(p); }
PACKED_INLINE strip_codes masked(strip_codes codes, int bits) { return vandq_u8(codes, vdupq_n_u8((uint8_t)bits)); }
PACKED_INLINE strip_codes either(strip_codes a, strip_codes b) { return vorrq_u8(a, b); }
// Moves bits up (or down, if `by` is negative) within bytes whose other bits will be masked.
PACKED_INLINE strip_codes moved(strip_codes codes, int by) { return vshlq_u8(codes, vdupq_n_s8((int8_t)by)); }
PACKED_INLINE strip_codes look_up(bytes16 table, strip_codes codes) {
    return vqtbl1q_u8((uint8x16_t)table, codes);
}

PACKED_INLINE row_numbers numbers_zero(void) { return vdupq_n_f32(0); }
PACKED_INLINE row_numbers numbers_all(float value) { return vdupq_n_f32(value); }
PACKED_INLINE row_numbers numbers_sum(row_numbers a, row_numbers b) { return vaddq_f32(a, b); }
PACKED_INLINE row_numbers numbers_product(row_numbers a, row_numbers b) { return vmulq_f32(a, b); }
// a * b + c, rounded once.
PACKED_INLINE row_numbers numbers_fma(row_numbers a, row_numbers b, row_numbers c) { return vfmaq_f32(c, a, b); }
PACKED_INLINE row_numbers numbers_negative(row_numbers a) { return vnegq_f32(a); }
PACKED_INLINE row_numbers numbers_from_integers(row_integers a) { return vcvtq_f32_s32(a); }
PACKED_INLINE void numbers_store_first(float *out, row_numbers a, int64_t count) {
    if (count >= 4) {
        vst1q_f32(out, a);
        return;
    }
    float all[4];
    vst1q_f32(all, a);
    for (int64_t i = 0; i < count; i++) out[i] = all[i];
}

PACKED_INLINE row_integers integers_zero(void) { return vdupq_n_s32(0); }
PACKED_INLINE row_integers integers_all(int32_t value) { return vdupq_n_s32(value); }
PACKED_INLINE row_integers integers_sum(row_integers a, row_integers b) { return vaddq_s32(a, b); }
PACKED_INLINE row_integers integers_shifted(row_integers a, int by) { return vshlq_s32(a, vdupq_n_s32(by)); }

// 32-bit words without their lower halves.
PACKED_INLINE row_numbers upper_halves(strip_codes words) {
    return vreinterpretq_f32_u32(vandq_u32(vreinterpretq_u32_u8(words), vdupq_n_u32(0xFFFF0000)));
}

PACKED_INLINE row_numbers load_halves(const uint8_t *p) { return vcvt_f32_f16(vreinterpret_f16_u8(vld1_u8(p))); }
// Four bytes, in the low half of a register.
PACKED_INLINE uint8x8_t load_four(const uint8_t *p) {
    uint32_t four;
    memcpy(&four, p, sizeof four);
    return vreinterpret_u8_u32(vdup_n_u32(four));
}
PACKED_INLINE row_integers load_bytes_wide(const uint8_t *p) {
    return vreinterpretq_s32_u32(vmovl_u16(vget_low_u16(vmovl_u8(load_four(p)))));
}
PACKED_INLINE row_integers load_signed_bytes_wide(const uint8_t *p) {
    return vmovl_s16(vget_low_s16(vmovl_s8(vreinterpret_s8_u8(load_four(p)))));
}
// Two bytes of each row, as 16-bit numbers.
PACKED_INLINE row_integers load_byte_pairs(const uint8_t *p) {
    return vreinterpretq_s32_u16(vmovl_u8(vld1_u8(p)));
}
// Adds the products of 16-bit numbers, two in a lane.
PACKED_INLINE row_integers pairs_add(row_integers sums, row_integers a, row_integers b) {
    const int16x8_t first = vreinterpretq_s16_s32(a), second = vreinterpretq_s16_s32(b);
    int32x4_t low = vmull_s16(vget_low_s16(first), vget_low_s16(second)), high = vmull_high_s16(first, second);
    return vaddq_s32(sums, vpaddq_s32(low, high));
}
// Halves of E8M0 scales, as `half_of_e8m0`.
PACKED_INLINE row_numbers load_e8m0(const uint8_t *p) {
    row_integers code = load_bytes_wide(p);
    row_integers normal = vshlq_n_s32(vsubq_s32(code, vdupq_n_s32(1)), 23);
    row_integers subnormal = vshlq_s32(vdupq_n_s32(0x00200000), code);
    return vreinterpretq_f32_s32(vbslq_s32(vcltq_s32(code, vdupq_n_s32(2)), subnormal, normal));
}

// Products are of signed bytes: codes of eight bits are multiplied without their offset, and smaller ones are what they
// are.
PACKED_INLINE int is_signed(const packed_layout layout) {
    return layout.codes == codes_8 || layout.codes == codes_iq4;
}
PACKED_INLINE int products_have_offset(const packed_layout layout) {
    return layout.offset_log2 >= 0 && !is_signed(layout);
}

// Sums start at the correction for the offset, which so costs no addition.
enum { corrects_first = 1 };

// A run of vectors is added up in registers of its own; here they are the sums themselves.
PACKED_INLINE int run_vectors(const packed_layout layout) { return layout.scales == scales_k_halves ? 4 : 8; }
PACKED_INLINE row_integers run_start(row_integers sums) { return sums; }
PACKED_INLINE row_integers run_add(const packed_layout layout, row_integers run, strip_codes w, row_integers x) {
    const int8x16_t codes = vreinterpretq_s8_u8(is_signed(layout) ? veorq_u8(w, vdupq_n_u8(0x80)) : w);
    const int8x16_t four = vreinterpretq_s8_s32(x);
#ifdef GH_NEON_DOT
    return vdotq_s32(run, codes, four);
#else
    // Two products cannot pass 16 bits: 2 * 128 * 127 = 32,512.
    int16x8_t low = vmull_s8(vget_low_s8(codes), vget_low_s8(four)), high = vmull_high_s8(codes, four);
    return vpadalq_s16(run, vpaddq_s16(low, high));
#endif
}
PACKED_INLINE row_integers run_end(row_integers sums, row_integers run) { return (void)sums, run; }

#endif
