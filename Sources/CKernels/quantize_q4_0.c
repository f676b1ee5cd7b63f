// From float32 to Q4_0: value = scale * code, with a scale of either sign for each block of 32 numbers.
#include "gh_kernels.h"
#include "quantize_batch.h"
#include "quantize_centred.h"

static const code_range q4_codes = {-8, 7};

// Sets the scale of a block and returns the inverse of what float16 made of it, for numbers that are normalised.
static float set_scale(block_q4_0 *block, float scale, int32_t bits) {
    block->scale = is_finite(bits) ? f16_from_float(scale * restoring_factor(bits)) : nan_f16;
    float rounded = float_from_f16(block->scale) * normalizing_factor(bits);
    return rounded > 0 || rounded < 0 ? 1 / rounded : 0;
}

void gh_quantize_q4_0(const float *x, int64_t n, void *row) {
    for (int64_t i = 0; i < n; i += batch_block * group_lanes) {
        block_q4_0 *blocks = (block_q4_0 *)row + i / batch_block;
        batch b = load_batch(x + i, n - i);
        v8 scales = best_centred_scales(b.x, batch_block, q4_codes, -1, 0.25f, 10), inverse = v8_all(0);
        for (int lane = 0; lane < b.count; lane++)
            inverse[lane] = set_scale(&blocks[lane], scales[lane], b.bits[lane]);
        v8 codes[batch_block];
        for (int j = 0; j < batch_block; j++) codes[j] = centred_codes(b.x[j], inverse, q4_codes) + 8;
        for (int lane = 0; lane < b.count; lane++) pack_halves(codes, lane, blocks[lane].q);
    }
}
