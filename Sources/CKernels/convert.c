// Narrowing conversions. They make test files and checkpoints, so they are plain C on every machine.
#include <math.h>

#include "blocks.h"
#include "gh_kernels.h"

#pragma STDC FP_CONTRACT OFF

void gh_to_f16(const float *x, int64_t n, uint16_t *out) {
    for (int64_t i = 0; i < n; i++) out[i] = f16_from_float(x[i]);
}

void gh_to_bf16(const float *x, int64_t n, uint16_t *out) {
    for (int64_t i = 0; i < n; i++) out[i] = bf16_from_float(x[i]);
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
