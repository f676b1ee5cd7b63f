// bfloat16 panels, and products with them in plain C; see gh_pairs.h.
#include "gh_pairs.h"

#include "numbers.h"
#include "scalar_packed.h"

#pragma STDC FP_CONTRACT OFF

enum { panel_rows = 16, pair_bytes = 4, vector_bytes = 64 };

void gh_pack_pair_panel(const void *rows, int64_t row_bytes, int64_t count, int64_t columns, void *panel) {
    uint8_t *to = panel;
    for (int64_t g = 0; g < columns / 2; g++, to += vector_bytes) {
        memset(to, 0, vector_bytes);
        for (int64_t row = 0; row < count; row++)
            memcpy(to + pair_bytes * row, (const uint8_t *)rows + row * row_bytes + pair_bytes * g, pair_bytes);
    }
}

// `sum` with the products of two columns added. They are exact in float32.
static float add_pair(float sum, uint32_t w, const uint16_t *x) {
    sum += float_from_bf16((uint16_t)(w >> 16)) * float_from_bf16(x[1]);
    return sum + float_from_bf16((uint16_t)w) * float_from_bf16(x[0]);
}

static float product_of_row(const uint8_t *pairs, const uint16_t *x, int64_t columns) {
    float sums[2] = {0, 0};
    for (int64_t g = 0; g < columns / 2; g++, pairs += vector_bytes) {
        uint32_t w;
        memcpy(&w, pairs, sizeof w);
        sums[g % 2] = add_pair(sums[g % 2], w, x + 2 * g);
    }
    return sums[0] + sums[1];
}

void scalar_multiply_pairs(const gh_pair_product *product) {
    const int64_t columns = product->columns;
    for (int64_t r = 0; r < product->rows; r++) {
        const uint8_t *panel = (const uint8_t *)product->panels + r / panel_rows * gh_pair_panel_bytes(columns);
        for (int64_t t = 0; t < product->tokens; t++) {
            const int64_t input = product->order ? product->order[t] : t;
            product->out[t * product->out_stride + r] =
                product_of_row(panel + pair_bytes * (r % panel_rows), product->inputs + input * columns, columns);
        }
    }
}

int64_t scalar_pair_probe(int64_t rounds) {
    uint16_t x[2] = {0x3F80, 0x3F80};
    float sum = 0;
    for (int64_t round = 0; round < rounds; round++) {
        // Hides from the compiler what the inputs are, and that the sum is not used.
        __asm__ volatile("" : : "r"(x), "r"(&sum) : "memory");
        sum = add_pair(sum, 0x3F803F80, x);
    }
    return rounds * 2;
}
