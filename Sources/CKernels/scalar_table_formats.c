// What the bytes of the formats mean whose codes stand for values of a table, or are numbers themselves.
#include "scalar_formats.h"

#include "blocks.h"

#pragma STDC FP_CONTRACT OFF

static void look_up(const uint8_t q[16], float scale, const int8_t values[16], float *out) {
    for (int j = 0; j < 16; j++) {
        out[j] = scale * (float)values[q[j] & 15];
        out[j + 16] = scale * (float)values[q[j] >> 4];
    }
}

void scalar_dequantize_iq4_nl(const void *row, float *out, int64_t n) {
    const block_iq4_nl *block = row;
    for (int64_t i = 0; i < n; i += 32, block++) look_up(block->q, float_from_f16(block->scale), iq4_values, out + i);
}

void scalar_dequantize_iq4_xs(const void *row, float *out, int64_t n) {
    const block_iq4_xs *block = row;
    for (int64_t i = 0; i < n; i += 256, block++) {
        float scale = float_from_f16(block->scale);
        for (int j = 0; j < 8; j++) {
            int low = block->low_scales[j / 2] >> 4 * (j % 2) & 15, high = block->high_scales >> 2 * j & 3;
            look_up(block->q + 16 * j, scale * (float)((low | high << 4) - 32), iq4_values, out + i + 32 * j);
        }
    }
}

void scalar_dequantize_mxfp4(const void *row, float *out, int64_t n) {
    const block_mxfp4 *block = row;
    for (int64_t i = 0; i < n; i += 32, block++) look_up(block->q, half_of_e8m0(block->scale), fp4_values, out + i);
}

void scalar_dequantize_f8_e4m3(const void *row, float *out, int64_t n) {
    const block_f8_e4m3 *block = row;
    for (int64_t i = 0; i < n; i += 128, block++)
        for (int j = 0; j < 128; j++) out[i + j] = block->scale * float_from_e4m3(block->q[j]);
}
