// Products of packed weights in plain C: what the layout of panels means, one number at a time.
#include "scalar_packed.h"

#include <math.h>

#include "packed_layout.h"

#pragma STDC FP_CONTRACT OFF

// A row of a panel and the block that is being multiplied.
typedef struct packed_row {
    packed_layout layout;
    const uint8_t *panel;
    int64_t row, block;
} packed_row;

// The weight in column `c` of the block, a whole number.
static int weight(const packed_row *at, int c) {
    const uint8_t *codes = at->panel + code_offset(at->layout, at->block);
    const int64_t g = c / 4, place = 4 * at->row + c % 4;
    if (at->layout.codes == codes_8) return codes[64 * g + place] - 128;
    int low = codes[64 * (g % 4) + place] >> (g < 4 ? 0 : 4) & 15;
    int offset = at->layout.offset_log2 < 0 ? 0 : 1 << at->layout.offset_log2;
    switch (at->layout.codes) {
        case codes_fp4: return fp4_values[low];
        case codes_iq4: return iq4_values[low];
        case codes_5: return (low | (codes[256 + place] >> g & 1) << 4) - offset;
        case codes_6: return (low | (codes[256 + g / 4 * 64 + place] >> 2 * (g % 4) & 3) << 4) - offset;
        default: return low - offset;
    }
}

static float half_at(const uint8_t *head, int64_t index) {
    uint16_t half;
    memcpy(&half, head + 2 * index, sizeof half);
    return float_from_f16(half);
}

static const uint8_t *head_of(const packed_row *at) {
    return at->panel + head_offset(at->layout, at->block);
}

// The scale of a half of the block; without what the unit shares.
static float scale(const packed_row *at, int half) {
    const uint8_t *head = head_of(at);
    const int64_t row = at->row, b = at->block % unit_blocks(at->layout);
    switch (at->layout.scales) {
        case scales_f16:
        case scales_f16_minimum: return half_at(head + 32 * b, row);
        case scales_e8m0: return half_of_e8m0(head[16 * b + row]);
        case scales_k: return (int8_t)head[32 + 16 * b + row];
        case scales_k_minimum: return head[64 + 16 * b + row];
        case scales_k_halves: return (int8_t)head[32 + 32 * b + 16 * half + row];
    }
    __builtin_unreachable();
}

// The exact sum of the products of columns first ..< last of the block, times its scale: what is added to `sum`, rounded
// once as in all instruction sets.
static float add_part(float sum, const packed_row *at, const gh_rounded_block *x, float x_scale, int first, int last) {
    int32_t exact = 0;
    for (int c = first; c < last; c++) exact += weight(at, c) * x->q[c];
    return fmaf((float)exact, scale(at, first / 16) * x_scale, sum);
}

// Blocks with scales of their own.
static float product_by_blocks(packed_row at, const gh_rounded_block *x, int64_t blocks) {
    float sum = 0;
    for (at.block = 0; at.block < blocks; at.block++, x++) {
        sum = add_part(sum, &at, x, x->scale, 0, 32);
        if (has_minimum(at.layout)) sum = fmaf(half_at(head_of(&at), 16 + at.row), x->sum, sum);
    }
    return sum;
}

// The exact sum of the minimums of a unit times the sums of the input's blocks.
static int32_t minimums(const uint8_t *head, int64_t row, const gh_rounded_block *x) {
    int32_t sum = 0;
    for (int b = 0; b < 8; b++) sum += head[192 + 32 * (b / 2) + 2 * row + b % 2] * x[b / 2 * 2].pair_sums[b % 2];
    return sum;
}

// Units of four blocks whose inputs share a scale.
static float product_by_inputs(packed_row at, const gh_rounded_block *x, int64_t blocks) {
    const int64_t together = input_blocks(at.layout);
    float sum = 0;
    for (int64_t unit = 0; unit < blocks; unit += together) {
        float part = 0;
        for (at.block = unit; at.block < blocks && at.block < unit + together; at.block++)
            part = add_part(part, &at, x + at.block, 1, 0, 32);
        sum = fmaf(part, x[unit].scale, sum);
    }
    return sum;
}

// Units of eight blocks that share a scale.
static float product_by_units(packed_row at, const gh_rounded_block *x, int64_t blocks) {
    const int step = at.layout.scales == scales_k_halves ? 16 : 32;
    float sum = 0;
    for (int64_t unit = 0; unit < blocks; unit += 8, x += 8) {
        float part = 0;
        for (int b = 0; b < 8; b++) {
            at.block = unit + b;
            for (int c = 0; c < 32; c += step) part = add_part(part, &at, x + b, 1, c, c + step);
        }
        const uint8_t *head = head_of(&at);
        sum = fmaf(part, half_at(head, at.row) * x->scale, sum);
        if (has_minimum(at.layout))
            sum = fmaf((float)minimums(head, at.row, x), -half_at(head, 16 + at.row) * x->scale, sum);
    }
    return sum;
}

static float product_of_row(packed_row at, const gh_rounded_block *x, int64_t blocks) {
    if (has_shared_scale(at.layout)) return product_by_units(at, x, blocks);
    return input_blocks(at.layout) > 1 ? product_by_inputs(at, x, blocks) : product_by_blocks(at, x, blocks);
}

void scalar_multiply_packed(gh_packed_type type, const gh_packed_product *product) {
    const packed_layout layout = layout_of(type);
    const int64_t blocks = product->columns / 32;
    for (int64_t r = 0; r < product->rows; r++) {
        const uint8_t *panel = (const uint8_t *)product->panels + r / gh_panel_rows * panel_bytes(layout, blocks);
        const packed_row row = {layout, panel, r % gh_panel_rows, 0};
        for (int64_t t = 0; t < product->tokens; t++) {
            const int64_t input = product->order ? product->order[t] : t;
            product->out[t * product->out_stride + r] = product_of_row(row, product->inputs + input * blocks, blocks);
        }
    }
}

int64_t scalar_product_probe(int64_t rounds) {
    int8_t w[32], x[32];
    memset(w, 1, sizeof w);
    memset(x, 1, sizeof x);
    int32_t sum = 0;
    for (int64_t round = 0; round < rounds; round++) {
        // Hides from the compiler what the weights are, and that the sum is not used.
        __asm__ volatile("" : "+r"(sum) : "r"(w) : "memory");
        for (int c = 0; c < 32; c++) sum += w[c] * x[c];
    }
    return rounds * 32;
}
