// Products with bfloat16 panels in tiles, for every instruction set that has `add_pairs`. As in packed_tiles.h, strips
// and tokens are constants where these functions are inlined, and the tile lives in registers.
#ifndef GH_PAIR_TILES_H
#define GH_PAIR_TILES_H

#include "ask_ahead.h"
#include "gh_pairs.h"

#ifndef PACKED_UNROLL
#define PACKED_UNROLL _Pragma("clang loop unroll(full)")
#endif

typedef struct pair_tile {
    const uint8_t *codes[tile_strips];
    const uint16_t *x[tile_tokens_most];
    // Sums of the even and of the odd vectors.
    row_numbers sums[tile_tokens_most][tile_strips][2];
    gh_distances distances;
} pair_tile;

PACKED_INLINE row_integers pair_of_input(const uint16_t *x) {
    int32_t pair;
    memcpy(&pair, x, sizeof pair);
    return integers_all(pair);
}

// How weights that will be needed are asked for, as in packed_tiles.h.
PACKED_INLINE enum asking asking_pairs_ahead(const int strips, const int tokens) {
    return strips > 1 ? asks_nothing : tokens <= 4 ? asks_middle : asks_far;
}

// Adds an even and an odd vector, columns `c` ... `c` + 3.
PACKED_INLINE void add_two_vectors(pair_tile *tile, const int strips, const int tokens, int64_t c) {
    PACKED_UNROLL for (int odd = 0; odd < 2; odd++) {
        strip_pairs w[tile_strips];
        PACKED_UNROLL for (int s = 0; s < strips; s++) w[s] = opened_pairs(load_codes(tile->codes[s] + 64 * odd));
        PACKED_UNROLL for (int t = 0; t < tokens; t++) {
            const strip_pairs x = opened_pairs((strip_codes)pair_of_input(tile->x[t] + c + 2 * odd));
            PACKED_UNROLL for (int s = 0; s < strips; s++)
                tile->sums[t][s][odd] = add_pairs(tile->sums[t][s][odd], w[s], x);
        }
    }
    ask_ahead(asking_pairs_ahead(strips, tokens), tile->distances, tile->codes[0], 128);
    PACKED_UNROLL for (int s = 0; s < strips; s++) tile->codes[s] += 128;
}

PACKED_INLINE void multiply_pair_tile(
    const gh_pair_product *product, const int strips, const int tokens, int64_t row, int64_t t) {
    pair_tile tile;
    tile.distances = product->distances;
    PACKED_UNROLL for (int s = 0; s < strips; s++) {
        const int64_t first = row + s * strip_rows;
        tile.codes[s] = (const uint8_t *)product->panels + first / 16 * gh_pair_panel_bytes(product->columns) +
                        4 * (first % 16);
        PACKED_UNROLL for (int i = 0; i < tokens; i++)
            PACKED_UNROLL for (int odd = 0; odd < 2; odd++) tile.sums[i][s][odd] = numbers_zero();
    }
    PACKED_UNROLL for (int i = 0; i < tokens; i++)
        tile.x[i] = product->inputs + (product->order ? product->order[t + i] : t + i) * product->columns;
    for (int64_t c = 0; c < product->columns; c += 4) add_two_vectors(&tile, strips, tokens, c);
    PACKED_UNROLL for (int i = 0; i < tokens; i++)
        PACKED_UNROLL for (int s = 0; s < strips; s++) {
            const int64_t first = row + s * strip_rows;
            float *out = product->out + (t + i) * product->out_stride + first;
            numbers_store_first(out, numbers_sum(tile.sums[i][s][0], tile.sums[i][s][1]), product->rows - first);
        }
}

// One case of the sizes of tiles; those that do not occur make no code.
#define PAIR_TILE_CASE(TOKENS)                                                           \
    case TOKENS:                                                                         \
        if (TOKENS <= most) multiply_pair_tile(product, strips, TOKENS, row, t);         \
        break;

// Tokens `first` ..< `last` by the strips from `row` on, in tiles of even size.
PACKED_INLINE void multiply_pair_strips(
    const gh_pair_product *product, const int strips, int64_t row, int64_t first, int64_t last) {
    const int64_t most = packed_tokens(strips);
    for (int64_t t = first, tokens; t < last; t += tokens) {
        const int64_t left = last - t, tiles = (left + most - 1) / most;
        tokens = (left + tiles - 1) / tiles;
        switch (tokens) {
            PAIR_TILE_CASE(1)
            PAIR_TILE_CASE(2)
            PAIR_TILE_CASE(3)
            PAIR_TILE_CASE(4)
#if PACKED_LANES == 16
            PAIR_TILE_CASE(5)
            PAIR_TILE_CASE(6)
            PAIR_TILE_CASE(7)
            PAIR_TILE_CASE(8)
#endif
        }
    }
}

// Strips together where they make up a panel. Else the first tile, which waits for the weights, is multiplied with one strip
// after the other, because one stream of memory is read faster than two; the rest is with two, which takes fewer loads of
// inputs.
static void multiply_pairs(const gh_pair_product *product) {
    const int64_t together = tile_strips * strip_rows, tokens = product->tokens, most = packed_tokens(1);
    const int64_t alone = together == 16 ? 0 : tokens < most ? tokens : most;
    int64_t row = 0;
    for (; alone < tokens && row + together - strip_rows < product->rows; row += together) {
        for (int s = 0; s < tile_strips; s++)
            multiply_pair_strips(product, 1, row + s * strip_rows, 0, alone);
        multiply_pair_strips(product, tile_strips, row, alone, tokens);
    }
    for (; row < product->rows; row += strip_rows) multiply_pair_strips(product, 1, row, 0, tokens);
}

// Twelve sums that do not wait for each other. The empty instruction hides from the compiler that all weights are the
// same.
static int64_t pair_probe(int64_t rounds) {
    enum { sums = 12, products_of_vector = 2 * strip_rows };
    row_numbers run[sums];
    const strip_codes x = (strip_codes)integers_all(0x3F803F80);
    for (int i = 0; i < sums; i++) run[i] = numbers_zero();
    for (int64_t round = 0; round < rounds; round++) {
        strip_codes w = x;
        __asm__ volatile("" : "+" PACKED_REGISTER(w));
        PACKED_UNROLL for (int i = 0; i < sums; i++) run[i] = add_pairs(run[i], opened_pairs(w), opened_pairs(x));
    }
    for (int i = 1; i < sums; i++) run[0] = numbers_sum(run[0], run[i]);
    __asm__ volatile("" : : PACKED_REGISTER(run[0]));
    return rounds * sums * products_of_vector;
}

#endif
