// Products of quantised rows with int8 vectors, in 256-bit registers for AVX2 and AVX-512 alike; they differ in
// `products_of_four` only, which is exact in both. `NAME_add` adds one block of a format to eight lanes.
#ifndef GH_INT8_PRODUCTS_H
#define GH_INT8_PRODUCTS_H

static inline __m256i load_32_bytes(const void *p) { return _mm256_loadu_si256(p); }

// Adds 32 products of unsigned weights.
static inline __m256 add_unsigned(__m256 lanes, __m256i w, const int8_t *x, __m256 scale) {
    return _mm256_fmadd_ps(_mm256_cvtepi32_ps(products_of_four(w, load_32_bytes(x))), scale, lanes);
}

// The same for signed weights: their sign moves to the other factor.
static inline __m256 add_signed(__m256 lanes, __m256i w, const int8_t *x, __m256 scale) {
    __m256i products = products_of_four(_mm256_abs_epi8(w), _mm256_sign_epi8(load_32_bytes(x), w));
    return _mm256_fmadd_ps(_mm256_cvtepi32_ps(products), scale, lanes);
}

static inline __m256i low_nibbles(__m256i bytes) { return _mm256_and_si256(bytes, _mm256_set1_epi8(15)); }
static inline __m256i high_nibbles(__m256i bytes) { return low_nibbles(_mm256_srli_epi16(bytes, 4)); }

static inline __m256 q8_0_add(
    __m256 lanes, const block_q8_0 *block, const int8_t *x, const float *scales, const float *sums) {
    (void)sums;
    return add_signed(lanes, load_32_bytes(block->q), x, _mm256_set1_ps(float_from_half(block->scale) * scales[0]));
}

static inline __m256 q4_0_add(
    __m256 lanes, const block_q4_0 *block, const int8_t *x, const float *scales, const float *sums) {
    (void)sums;
    __m128i bytes = load_bytes(block->q);
    __m256i q = low_nibbles(_mm256_set_m128i(_mm_srli_epi16(bytes, 4), bytes));
    __m256 scale = _mm256_set1_ps(float_from_half(block->scale) * scales[0]);
    return add_signed(lanes, _mm256_sub_epi8(q, _mm256_set1_epi8(8)), x, scale);
}

// Adds a float16 minimum times the sum of a block of x to the first lane.
static inline __m256 add_minimum(__m256 lanes, uint16_t minimum, float sum) {
    return _mm256_add_ps(lanes, _mm256_zextps128_ps256(_mm_set_ss(float_from_half(minimum) * sum)));
}

static inline __m256 q4_1_add(
    __m256 lanes, const block_q4_1 *block, const int8_t *x, const float *scales, const float *sums) {
    __m128i bytes = load_bytes(block->q);
    __m256i q = low_nibbles(_mm256_set_m128i(_mm_srli_epi16(bytes, 4), bytes));
    __m256 scale = _mm256_set1_ps(float_from_half(block->scale) * scales[0]);
    return add_minimum(add_unsigned(lanes, q, x, scale), block->minimum, sums[0]);
}

// 32 numbers of 0 ... 31.
static inline __m256i with_bits(const uint8_t high[4], const uint8_t q[16]) {
    __m128i halves[2];
    five_bits(high, q, halves);
    return _mm256_set_m128i(halves[1], halves[0]);
}

static inline __m256 q5_0_add(
    __m256 lanes, const block_q5_0 *block, const int8_t *x, const float *scales, const float *sums) {
    (void)sums;
    __m256i q = _mm256_sub_epi8(with_bits(block->high, block->q), _mm256_set1_epi8(16));
    return add_signed(lanes, q, x, _mm256_set1_ps(float_from_half(block->scale) * scales[0]));
}

static inline __m256 q5_1_add(
    __m256 lanes, const block_q5_1 *block, const int8_t *x, const float *scales, const float *sums) {
    __m256 scale = _mm256_set1_ps(float_from_half(block->scale) * scales[0]);
    lanes = add_unsigned(lanes, with_bits(block->high, block->q), x, scale);
    return add_minimum(lanes, block->minimum, sums[0]);
}

#endif
