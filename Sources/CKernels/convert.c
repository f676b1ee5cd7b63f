// Narrowing conversions. They make test files and checkpoints, so they are plain C on every machine.
#include <math.h>

#include "blocks.h"
#include "gh_kernels.h"

#pragma STDC FP_CONTRACT OFF

static uint16_t f16_from_float(float value) {
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

void gh_to_f16(const float *x, int64_t n, uint16_t *out) {
    for (int64_t i = 0; i < n; i++) out[i] = f16_from_float(x[i]);
}

void gh_to_bf16(const float *x, int64_t n, uint16_t *out) {
    for (int64_t i = 0; i < n; i++) {
        uint32_t bits = bits_of_float(x[i]);
        bool nan = (bits & 0x7FFFFFFF) > 0x7F800000;
        out[i] = (uint16_t)((nan ? bits | 0x400000 : bits + 0x7FFF + (bits >> 16 & 1)) >> 16);
    }
}

// Only numbers that are not finite can leave the range; converting them to an integer would be undefined.
static int8_t rounded_to_int8(float value) {
    float rounded = roundf(value);
    if (rounded >= -127 && rounded <= 127) return (int8_t)rounded;
    return rounded > 127 ? 127 : rounded < -127 ? -127 : 0;
}

void gh_quantize_q8_0(const float *x, int64_t n, void *row) {
    block_q8_0 *block = row;
    for (int64_t i = 0; i < n; i += 32, block++) {
        float largest = 0;
        for (int j = 0; j < 32; j++) largest = fmaxf(largest, fabsf(x[i + j]));
        float scale = largest / 127, inverse = scale != 0 ? 1 / scale : 0;
        block->scale = f16_from_float(scale);
        for (int j = 0; j < 32; j++) block->q[j] = rounded_to_int8(x[i + j] * inverse);
    }
}
