// From float32 to MXFP4: value = a power of two * an FP4 number, for each block of 32 numbers.
#include "gh_kernels.h"
#include "quantize_batch.h"

// The nearest FP4 numbers, doubled. They lie 1 apart below 4, then 2, then 4; 12 is the last.
static v8 nearest_fp4(v8 doubled) {
    v8 magnitude = v8_smaller(v8_magnitude(doubled), v8_all(12));
    v8 gap = v8_select(magnitude < 4, v8_all(1), v8_select(magnitude < 8, v8_all(2), v8_all(4)));
    v8 inverse = v8_select(magnitude < 4, v8_all(1), v8_select(magnitude < 8, v8_all(0.5f), v8_all(0.25f)));
    v8 value = v8_round(magnitude * inverse) * gap;
    return v8_select(doubled < 0, -value, value);
}

// The codes of doubled FP4 numbers: 0-4 are themselves, then come 6, 8 and 12, then the same with a sign.
static v8 fp4_codes(v8 value) {
    v8 magnitude = v8_magnitude(value);
    v8 upper = v8_select(magnitude < 12, magnitude * 0.5f + 2, v8_all(7));
    v8 code = v8_select(magnitude <= 4, magnitude, upper);
    return v8_select(value < 0, code + 8, code);
}

static v8 error_of(const batch *b, float half_scale) {
    v8 error = v8_all(0);
    for (int i = 0; i < batch_block; i++) {
        v8 difference = b->x[i] - nearest_fp4(b->x[i] * (1 / half_scale)) * half_scale;
        error += difference * difference;
    }
    return error;
}

// Half of the best scale of each block. The largest number, 1 ... 2 now, becomes 4 to 8 of at most 6, as the
// specification of MXFP4 proposes, or one power of two more or less.
static v8 best_half_scales(const batch *b) {
    const float others[2] = {0.0625f, 0.25f};
    v8 best = v8_all(0.125f), least = error_of(b, 0.125f);
    for (int k = 0; k < 2; k++) {
        v8 error = error_of(b, others[k]);
        best = v8_select(error < least, v8_all(others[k]), best);
        least = v8_smaller(error, least);
    }
    return best;
}

// `half_scale` is a power of two, for a block with a largest magnitude of these bits, scaled into 1 ... 2.
static void write_block(const v8 codes[batch_block], int lane, float half_scale, int32_t bits, block_mxfp4 *block) {
    const uint8_t largest_codes = 0x77, infinite_scale = 255;
    int half_exponent = (int)(bits_of_float(half_scale) >> 23) - 127;
    int scale = exponent_of(bits) + half_exponent + 1;
    pack_halves(codes, lane, block->q);
    // Below the smallest scale everything is zero.
    if (scale < 0) memset(block->q, 0, sizeof block->q);
    block->scale = (uint8_t)(scale < 0 ? 0 : scale);
    if (is_finite(bits)) return;
    memset(block->q, largest_codes, sizeof block->q);
    block->scale = infinite_scale;
}

void gh_quantize_mxfp4(const float *x, int64_t n, void *row) {
    for (int64_t i = 0; i < n; i += batch_block * group_lanes) {
        block_mxfp4 *blocks = (block_mxfp4 *)row + i / batch_block;
        batch b = load_batch(x + i, n - i);
        v8 half_scales = best_half_scales(&b), inverse = 1 / half_scales, codes[batch_block];
        for (int j = 0; j < batch_block; j++) codes[j] = fp4_codes(nearest_fp4(b.x[j] * inverse));
        for (int lane = 0; lane < b.count; lane++)
            write_block(codes, lane, half_scales[lane], b.bits[lane], &blocks[lane]);
    }
}
