// Products of blocks of 256 elements with two levels of scales and int8 vectors.
#ifndef GH_INT8_PRODUCTS_K_H
#define GH_INT8_PRODUCTS_K_H

// Scales of 16 elements each, times that of x.
static inline __m256 two_scales(const float shared[2], float scale) {
    __m256 own = _mm256_set_m128(_mm_set1_ps(shared[1]), _mm_set1_ps(shared[0]));
    return _mm256_mul_ps(own, _mm256_set1_ps(scale));
}

// Two bits of each of the 32 elements of a piece of Q2_K or Q3_K.
static inline __m256i two_bits_of_piece(const uint8_t q[64], int piece) {
    __m256i bytes = load_32_bytes(q + 32 * (piece / 4));
    return _mm256_and_si256(_mm256_srli_epi16(bytes, 2 * (piece % 4)), _mm256_set1_epi8(3));
}

static inline __m256 q2_K_add(
    __m256 lanes, const block_q2_K *block, const int8_t *x, const float *scales, const float *sums) {
    (void)sums;
    float shared[32];
    q2_K_open(block, shared);
#pragma clang loop unroll(full)
    for (int piece = 0; piece < 8; piece++) {
        const int8_t *part = x + 32 * piece;
        __m256 scale = two_scales(shared + 2 * piece, scales[piece]);
        __m256 minimum = two_scales(shared + 16 + 2 * piece, -scales[piece]);
        lanes = add_unsigned(lanes, two_bits_of_piece(block->q, piece), part, scale);
        lanes = add_unsigned(lanes, _mm256_set1_epi8(1), part, minimum);
    }
    return lanes;
}

static inline __m256 q3_K_add(
    __m256 lanes, const block_q3_K *block, const int8_t *x, const float *scales, const float *sums) {
    (void)sums;
    float shared[16];
    q3_K_open(block, shared);
    __m256i high = load_32_bytes(block->high);
#pragma clang loop unroll(full)
    for (int piece = 0; piece < 8; piece++) {
        __m256i is_high = _mm256_and_si256(high, _mm256_set1_epi8((char)(1 << piece)));
        __m256i is_low = _mm256_cmpeq_epi8(is_high, _mm256_setzero_si256());
        __m256i lowered = _mm256_and_si256(is_low, _mm256_set1_epi8(4));
        __m256i q = _mm256_sub_epi8(two_bits_of_piece(block->q, piece), lowered);
        lanes = add_signed(lanes, q, x + 32 * piece, two_scales(shared + 2 * piece, scales[piece]));
    }
    return lanes;
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
        __m256 scale = two_scales(shared + 2 * piece, scales[piece]);
        lanes = add_signed(lanes, q6_K_group(block, piece / 4, piece % 4), x + 32 * piece, scale);
    }
    return lanes;
}

#endif
