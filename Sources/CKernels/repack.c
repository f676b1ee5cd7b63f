// From the layouts of Hugging Face checkpoints to blocks that the kernels read.
#include "blocks.h"
#include "gh_kernels.h"

#pragma STDC FP_CONTRACT OFF

void gh_pack_f8_row(const uint8_t *codes, const float *scales, int64_t scale_columns, int64_t n, void *row) {
    block_f8_e4m3 *block = row;
    for (int64_t i = 0; i < n; i += 128, block++) {
        block->scale = scales[i / scale_columns];
        memcpy(block->q, codes + i, sizeof block->q);
    }
}

void gh_scale_f8_row(const uint8_t *codes, const float *scales, int64_t scale_columns, int64_t n, float *out) {
    for (int64_t i = 0; i < n; i++) out[i] = scales[i / scale_columns] * float_from_e4m3(codes[i]);
}

// Sixteen bytes of neighbours, elements 2j and 2j + 1, become bytes of elements j and j + 16.
static void separate_halves(const uint8_t source[16], uint8_t q[16]) {
    for (int j = 0; j < 16; j++) {
        int shift = 4 * (j % 2);
        q[j] = (uint8_t)((source[j / 2] >> shift & 15) | (source[8 + j / 2] >> shift & 15) << 4);
    }
}

void gh_pack_mxfp4_row(const uint8_t *codes, const uint8_t *scales, int64_t n, void *row) {
    block_mxfp4 *block = row;
    for (int64_t i = 0; i < n / 32; i++) {
        block[i].scale = scales[i];
        separate_halves(codes + 16 * i, block[i].q);
    }
}
