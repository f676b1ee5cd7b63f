// Block layouts of the GGUF formats (ggml documentation of `ggml_type`), and one of our own for block-scaled FP8.
// Structures are packed: a row may lie at any address, and its fields are read as bytes.
#ifndef GH_BLOCKS_H
#define GH_BLOCKS_H

#include "numbers.h"

// ---- 32 elements. In `q` of 16 bytes element i is the low half of byte i; element 16 + i the high half. ----

typedef struct __attribute__((packed)) {
    uint16_t scale;  // float16
    int8_t q[32];
} block_q8_0;

// Value = scale * (q - 8).
typedef struct __attribute__((packed)) {
    uint16_t scale;  // float16
    uint8_t q[16];
} block_q4_0;

// Value = scale * q + minimum.
typedef struct __attribute__((packed)) {
    uint16_t scale, minimum;  // float16
    uint8_t q[16];
} block_q4_1;

// Value = scale * (q - 16).
typedef struct __attribute__((packed)) {
    uint16_t scale;   // float16
    uint8_t high[4];  // fifth bit of element i: bit i of this little-endian number
    uint8_t q[16];
} block_q5_0;

// Value = scale * q + minimum.
typedef struct __attribute__((packed)) {
    uint16_t scale, minimum;  // float16
    uint8_t high[4];
    uint8_t q[16];
} block_q5_1;

// Value = scale * iq4_values[q].
typedef struct __attribute__((packed)) {
    uint16_t scale;  // float16
    uint8_t q[16];
} block_iq4_nl;

// Value = half the E8M0 scale * fp4_values[q].
typedef struct __attribute__((packed)) {
    uint8_t scale;  // E8M0
    uint8_t q[16];
} block_mxfp4;

// ---- 256 elements. ----

// Value = scale * s_j * q - minimum * m_j, for each 16 elements a byte with s_j in its low half and m_j in its high.
typedef struct __attribute__((packed)) {
    uint8_t factors[16];
    uint8_t q[64];            // element 128 h + 32 g + i: bits 2g and 2g + 1 of byte 32 h + i
    uint16_t scale, minimum;  // float16
} block_q2_K;

// Value = scale * (s_j - 32) * q, with a 6-bit s_j for each 16 elements.
typedef struct __attribute__((packed)) {
    uint8_t high[32];  // bit j of byte i: set if 4 is not to be subtracted from element 32 j + i
    uint8_t q[64];     // as in Q2_K
    uint8_t packed_scales[12];
    uint16_t scale;  // float16
} block_q3_K;

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

// Value = scale * (s_j - 32) * iq4_values[q], with a 6-bit s_j for each 32 elements.
typedef struct __attribute__((packed)) {
    uint16_t scale;         // float16
    uint16_t high_scales;   // bits 2j and 2j + 1: the upper bits of s_j
    uint8_t low_scales[4];  // the lower four bits of s_j: low half of a byte for even j
    uint8_t q[128];         // 32 elements in 16 bytes, as in IQ4_NL
} block_iq4_xs;

// ---- 128 elements: value = scale * E4M3 number. In memory only; never in a file. ----

typedef struct __attribute__((packed)) {
    float scale;
    uint8_t q[128];
} block_f8_e4m3;

_Static_assert(sizeof(block_q8_0) == 34 && sizeof(block_q4_0) == 18 && sizeof(block_q4_1) == 20, "GGUF block sizes");
_Static_assert(sizeof(block_q5_0) == 22 && sizeof(block_q5_1) == 24 && sizeof(block_mxfp4) == 17, "GGUF block sizes");
_Static_assert(sizeof(block_iq4_nl) == 18 && sizeof(block_iq4_xs) == 136, "GGUF block sizes");
_Static_assert(sizeof(block_q2_K) == 84 && sizeof(block_q3_K) == 110 && sizeof(block_q4_K) == 144, "GGUF block sizes");
_Static_assert(sizeof(block_q5_K) == 176 && sizeof(block_q6_K) == 210, "GGUF block sizes");
_Static_assert(sizeof(block_f8_e4m3) == 132, "our block size");

// What the sixteen codes of IQ4_NL and IQ4_XS stand for.
static const int8_t iq4_values[16] = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};
// FP4 (E2M1 of "OCP Microscaling Formats"), doubled. The sign of zero is lost, as it is in ggml.
static const int8_t fp4_values[16] = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};

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

// The sixteen 6-bit scales of Q3_K: four low bits in the halves of bytes 0-7, two upper bits in the quarters of 8-11.
static inline void unpack_q3_scales(const uint8_t packed[12], uint8_t out[16]) {
    uint32_t first, second, high;
    memcpy(&first, packed, 4);
    memcpy(&second, packed + 4, 4);
    memcpy(&high, packed + 8, 4);
    uint32_t words[4] = {
        (first & 0x0F0F0F0F) | (high & 0x03030303) << 4,
        (second & 0x0F0F0F0F) | (high >> 2 & 0x03030303) << 4,
        (first >> 4 & 0x0F0F0F0F) | (high >> 4 & 0x03030303) << 4,
        (second >> 4 & 0x0F0F0F0F) | (high >> 6 & 0x03030303) << 4,
    };
    memcpy(out, words, 16);
}

// The logarithm of what corrections of rounded inputs (`gh_rounded_block`) are multiplied with, for units of so many
// blocks: the least offset of the codes that such inputs are multiplied with.
static inline int least_offset_log2(int blocks) { return blocks == 8 ? 5 : blocks == 4 ? 4 : 3; }

#endif
