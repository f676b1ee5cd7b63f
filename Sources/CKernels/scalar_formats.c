// What the bytes of each format mean. Products and differences are rounded separately, as ggml's Python reference
// does, so the values are the same bits everywhere.
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
