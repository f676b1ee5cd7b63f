// Unpacking of blocks of 256 elements with two levels of scales.
#ifndef GH_LANES_DECODE_K_H
#define GH_LANES_DECODE_K_H

// Two bits of each of sixteen elements of Q2_K and Q3_K: half `i` of piece number `piece`.
static inline bytes16 two_bits(const uint8_t q[64], int piece, int i) {
    return load_bytes(q + 32 * (piece / 4) + 16 * i) >> (uint8_t)(2 * (piece % 4)) & 3;
}

// Sixteen scales, then sixteen minimums.
static inline void q2_K_open(const block_q2_K *block, float shared[32]) {
    bytes16 factors = load_bytes(block->factors);
    lanes scales = lanes_from_i8(factors & 15), minimums = lanes_from_i8(factors >> 4);
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
    lanes scales = lanes_from_i8(load_bytes(factors) - 32);
    lanes_store(shared, lanes_multiply(lanes_all(float_from_half(block->scale)), scales));
}

// 32 elements.
static inline void q3_K_decode(const block_q3_K *block, const float shared[16], int piece, lanes out[2]) {
    for (int i = 0; i < 2; i++) {
        bytes16 is_high = bytes_having(load_bytes(block->high + 16 * i), bytes_all(1 << piece));
        bytes16 q = two_bits(block->q, piece, i) - (~is_high & 4);
        out[i] = lanes_multiply(lanes_all(shared[2 * piece + i]), lanes_from_i8(q));
    }
}

// Eight scales, then eight minimums, of Q4_K and Q5_K.
static inline void open_scales_and_minimums(
    uint16_t scale, uint16_t minimum, const uint8_t packed[12], float shared[16]) {
    uint8_t factors[16];
    unpack_scales(packed, factors);
    lanes both = lanes_two(float_from_half(scale), float_from_half(minimum));
    lanes_store(shared, lanes_multiply(both, lanes_from_i8(load_bytes(factors))));
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
static inline bytes16 with_fifth_bit(bytes16 low, bytes16 high, int bit) {
    return low | (bytes_having(high, bytes_all(1 << bit)) & 16);
}

// 64 elements, as in Q4_K.
static inline void q5_K_decode(const block_q5_K *block, const float shared[16], int piece, lanes out[4]) {
    for (int upper = 0; upper < 2; upper++) {
        lanes scale = lanes_all(shared[2 * piece + upper]), minimum = lanes_all(shared[8 + 2 * piece + upper]);
        for (int i = 0; i < 2; i++) {
            bytes16 bytes = load_bytes(block->q + 32 * piece + 16 * i);
            bytes16 low = upper ? bytes >> 4 : bytes & 15;
            bytes16 q = with_fifth_bit(low, load_bytes(block->high + 16 * i), 2 * piece + upper);
            out[2 * upper + i] = lanes_subtract(lanes_multiply(scale, lanes_from_i8(q)), minimum);
        }
    }
}

static inline void q6_K_open(const block_q6_K *block, float shared[16]) {
    lanes scales = lanes_from_i8(load_bytes(block->scales));
    lanes_store(shared, lanes_multiply(lanes_all(float_from_half(block->scale)), scales));
}

// Bits 2 * group and 2 * group + 1 of each byte, as bits 4 and 5.
static inline bytes16 upper_bits(bytes16 bytes, int group) {
    return (group < 2 ? bytes << (uint8_t)(4 - 2 * group) : bytes >> (uint8_t)(2 * group - 4)) & 0x30;
}

// 32 elements: one of the four groups of a half block.
static inline void q6_K_decode(const block_q6_K *block, const float shared[16], int piece, lanes out[2]) {
    int half = piece / 4, group = piece % 4;
    for (int i = 0; i < 2; i++) {
        bytes16 bytes = load_bytes(block->low + 64 * half + 32 * (group % 2) + 16 * i);
        bytes16 low = group < 2 ? bytes & 15 : bytes >> 4;
        bytes16 q = (low | upper_bits(load_bytes(block->high + 32 * half + 16 * i), group)) - 32;
        out[i] = lanes_multiply(lanes_all(shared[2 * piece + i]), lanes_from_i8(q));
    }
}

#endif
