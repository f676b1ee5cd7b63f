// The small number formats that blocks are made of, in plain C: float16, bfloat16, and the 8-bit formats of the Open
// Compute Project (E4M3 of "OCP 8-bit Floating Point Specification", E8M0 of "OCP Microscaling Formats").
#ifndef GH_NUMBERS_H
#define GH_NUMBERS_H

#include <stdint.h>
#include <string.h>

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

// To the nearest, ties to even; overflow becomes infinity, NaN stays NaN.
static inline uint16_t bf16_from_float(float value) {
    uint32_t bits = bits_of_float(value), is_nan = (bits & 0x7FFFFFFF) > 0x7F800000;
    return (uint16_t)((is_nan ? bits | 0x400000 : bits + 0x7FFF + (bits >> 16 & 1)) >> 16);
}

// Normal numbers and infinities move their exponent; subnormals are whole multiples of 2^-24.
static inline float float_from_f16(uint16_t half) {
    uint32_t sign = (uint32_t)(half & 0x8000) << 16, exponent = (half >> 10) & 31, fraction = half & 0x3FF;
    if (exponent == 0) return float_from_bits(sign | bits_of_float((float)fraction * 0x1p-24f));
    if (exponent == 31) return float_from_bits(sign | 0x7F800000 | fraction << 13 | (fraction ? 0x400000 : 0));
    return float_from_bits(sign | (exponent + 112) << 23 | fraction << 13);
}

// To the nearest, ties to even; overflow becomes infinity, NaN stays NaN.
static inline uint16_t f16_from_float(float value) {
    uint32_t bits = bits_of_float(value), magnitude = bits & 0x7FFFFFFF;
    uint16_t sign = (uint16_t)(bits >> 16 & 0x8000);
    if (magnitude > 0x7F800000) return sign | 0x7E00;
    if (magnitude >= 0x477FF000) return sign | 0x7C00;  // 65520 and above round to infinity
    if (magnitude < 0x38800000) {
        // Below 2^-14: adding 0.5 makes the unit in the last place 2^-24, so the addition itself rounds to even.
        return sign | (uint16_t)(bits_of_float(float_from_bits(magnitude) + 0.5f) - 0x3F000000);
    }
    uint32_t rounded = magnitude + 0xFFF + (magnitude >> 13 & 1);
    return sign | (uint16_t)((rounded - 0x38000000) >> 13);
}

// E4M3: a sign, four exponent bits of bias 7, three of fraction. 448 is the largest; 0x7F and 0xFF are NaN; there is no
// infinity. Its bits moved to float16's places are its value times 2^-8, for subnormals too.
static inline float float_from_e4m3(uint8_t code) {
    uint16_t magnitude = (uint16_t)((code & 0x7F) << 7), sign = (uint16_t)((code & 0x80) << 8);
    if (magnitude == 0x3F80) magnitude = 0x7F80;
    return float_from_f16(sign | magnitude) * 256;
}

// Half of an E8M0 scale, 2^(code - 128): the values of FP4 are kept doubled, as whole numbers. The specification's NaN,
// 255, is read as ggml reads it, as 2^127; so products that pass float32's range (codes 254 and 255) become infinities.
static inline float half_of_e8m0(uint8_t code) {
    uint32_t subnormal = 0x00200000u << (code & 1), normal = (code - 1u) << 23;
    return float_from_bits(code < 2 ? subnormal : normal);
}

#endif
