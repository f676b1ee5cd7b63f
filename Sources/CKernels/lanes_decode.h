// Unpacking of quantised blocks into lanes. A format has two functions: `NAME_open` computes what a whole block shares
// (its scales), `NAME_decode` the values of piece number `piece`. Values are the bits of the scalar kernels.
#ifndef GH_LANES_DECODE_H
#define GH_LANES_DECODE_H

static inline __m128i load_bytes(const void *p) { return _mm_loadu_si128(p); }

static inline void q8_0_open(const block_q8_0 *block, float shared[16]) { shared[0] = float_from_half(block->scale); }

// 32 elements.
static inline void q8_0_decode(const block_q8_0 *block, const float shared[16], int piece, lanes out[2]) {
    (void)piece;
    lanes scale = lanes_all(shared[0]);
    out[0] = lanes_multiply(lanes_from_i8(load_bytes(block->q)), scale);
    out[1] = lanes_multiply(lanes_from_i8(load_bytes(block->q + 16)), scale);
}

static inline void q4_0_open(const block_q4_0 *block, float shared[16]) { shared[0] = float_from_half(block->scale); }

// 32 elements.
static inline void q4_0_decode(const block_q4_0 *block, const float shared[16], int piece, lanes out[2]) {
    (void)piece;
    nibble_values values = nibbles_centred(shared[0]);
    nibbles_decode(values, values, load_bytes(block->q), &out[0], &out[1]);
}

static inline void q4_1_open(const block_q4_1 *block, float shared[16]) {
    shared[0] = float_from_half(block->scale);
    shared[1] = float_from_half(block->minimum);
}

// 32 elements.
static inline void q4_1_decode(const block_q4_1 *block, const float shared[16], int piece, lanes out[2]) {
    (void)piece;
    nibble_values values = nibbles_affine(shared[0], -shared[1]);
    nibbles_decode(values, values, load_bytes(block->q), &out[0], &out[1]);
}

// 16 for each of sixteen elements whose bit is set in the two bytes from `first` on, 0 for the others.
static inline __m128i fifth_bits(const uint8_t high[4], int first) {
    int bits;
    memcpy(&bits, high, sizeof bits);
    __m128i halves = _mm_setr_epi8(0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1);
    __m128i places = _mm_add_epi8(halves, _mm_set1_epi8((char)first));
    __m128i spread = _mm_shuffle_epi8(_mm_cvtsi32_si128(bits), places);
    __m128i selected = _mm_set1_epi64x((long long)0x8040201008040201ull);
    return _mm_and_si128(_mm_cmpeq_epi8(_mm_and_si128(spread, selected), selected), _mm_set1_epi8(16));
}

// The numbers 0 ... 31 of elements 0-15 and 16-31.
static inline void five_bits(const uint8_t high[4], const uint8_t q[16], __m128i out[2]) {
    __m128i bytes = load_bytes(q), mask = _mm_set1_epi8(15);
    out[0] = _mm_or_si128(_mm_and_si128(bytes, mask), fifth_bits(high, 0));
    out[1] = _mm_or_si128(_mm_and_si128(_mm_srli_epi16(bytes, 4), mask), fifth_bits(high, 2));
}

static inline void q5_0_open(const block_q5_0 *block, float shared[16]) { shared[0] = float_from_half(block->scale); }

// 32 elements.
static inline void q5_0_decode(const block_q5_0 *block, const float shared[16], int piece, lanes out[2]) {
    (void)piece;
    __m128i q[2];
    five_bits(block->high, block->q, q);
    for (int i = 0; i < 2; i++)
        out[i] = lanes_multiply(lanes_all(shared[0]), lanes_from_i8(_mm_sub_epi8(q[i], _mm_set1_epi8(16))));
}

static inline void q5_1_open(const block_q5_1 *block, float shared[16]) {
    shared[0] = float_from_half(block->scale);
    shared[1] = float_from_half(block->minimum);
}

// 32 elements.
static inline void q5_1_decode(const block_q5_1 *block, const float shared[16], int piece, lanes out[2]) {
    (void)piece;
    __m128i q[2];
    five_bits(block->high, block->q, q);
    for (int i = 0; i < 2; i++)
        out[i] = lanes_add(lanes_multiply(lanes_all(shared[0]), lanes_from_i8(q[i])), lanes_all(shared[1]));
}

#endif
