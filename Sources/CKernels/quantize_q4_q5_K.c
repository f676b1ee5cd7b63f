// From float32 to Q4_K and Q5_K.
#include "gh_kernels.h"
#include "quantize_affine.h"

// Eight factors and eight offsets in twelve bytes; `unpack_scales` says where they go.
static void pack_scales(v8 factors, v8 offsets, uint8_t packed[12]) {
    for (int j = 0; j < 4; j++) {
        int factor = (int)factors[j], offset = (int)offsets[j];
        int late_factor = (int)factors[j + 4], late_offset = (int)offsets[j + 4];
        packed[j] = (uint8_t)(factor | late_factor >> 4 << 6);
        packed[j + 4] = (uint8_t)(offset | late_offset >> 4 << 6);
        packed[j + 8] = (uint8_t)((late_factor & 15) | (late_offset & 15) << 4);
    }
}

// The codes: low four bits to `q`; the fifth to `high` if there is one.
static void write_codes(const affine_search *search, uint8_t q[128], uint8_t *high) {
    affine_line line = line_of(search);
    v8 inverse = v8_ratio(v8_all(1), line.slope);
    for (int i = 0; i < affine_group; i++) {
        v8 codes = affine_codes(search->x[i], line, inverse, search->top);
        int fifth = 0;
        for (int pair = 0; pair < group_lanes / 2; pair++) {
            int low = (int)codes[2 * pair], upper = (int)codes[2 * pair + 1];
            q[32 * pair + i] = (uint8_t)((low & 15) | (upper & 15) << 4);
            fifth |= (low >> 4 | upper >> 4 << 1) << 2 * pair;
        }
        if (high) high[i] = (uint8_t)fifth;
    }
}

void gh_quantize_q4_K(const float *x, int64_t n, void *row) {
    block_q4_K *block = row;
    for (int64_t i = 0; i < n; i += 256, block++) {
        affine_search search;
        memset(block, 0, sizeof *block);
        block->scale = nan_f16;
        if (!search_affine(&search, x + i, 15)) continue;
        block->scale = f16_from_float(search.scale * search.restore);
        block->minimum = f16_from_float(search.minimum * search.restore);
        pack_scales(search.factors, search.offsets, block->packed_scales);
        write_codes(&search, block->q, 0);
    }
}

void gh_quantize_q5_K(const float *x, int64_t n, void *row) {
    block_q5_K *block = row;
    for (int64_t i = 0; i < n; i += 256, block++) {
        affine_search search;
        memset(block, 0, sizeof *block);
        block->scale = nan_f16;
        if (!search_affine(&search, x + i, 31)) continue;
        block->scale = f16_from_float(search.scale * search.restore);
        block->minimum = f16_from_float(search.minimum * search.restore);
        pack_scales(search.factors, search.offsets, block->packed_scales);
        write_codes(&search, block->q, block->high);
    }
}
