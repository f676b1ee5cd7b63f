// Products of blocks whose codes stand for values of a table and int8 vectors.
#ifndef GH_INT8_PRODUCTS_TABLES_H
#define GH_INT8_PRODUCTS_TABLES_H

// 32 values of a table.
static inline __m256i look_up_32(const uint8_t q[16], const int8_t table[16]) {
    __m128i bytes = load_bytes(q);
    __m256i codes = low_nibbles(_mm256_set_m128i(_mm_srli_epi16(bytes, 4), bytes));
    return _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(load_bytes(table)), codes);
}

static inline __m256 iq4_nl_add(
    __m256 lanes, const block_iq4_nl *block, const int8_t *x, const float *scales, const float *sums) {
    (void)sums;
    __m256 scale = _mm256_set1_ps(float_from_half(block->scale) * scales[0]);
    return add_signed(lanes, look_up_32(block->q, iq4_values), x, scale);
}

static inline __m256 iq4_xs_add(
    __m256 lanes, const block_iq4_xs *block, const int8_t *x, const float *scales, const float *sums) {
    (void)sums;
    float shared[16];
    iq4_xs_open(block, shared);
#pragma clang loop unroll(full)
    for (int j = 0; j < 8; j++) {
        __m256i w = look_up_32(block->q + 16 * j, iq4_values);
        lanes = add_signed(lanes, w, x + 32 * j, _mm256_set1_ps(shared[j] * scales[j]));
    }
    return lanes;
}

static inline __m256 mxfp4_add(
    __m256 lanes, const block_mxfp4 *block, const int8_t *x, const float *scales, const float *sums) {
    (void)sums;
    __m256 scale = _mm256_set1_ps(half_of_e8m0(block->scale) * scales[0]);
    return add_signed(lanes, look_up_32(block->q, fp4_values), x, scale);
}

#endif
