// What the bytes of the plain formats and of those with blocks of 32 elements mean. Products, sums and differences are
// rounded separately here and in the other such files, as ggml's Python reference does, so the values are the same bits
// everywhere.
#include "scalar_formats.h"

#include "blocks.h"

#pragma STDC FP_CONTRACT OFF

static uint16_t read_u16(const uint8_t *bytes) { return (uint16_t)(bytes[0] | bytes[1] << 8); }

void scalar_dequantize_f32(const void *row, float *out, int64_t n) { memcpy(out, row, (size_t)n * sizeof *out); }

void scalar_dequantize_f16(const void *row, float *out, int64_t n) {
    const uint8_t *bytes = row;
    for (int64_t i = 0; i < n; i++) out[i] = float_from_f16(read_u16(bytes + 2 * i));
}

void scalar_dequantize_bf16(const void *row, float *out, int64_t n) {
    const uint8_t *bytes = row;
    for (int64_t i = 0; i < n; i++) out[i] = float_from_bf16(read_u16(bytes + 2 * i));
}

void scalar_dequantize_q8_0(const void *row, float *out, int64_t n) {
    const block_q8_0 *block = row;
    for (int64_t i = 0; i < n; i += 32, block++) {
        float scale = float_from_f16(block->scale);
        for (int j = 0; j < 32; j++) out[i + j] = (float)block->q[j] * scale;
    }
}

void scalar_dequantize_q4_0(const void *row, float *out, int64_t n) {
    const block_q4_0 *block = row;
    for (int64_t i = 0; i < n; i += 32, block++) {
        float scale = float_from_f16(block->scale);
        for (int j = 0; j < 16; j++) {
            out[i + j] = scale * (float)((block->q[j] & 15) - 8);
            out[i + j + 16] = scale * (float)((block->q[j] >> 4) - 8);
        }
    }
}

void scalar_dequantize_q4_1(const void *row, float *out, int64_t n) {
    const block_q4_1 *block = row;
    for (int64_t i = 0; i < n; i += 32, block++) {
        float scale = float_from_f16(block->scale), minimum = float_from_f16(block->minimum);
        for (int j = 0; j < 16; j++) {
            out[i + j] = scale * (float)(block->q[j] & 15) + minimum;
            out[i + j + 16] = scale * (float)(block->q[j] >> 4) + minimum;
        }
    }
}

// Element j of 32 with five bits each.
static int five_bits(const uint8_t high[4], const uint8_t q[16], int j) {
    return (j < 16 ? q[j] & 15 : q[j - 16] >> 4) | (high[j / 8] >> j % 8 & 1) << 4;
}

void scalar_dequantize_q5_0(const void *row, float *out, int64_t n) {
    const block_q5_0 *block = row;
    for (int64_t i = 0; i < n; i += 32, block++) {
        float scale = float_from_f16(block->scale);
        for (int j = 0; j < 32; j++) out[i + j] = scale * (float)(five_bits(block->high, block->q, j) - 16);
    }
}

void scalar_dequantize_q5_1(const void *row, float *out, int64_t n) {
    const block_q5_1 *block = row;
    for (int64_t i = 0; i < n; i += 32, block++) {
        float scale = float_from_f16(block->scale), minimum = float_from_f16(block->minimum);
        for (int j = 0; j < 32; j++) out[i + j] = scale * (float)five_bits(block->high, block->q, j) + minimum;
    }
}
