// Unpacking of blocks whose codes stand for values of a table, or are numbers themselves.
#ifndef GH_LANES_DECODE_TABLES_H
#define GH_LANES_DECODE_TABLES_H

static inline void iq4_nl_open(const block_iq4_nl *block, float shared[16]) {
    shared[0] = float_from_half(block->scale);
}

// 32 elements.
static inline void iq4_nl_decode(const block_iq4_nl *block, const float shared[16], int piece, lanes out[2]) {
    (void)piece;
    nibble_values values = nibbles_of_table(shared[0], iq4_values);
    nibbles_decode(values, values, load_bytes(block->q), &out[0], &out[1]);
}

static inline void iq4_xs_open(const block_iq4_xs *block, float shared[16]) {
    float scale = float_from_half(block->scale);
    for (int j = 0; j < 8; j++) {
        int low = block->low_scales[j / 2] >> 4 * (j % 2) & 15, high = block->high_scales >> 2 * j & 3;
        shared[j] = scale * (float)((low | high << 4) - 32);
    }
}

// 32 elements.
static inline void iq4_xs_decode(const block_iq4_xs *block, const float shared[16], int piece, lanes out[2]) {
    nibble_values values = nibbles_of_table(shared[piece], iq4_values);
    nibbles_decode(values, values, load_bytes(block->q + 16 * piece), &out[0], &out[1]);
}

static inline void mxfp4_open(const block_mxfp4 *block, float shared[16]) { shared[0] = half_of_e8m0(block->scale); }

// 32 elements.
static inline void mxfp4_decode(const block_mxfp4 *block, const float shared[16], int piece, lanes out[2]) {
    (void)piece;
    nibble_values values = nibbles_of_table(shared[0], fp4_values);
    nibbles_decode(values, values, load_bytes(block->q), &out[0], &out[1]);
}

static inline void f8_e4m3_open(const block_f8_e4m3 *block, float shared[16]) { shared[0] = block->scale; }

// Sixteen E4M3 numbers, by way of float16 as in `float_from_e4m3`. An arithmetic shift leaves the sign in place; adding
// the last place carries into the highest bit of the exponent for NaN alone.
static inline lanes lanes_from_e4m3(bytes16 codes) {
    typedef int16_t signed_halves __attribute__((vector_size(32)));
    halves16 wide = __builtin_convertvector(codes, halves16) << 8;
    halves16 half = (halves16)((signed_halves)wide >> 1) & 0xBF80;
    return lanes_multiply(lanes_from_halves(half | ((half + 0x80) & 0x4000)), lanes_all(256));
}

// 32 elements.
static inline void f8_e4m3_decode(const block_f8_e4m3 *block, const float shared[16], int piece, lanes out[2]) {
    const uint8_t *q = block->q + 32 * piece;
    out[0] = lanes_multiply(lanes_all(shared[0]), lanes_from_e4m3(load_bytes(q)));
    out[1] = lanes_multiply(lanes_all(shared[0]), lanes_from_e4m3(load_bytes(q + 16)));
}

#endif
