// Writing keys and values to a page; included by the file of every instruction set, which defines `narrow_to_f16`.
#ifndef GH_ATTENTION_STORE_H
#define GH_ATTENTION_STORE_H
#include "attention_layout.h"
#include "numbers.h"

#pragma STDC FP_CONTRACT OFF

// `n` <= 64 numbers to the nearest whole multiples of the scale that comes back, ties to even. As integers the largest
// magnitude can be found in any order. Numbers so small that their quotient could overflow count as zero.
static inline float round_group(const float *restrict x, int64_t n, int8_t *restrict q) {
    uint32_t largest_bits = 0;
    for (int64_t i = 0; i < n; i++) {
        uint32_t magnitude = bits_of_float(x[i]) & 0x7FFFFFFF;
        largest_bits = magnitude > largest_bits ? magnitude : largest_bits;
    }
    bool is_finite = largest_bits < 0x7F800000;
    float largest = float_from_bits(largest_bits);
    float inverse = is_finite && largest >= 0x1p-100f ? 127 / largest : 0;
    // Adding 1.5 * 2^23 leaves the rounded number in the low bits of the sum.
    for (int64_t i = 0; i < n; i++)
        q[i] = inverse > 0 ? (int8_t)(int32_t)(bits_of_float(x[i] * inverse + 0x1.8p23f) - 0x4B400000) : 0;
    return is_finite ? largest / 127 : float_from_bits(0x7FC00000);
}

// Numbers a column apart, as keys lie.
static inline void spread_f32(const float *x, int64_t n, float *column) {
    for (int64_t i = 0; i < n; i++) column[i * gh_page_positions] = x[i];
}
static inline void spread_f16(const float *x, int64_t n, uint16_t *column) {
    for (int64_t i = 0; i < n; i += gh_cache_group) {
        uint16_t halves[gh_cache_group];
        int64_t taken = n - i < gh_cache_group ? n - i : gh_cache_group;
        narrow_to_f16(x + i, taken, halves);
        for (int64_t j = 0; j < taken; j++) column[(i + j) * gh_page_positions] = halves[j];
    }
}
static inline void spread_q8(const float *x, int64_t n, int8_t *column, float *scales) {
    for (int64_t i = 0; i < n; i += gh_cache_group) {
        int8_t rounded[gh_cache_group];
        int64_t taken = n - i < gh_cache_group ? n - i : gh_cache_group;
        scales[i] = round_group(x + i, taken, rounded);
        for (int64_t j = 0; j < taken; j++) column[(i + j) * gh_page_positions] = rounded[j];
    }
}

// Scales of group g lie at [g * 64 + slot], so those of number i at [i / 64 * 64 + slot].
static inline void store_row(const gh_page_shape *shape, uint8_t *page, int64_t slot, const float *x, int64_t n) {
    void *row = page + values_offset(shape) + slot * row_stride(shape) * cached_bytes(shape->type);
    switch (shape->type) {
        case gh_cache_f32: memcpy(row, x, (size_t)n * sizeof *x); break;
        case gh_cache_f16: narrow_to_f16(x, n, row); break;
        case gh_cache_q8:
            for (int64_t i = 0; i < n; i += gh_cache_group)
                row_scales(shape, page)[i + slot] =
                    round_group(x + i, n - i < gh_cache_group ? n - i : gh_cache_group, (int8_t *)row + i);
            break;
    }
}

static void attention_store(
    const gh_page_shape *shape, void *page, int64_t slot, const float *key, const float *value) {
    if (shape->is_latent) return store_row(shape, page, slot, key, shape->key_size);
    switch (shape->type) {
        case gh_cache_f32: spread_f32(key, shape->key_size, (float *)page + slot); break;
        case gh_cache_f16: spread_f16(key, shape->key_size, (uint16_t *)page + slot); break;
        case gh_cache_q8:
            spread_q8(key, shape->key_size, (int8_t *)page + slot, key_scales(shape, page) + slot);
            break;
    }
    if (value) store_row(shape, page, slot, value, shape->value_size);
}
#endif
