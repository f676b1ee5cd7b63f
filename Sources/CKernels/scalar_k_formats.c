// What the bytes of the formats with blocks of 256 elements and two levels of scales mean.
#include "scalar_formats.h"

#include "blocks.h"

#pragma STDC FP_CONTRACT OFF

// Element j of 256 with two bits each.
static int two_bits(const uint8_t q[64], int j) { return q[j / 128 * 32 + j % 32] >> 2 * (j / 32 % 4) & 3; }

void scalar_dequantize_q2_K(const void *row, float *out, int64_t n) {
    const block_q2_K *block = row;
    for (int64_t i = 0; i < n; i += 256, block++) {
        float scale = float_from_f16(block->scale), minimum = float_from_f16(block->minimum);
        for (int j = 0; j < 256; j++) {
            int factors = block->factors[j / 16];
            out[i + j] = scale * (float)(factors & 15) * (float)two_bits(block->q, j) - minimum * (float)(factors >> 4);
        }
    }
}

void scalar_dequantize_q3_K(const void *row, float *out, int64_t n) {
    const block_q3_K *block = row;
    for (int64_t i = 0; i < n; i += 256, block++) {
        float scale = float_from_f16(block->scale);
        uint8_t factors[16];
        unpack_q3_scales(block->packed_scales, factors);
        for (int j = 0; j < 256; j++) {
            int is_high = block->high[j % 32] >> j / 32 & 1;
            out[i + j] = scale * (float)(factors[j / 16] - 32) * (float)(two_bits(block->q, j) - (is_high ? 0 : 4));
        }
    }
}

void scalar_dequantize_q4_K(const void *row, float *out, int64_t n) {
    const block_q4_K *block = row;
    for (int64_t i = 0; i < n; i += 256, block++) {
        float scale = float_from_f16(block->scale), minimum = float_from_f16(block->minimum);
        uint8_t factors[16];
        unpack_scales(block->packed_scales, factors);
        for (int j = 0; j < 256; j++) {
            int group = j / 32, byte = block->q[j / 64 * 32 + j % 32];
            int q = group % 2 ? byte >> 4 : byte & 15;
            out[i + j] = scale * factors[group] * (float)q - minimum * factors[8 + group];
        }
    }
}

void scalar_dequantize_q5_K(const void *row, float *out, int64_t n) {
    const block_q5_K *block = row;
    for (int64_t i = 0; i < n; i += 256, block++) {
        float scale = float_from_f16(block->scale), minimum = float_from_f16(block->minimum);
        uint8_t factors[16];
        unpack_scales(block->packed_scales, factors);
        for (int j = 0; j < 256; j++) {
            int group = j / 32, byte = block->q[j / 64 * 32 + j % 32];
            int q = (group % 2 ? byte >> 4 : byte & 15) | (block->high[j % 32] >> group & 1) << 4;
            out[i + j] = scale * factors[group] * (float)q - minimum * factors[8 + group];
        }
    }
}

void scalar_dequantize_q6_K(const void *row, float *out, int64_t n) {
    const block_q6_K *block = row;
    for (int64_t i = 0; i < n; i += 256, block++) {
        float scale = float_from_f16(block->scale);
        for (int j = 0; j < 256; j++) {
            int half = j / 128, group = j / 32 % 4;
            int byte = block->low[half * 64 + j % 64];
            int low = group < 2 ? byte & 15 : byte >> 4;
            int high = block->high[half * 32 + j % 32] >> 2 * group & 3;
            out[i + j] = scale * (float)block->scales[j / 16] * (float)((low | high << 4) - 32);
        }
    }
}
