// Products of packed weights cut into tiles, and one function for each format.
#ifndef GH_PACKED_PRODUCTS_H
#define GH_PACKED_PRODUCTS_H

#include "packed_tiles.h"

// Tokens `t` ..< t + `tokens` by the strips from `row` on.
PACKED_INLINE void multiply_tile(
    const gh_packed_product *product, const packed_layout layout, const int strips, const int tokens, int64_t row,
    int64_t t) {
    const int64_t blocks = product->columns / 32;
    packed_tile tile;
    tile.distances = product->distances;
    PACKED_UNROLL for (int s = 0; s < strips; s++) {
        const int64_t first = row + s * strip_rows, panel = first / gh_panel_rows;
        // Two strips of half a panel begin at its start.
        const int64_t first_row = strips * strip_rows < gh_panel_rows ? first % gh_panel_rows
                                                                      : s * strip_rows % gh_panel_rows;
        tile.first_rows[s] = first_row;
        tile.heads[s] = (const uint8_t *)product->panels + panel * panel_bytes(layout, blocks);
        tile.codes[s] = tile.heads[s] + head_bytes(layout) + 4 * first_row;
    }
    PACKED_UNROLL for (int i = 0; i < tokens; i++)
        tile.x[i] = product->inputs + (product->order ? product->order[t + i] : t + i) * blocks;
    add_blocks(&tile, layout, strips, tokens, blocks);
    PACKED_UNROLL for (int i = 0; i < tokens; i++)
        PACKED_UNROLL for (int s = 0; s < strips; s++) {
            const int64_t first = row + s * strip_rows;
            float *out = product->out + (t + i) * product->out_stride + first;
            numbers_store_first(out, tile.sums[i][s], product->rows - first);
        }
}

// One case of the sizes of tiles; those that do not occur make no code.
#define TILE_CASE(TOKENS)                                                                \
    case TOKENS:                                                                         \
        if (TOKENS <= most) multiply_tile(product, layout, strips, TOKENS, row, t);      \
        break;

// Tokens `first` ..< `last` by the strips from `row` on, in tiles of even size.
PACKED_INLINE void multiply_strips(
    const gh_packed_product *product, const packed_layout layout, const int strips, int64_t row, int64_t first,
    int64_t last) {
    const int64_t most = packed_tokens(strips);
    for (int64_t t = first, tokens; t < last; t += tokens) {
        const int64_t left = last - t, tiles = (left + most - 1) / most;
        tokens = (left + tiles - 1) / tiles;
        switch (tokens) {
            TILE_CASE(1)
            TILE_CASE(2)
            TILE_CASE(3)
            TILE_CASE(4)
#if PACKED_LANES == 16
            TILE_CASE(5)
            TILE_CASE(6)
            TILE_CASE(7)
            TILE_CASE(8)
#endif
        }
    }
}

// Strips in pairs, but for the tokens that each is multiplied with alone; and what is left over.
PACKED_INLINE void multiply_layout(const gh_packed_product *product, const packed_layout layout) {
    const int64_t tokens = product->tokens, alone = tokens_alone(layout, tokens), pair = tile_strips * strip_rows;
    int64_t row = 0;
    for (; alone < tokens && row + pair - strip_rows < product->rows; row += pair) {
        for (int s = 0; s < tile_strips; s++) multiply_strips(product, layout, 1, row + s * strip_rows, 0, alone);
        multiply_strips(product, layout, tile_strips, row, alone, tokens);
    }
    for (; row < product->rows; row += strip_rows) multiply_strips(product, layout, 1, row, 0, tokens);
}

#define DEFINE_PACKED(NAME)                                                       \
    static void multiply_packed_##NAME(const gh_packed_product *product) {        \
        multiply_layout(product, layout_of(gh_packed_##NAME));                    \
    }
DEFINE_PACKED(q8_0)
DEFINE_PACKED(q4_0)
DEFINE_PACKED(q4_1)
DEFINE_PACKED(q5_0)
DEFINE_PACKED(q5_1)
DEFINE_PACKED(q4_K)
DEFINE_PACKED(q5_K)
DEFINE_PACKED(q6_K)
DEFINE_PACKED(iq4_nl)
DEFINE_PACKED(iq4_xs)
DEFINE_PACKED(mxfp4)

static void multiply_packed(gh_packed_type type, const gh_packed_product *product) {
    switch (type) {
        case gh_packed_q8_0: multiply_packed_q8_0(product); break;
        case gh_packed_q4_0: multiply_packed_q4_0(product); break;
        case gh_packed_q4_1: multiply_packed_q4_1(product); break;
        case gh_packed_q5_0: multiply_packed_q5_0(product); break;
        case gh_packed_q5_1: multiply_packed_q5_1(product); break;
        case gh_packed_q4_K: multiply_packed_q4_K(product); break;
        case gh_packed_q5_K: multiply_packed_q5_K(product); break;
        case gh_packed_q6_K: multiply_packed_q6_K(product); break;
        case gh_packed_iq4_nl: multiply_packed_iq4_nl(product); break;
        case gh_packed_iq4_xs: multiply_packed_iq4_xs(product); break;
        case gh_packed_mxfp4: multiply_packed_mxfp4(product); break;
    }
}

// Twelve sums that do not wait for each other. The empty instruction hides from the compiler that all weights are the
// same.
static int64_t product_probe(int64_t rounds) {
    enum { sums = 12, products_of_vector = 4 * strip_rows };
    const packed_layout layout = layout_of(gh_packed_q4_0);
    row_integers run[sums], x = integers_all(0x01010101);
    for (int i = 0; i < sums; i++) run[i] = integers_zero();
    for (int64_t round = 0; round < rounds; round++) {
        strip_codes w = (strip_codes)x;
        __asm__ volatile("" : "+" PACKED_REGISTER(w));
        PACKED_UNROLL for (int i = 0; i < sums; i++) run[i] = run_add(layout, run[i], w, x);
    }
    for (int i = 1; i < sums; i++) run[0] = integers_sum(run[0], run[i]);
    __asm__ volatile("" : : PACKED_REGISTER(run[0]));
    return rounds * sums * products_of_vector;
}

#endif
