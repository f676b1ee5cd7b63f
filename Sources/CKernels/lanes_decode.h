// Unpacking of quantised blocks into lanes. A format has two functions: `NAME_open` computes what a whole block shares
// (its scales), `NAME_decode` the values of piece number `piece`. Values are the bits of the scalar kernels.
#ifndef GH_LANES_DECODE_H
#define GH_LANES_DECODE_H

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
static inline bytes16 fifth_bits(const uint8_t high[4], int first) {
    const bytes16 halves = {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1};
    const bytes16 selected = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
    bytes16 bits = {0};
    memcpy(&bits, high, 4);
    return bytes_having(bytes_look_up(bits, halves + (uint8_t)first), selected) & 16;
}

// The numbers 0 ... 31 of elements 0-15 and 16-31.
static inline void five_bits(const uint8_t high[4], const uint8_t q[16], bytes16 out[2]) {
    bytes16 bytes = load_bytes(q);
    out[0] = (bytes & 15) | fifth_bits(high, 0);
    out[1] = bytes >> 4 | fifth_bits(high, 2);
}

static inline void q5_0_open(const block_q5_0 *block, float shared[16]) { shared[0] = float_from_half(block->scale); }

// 32 elements.
static inline void q5_0_decode(const block_q5_0 *block, const float shared[16], int piece, lanes out[2]) {
    (void)piece;
    bytes16 q[2];
    five_bits(block->high, block->q, q);
    for (int i = 0; i < 2; i++)
        out[i] = lanes_multiply(lanes_all(shared[0]), lanes_from_i8(q[i] - 16));
}

static inline void q5_1_open(const block_q5_1 *block, float shared[16]) {
    shared[0] = float_from_half(block->scale);
    shared[1] = float_from_half(block->minimum);
}

// 32 elements.
static inline void q5_1_decode(const block_q5_1 *block, const float shared[16], int piece, lanes out[2]) {
    (void)piece;
    bytes16 q[2];
    five_bits(block->high, block->q, q);
    for (int i = 0; i < 2; i++)
        out[i] = lanes_add(lanes_multiply(lanes_all(shared[0]), lanes_from_i8(q[i])), lanes_all(shared[1]));
}

#endif
