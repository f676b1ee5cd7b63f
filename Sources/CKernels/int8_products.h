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

// The eight scales of `shared` times those of x, in memory for broadcasts.
static inline void multiply_scales(const float shared[16], const float *scales, float products[8]) {
    _mm256_storeu_ps(products, _mm256_mul_ps(_mm256_loadu_ps(shared), _mm256_loadu_ps(scales)));
}
static inline __m256 subtract_minimums(__m256 lanes, const float shared[16], const float *sums) {
    return _mm256_fnmadd_ps(_mm256_loadu_ps(shared + 8), _mm256_loadu_ps(sums), lanes);
}

static inline __m256 q4_K_add(
    __m256 lanes, const block_q4_K *block, const int8_t *x, const float *scales, const float *sums) {
    float shared[16], products[8];
    q4_K_open(block, shared);
    multiply_scales(shared, scales, products);
#pragma clang loop unroll(full)
    for (int piece = 0; piece < 4; piece++) {
        __m256i bytes = load_32_bytes(block->q + 32 * piece);
        lanes = add_unsigned(lanes, low_nibbles(bytes), x + 64 * piece, _mm256_set1_ps(products[2 * piece]));
        lanes = add_unsigned(lanes, high_nibbles(bytes), x + 64 * piece + 32, _mm256_set1_ps(products[2 * piece + 1]));
    }
    return subtract_minimums(lanes, shared, sums);
}

// `low` with 16 added where bit number `bit` of `high` is set.
static inline __m256i with_fifth_bits(__m256i low, __m256i high, int bit) {
    __m256i moved = bit < 4 ? _mm256_slli_epi16(high, 4 - bit) : _mm256_srli_epi16(high, bit - 4);
    return _mm256_or_si256(low, _mm256_and_si256(moved, _mm256_set1_epi8(16)));
}

static inline __m256 q5_K_add(
    __m256 lanes, const block_q5_K *block, const int8_t *x, const float *scales, const float *sums) {
    float shared[16], products[8];
    q5_K_open(block, shared);
    multiply_scales(shared, scales, products);
    __m256i high = load_32_bytes(block->high);
#pragma clang loop unroll(full)
    for (int piece = 0; piece < 4; piece++) {
        __m256i bytes = load_32_bytes(block->q + 32 * piece);
        __m256i first = with_fifth_bits(low_nibbles(bytes), high, 2 * piece);
        __m256i second = with_fifth_bits(high_nibbles(bytes), high, 2 * piece + 1);
        lanes = add_unsigned(lanes, first, x + 64 * piece, _mm256_set1_ps(products[2 * piece]));
        lanes = add_unsigned(lanes, second, x + 64 * piece + 32, _mm256_set1_ps(products[2 * piece + 1]));
    }
    return subtract_minimums(lanes, shared, sums);
}

// 32 numbers of -32 ... 31: one of the four groups of a half block.
static inline __m256i q6_K_group(const block_q6_K *block, int half, int group) {
    __m256i bytes = load_32_bytes(block->low + 64 * half + 32 * (group % 2));
    __m256i low = group < 2 ? low_nibbles(bytes) : high_nibbles(bytes);
    __m256i high = load_32_bytes(block->high + 32 * half);
    __m256i moved = group < 2 ? _mm256_slli_epi16(high, 4 - 2 * group) : _mm256_srli_epi16(high, 2 * group - 4);
    __m256i q = _mm256_or_si256(low, _mm256_and_si256(moved, _mm256_set1_epi8(0x30)));
    return _mm256_sub_epi8(q, _mm256_set1_epi8(32));
}

static inline __m256 q6_K_add(
    __m256 lanes, const block_q6_K *block, const int8_t *x, const float *scales, const float *sums) {
    (void)sums;
    float shared[16];
    q6_K_open(block, shared);
#pragma clang loop unroll(full)
    for (int piece = 0; piece < 8; piece++) {
        __m256 own = _mm256_set_m128(_mm_set1_ps(shared[2 * piece + 1]), _mm_set1_ps(shared[2 * piece]));
        __m256 scale = _mm256_mul_ps(own, _mm256_set1_ps(scales[piece]));
        lanes = add_signed(lanes, q6_K_group(block, piece / 4, piece % 4), x + 32 * piece, scale);
    }
    return lanes;
}

static inline float sum_of_eight(__m256 eight) {
    __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
    __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}

// Four rows at a time hide the latency of the additions; `count` is a constant where a tile is inlined.
#define DEFINE_INT8_DOT(NAME, ELEMENTS)                                                                            \
    static inline __attribute__((always_inline)) void dot_int8_tile_##NAME(                                        \
        const uint8_t *rows, int64_t row_bytes, const int count, const gh_int8_vector *x, int64_t n, float *out) { \
        const int64_t ahead = prefetch_distance(row_bytes, count);                                                 \
        __m256 lanes[4];                                                                                           \
        for (int r = 0; r < count; r++) lanes[r] = _mm256_setzero_ps();                                            \
        for (int64_t b = 0; b < n / ELEMENTS; b++)                                                                 \
            for (int r = 0; r < count; r++) {                                                                      \
                const block_##NAME *block = (const block_##NAME *)(rows + r * row_bytes) + b;                      \
                prefetch((const uint8_t *)block + ahead, sizeof *block);                                           \
                const int64_t first = b * (ELEMENTS / 32);                                                         \
                lanes[r] = NAME##_add(lanes[r], block, x->q + b * ELEMENTS, x->scales + first, x->sums + first);   \
            }                                                                                                      \
        for (int r = 0; r < count; r++) out[r] = sum_of_eight(lanes[r]);                                           \
    }                                                                                                              \
    static void dot_int8_##NAME(                                                                                   \
        const void *rows, int64_t row_bytes, int64_t count, const gh_int8_vector *x, int64_t n, float *out) {      \
        const uint8_t *row = rows;                                                                                 \
        int64_t r = 0;                                                                                             \
        for (; r + 4 <= count; r += 4)                                                                             \
            dot_int8_tile_##NAME(row + r * row_bytes, row_bytes, 4, x, n, out + r);                                \
        for (; r < count; r++) dot_int8_tile_##NAME(row + r * row_bytes, row_bytes, 1, x, n, out + r);             \
    }
DEFINE_INT8_DOT(q8_0, 32)
DEFINE_INT8_DOT(q4_0, 32)
DEFINE_INT8_DOT(q4_K, 256)
DEFINE_INT8_DOT(q5_K, 256)
DEFINE_INT8_DOT(q6_K, 256)

#endif
