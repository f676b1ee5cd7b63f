// Unpacking of blocks of 256 elements with two levels of scales.
#ifndef GH_LANES_DECODE_K_H
#define GH_LANES_DECODE_K_H

// Two bits of each of sixteen elements of Q2_K and Q3_K: half `i` of piece number `piece`.
static inline __m128i two_bits(const uint8_t q[64], int piece, int i) {
    __m128i bytes = load_bytes(q + 32 * (piece / 4) + 16 * i);
    return _mm_and_si128(_mm_srli_epi16(bytes, 2 * (piece % 4)), _mm_set1_epi8(3));
}

// Sixteen scales, then sixteen minimums.
static inline void q2_K_open(const block_q2_K *block, float shared[32]) {
    __m128i factors = load_bytes(block->factors), mask = _mm_set1_epi8(15);
    lanes scales = lanes_from_i8(_mm_and_si128(factors, mask));
    lanes minimums = lanes_from_i8(_mm_and_si128(_mm_srli_epi16(factors, 4), mask));
    lanes_store(shared, lanes_multiply(lanes_all(float_from_half(block->scale)), scales));
    lanes_store(shared + 16, lanes_multiply(lanes_all(float_from_half(block->minimum)), minimums));
}

// 32 elements.
static inline void q2_K_decode(const block_q2_K *block, const float shared[32], int piece, lanes out[2]) {
    for (int i = 0; i < 2; i++) {
        lanes products = lanes_multiply(lanes_all(shared[2 * piece + i]), lanes_from_i8(two_bits(block->q, piece, i)));
        out[i] = lanes_subtract(products, lanes_all(shared[16 + 2 * piece + i]));
    }
}

static inline void q3_K_open(const block_q3_K *block, float shared[16]) {
    uint8_t factors[16];
    unpack_q3_scales(block->packed_scales, factors);
    lanes scales = lanes_from_i8(_mm_sub_epi8(load_bytes(factors), _mm_set1_epi8(32)));
    lanes_store(shared, lanes_multiply(lanes_all(float_from_half(block->scale)), scales));
}

// 32 elements.
static inline void q3_K_decode(const block_q3_K *block, const float shared[16], int piece, lanes out[2]) {
    __m128i selected = _mm_set1_epi8((char)(1 << piece));
    for (int i = 0; i < 2; i++) {
        __m128i is_high = _mm_and_si128(load_bytes(block->high + 16 * i), selected);
        __m128i lowered = _mm_and_si128(_mm_cmpeq_epi8(is_high, _mm_setzero_si128()), _mm_set1_epi8(4));
        __m128i q = _mm_sub_epi8(two_bits(block->q, piece, i), lowered);
        out[i] = lanes_multiply(lanes_all(shared[2 * piece + i]), lanes_from_i8(q));
    }
}

// Eight scales, then eight minimums, of Q4_K and Q5_K.
static inline void open_scales_and_minimums(
    uint16_t scale, uint16_t minimum, const uint8_t packed[12], float shared[16]) {
    uint8_t factors[16];
    unpack_scales(packed, factors);
    __m256 scales = _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_loadl_epi64((const void *)factors)));
    __m256 minimums = _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_loadl_epi64((const void *)(factors + 8))));
    _mm256_storeu_ps(shared, _mm256_mul_ps(_mm256_set1_ps(float_from_half(scale)), scales));
    _mm256_storeu_ps(shared + 8, _mm256_mul_ps(_mm256_set1_ps(float_from_half(minimum)), minimums));
}

static inline void q4_K_open(const block_q4_K *block, float shared[16]) {
    open_scales_and_minimums(block->scale, block->minimum, block->packed_scales, shared);
}

// 64 elements: two groups of 32 in the low and high halves of 32 bytes.
static inline void q4_K_decode(const block_q4_K *block, const float shared[16], int piece, lanes out[4]) {
    const uint8_t *q = block->q + 32 * piece;
    nibble_values low = nibbles_affine(shared[2 * piece], shared[8 + 2 * piece]);
    nibble_values high = nibbles_affine(shared[2 * piece + 1], shared[8 + 2 * piece + 1]);
    nibbles_decode(low, high, load_bytes(q), &out[0], &out[2]);
    nibbles_decode(low, high, load_bytes(q + 16), &out[1], &out[3]);
}

static inline void q5_K_open(const block_q5_K *block, float shared[16]) {
    open_scales_and_minimums(block->scale, block->minimum, block->packed_scales, shared);
}

// `low` with 16 added where bit number `bit` of `high` is set.
static inline __m128i with_fifth_bit(__m128i low, __m128i high, int bit) {
    __m128i selected = _mm_set1_epi8((char)(1 << bit));
    __m128i is_set = _mm_cmpeq_epi8(_mm_and_si128(high, selected), selected);
    return _mm_or_si128(low, _mm_and_si128(is_set, _mm_set1_epi8(16)));
}

// 64 elements, as in Q4_K.
static inline void q5_K_decode(const block_q5_K *block, const float shared[16], int piece, lanes out[4]) {
    __m128i mask = _mm_set1_epi8(15);
    for (int upper = 0; upper < 2; upper++) {
        lanes scale = lanes_all(shared[2 * piece + upper]), minimum = lanes_all(shared[8 + 2 * piece + upper]);
        for (int i = 0; i < 2; i++) {
            __m128i bytes = load_bytes(block->q + 32 * piece + 16 * i);
            __m128i low = _mm_and_si128(upper ? _mm_srli_epi16(bytes, 4) : bytes, mask);
            __m128i q = with_fifth_bit(low, load_bytes(block->high + 16 * i), 2 * piece + upper);
            out[2 * upper + i] = lanes_subtract(lanes_multiply(scale, lanes_from_i8(q)), minimum);
        }
    }
}

static inline void q6_K_open(const block_q6_K *block, float shared[16]) {
    lanes scales = lanes_from_i8(load_bytes(block->scales));
    lanes_store(shared, lanes_multiply(lanes_all(float_from_half(block->scale)), scales));
}

// Bits 2 * group and 2 * group + 1 of each byte, as bits 4 and 5.
static inline __m128i upper_bits(__m128i bytes, int group) {
    __m128i moved = group < 2 ? _mm_slli_epi16(bytes, 4 - 2 * group) : _mm_srli_epi16(bytes, 2 * group - 4);
    return _mm_and_si128(moved, _mm_set1_epi8(0x30));
}

// 32 elements: one of the four groups of a half block.
static inline void q6_K_decode(const block_q6_K *block, const float shared[16], int piece, lanes out[2]) {
    int half = piece / 4, group = piece % 4;
    for (int i = 0; i < 2; i++) {
        __m128i bytes = load_bytes(block->low + 64 * half + 32 * (group % 2) + 16 * i);
        __m128i low = _mm_and_si128(group < 2 ? bytes : _mm_srli_epi16(bytes, 4), _mm_set1_epi8(15));
        __m128i high = upper_bits(load_bytes(block->high + 32 * half + 16 * i), group);
        __m128i q = _mm_sub_epi8(_mm_or_si128(low, high), _mm_set1_epi8(32));
        out[i] = lanes_multiply(lanes_all(shared[2 * piece + i]), lanes_from_i8(q));
    }
}

#endif
