// Block layouts of the GGUF formats (ggml documentation of `ggml_type`) and float16/bfloat16 in plain C.
// Structures are packed: a row may lie at any address, and its fields are read as bytes.
#ifndef GH_BLOCKS_H
#define GH_BLOCKS_H

#include <stdint.h>
#include <string.h>

typedef struct __attribute__((packed)) {
    uint16_t scale;  // float16
    int8_t q[32];
} block_q8_0;

typedef struct __attribute__((packed)) {
    uint16_t scale;  // float16
    uint8_t q[16];   // element i: low half of byte i; element 16 + i: high half
} block_q4_0;

// Value = scale * s_j * q - minimum * m_j, with a 6-bit s_j and m_j for each 32 elements.
typedef struct __attribute__((packed)) {
    uint16_t scale, minimum;  // float16
    uint8_t packed_scales[12];
    uint8_t q[128];  // 64 elements in 32 bytes: first 32 in the low halves
} block_q4_K;

typedef struct __attribute__((packed)) {
    uint16_t scale, minimum;  // float16
    uint8_t packed_scales[12];
    uint8_t high[32];  // bit j of byte i: fifth bit of element 32 j + i
    uint8_t q[128];
} block_q5_K;

// Value = scale * s_j * (q - 32), with an 8-bit s_j for each 16 elements.
typedef struct __attribute__((packed)) {
    uint8_t low[128];  // two halves of 64 bytes for 128 elements each
    uint8_t high[64];  // two halves of 32 bytes: two upper bits of four elements in a byte
    int8_t scales[16];
    uint16_t scale;  // float16
} block_q6_K;

_Static_assert(sizeof(block_q8_0) == 34 && sizeof(block_q4_0) == 18, "GGUF block sizes");
_Static_assert(sizeof(block_q4_K) == 144 && sizeof(block_q5_K) == 176 && sizeof(block_q6_K) == 210, "GGUF block sizes");

static inline float float_from_bits(uint32_t bits) {
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static inline uint32_t bits_of_float(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static inline float float_from_bf16(uint16_t half) { return float_from_bits((uint32_t)half << 16); }

// Normal numbers and infinities move their exponent; subnormals are whole multiples of 2^-24.
static inline float float_from_f16(uint16_t half) {
    uint32_t sign = (uint32_t)(half & 0x8000) << 16, exponent = (half >> 10) & 31, fraction = half & 0x3FF;
    if (exponent == 0) return float_from_bits(sign | bits_of_float((float)fraction * 0x1p-24f));
    if (exponent == 31) return float_from_bits(sign | 0x7F800000 | fraction << 13 | (fraction ? 0x400000 : 0));
    return float_from_bits(sign | (exponent + 112) << 23 | fraction << 13);
}

// The twelve bytes of Q4_K and Q5_K hold eight 6-bit scales and eight 6-bit minimums: the low six bits of bytes 0-3
// and 4-7 are the first four of each; the last four have their low bits in bytes 8-11 and their two upper bits in the
// tops of bytes 0-3 and 4-7. Output: eight scales, then eight minimums.
static inline void unpack_scales(const uint8_t packed[12], uint8_t out[16]) {
    uint32_t s, m, low;
    memcpy(&s, packed, 4);
    memcpy(&m, packed + 4, 4);
    memcpy(&low, packed + 8, 4);
    uint32_t words[4] = {
        s & 0x3F3F3F3F,
        (low & 0x0F0F0F0F) | ((s >> 2) & 0x30303030),
        m & 0x3F3F3F3F,
        ((low >> 4) & 0x0F0F0F0F) | ((m >> 2) & 0x30303030),
    };
    memcpy(out, words, 16);
}

#endif
