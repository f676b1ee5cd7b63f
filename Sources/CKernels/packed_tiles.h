// Products of packed weights, for every instruction set: `strip_rows` lanes of a register belong to rows of a panel.
// In these functions `layout`, `strips` and `tokens` are constants, because all is inlined where they are given; so
// every choice is the compiler's, loops over strips and tokens vanish, and the tile lives in registers.
#ifndef GH_PACKED_TILES_H
#define GH_PACKED_TILES_H

#include "ask_ahead.h"

#define PACKED_UNROLL _Pragma("clang loop unroll(full)")

// What a tile reads and adds up.
typedef struct packed_tile {
    const uint8_t *heads[tile_strips], *codes[tile_strips];
    const gh_rounded_block *x[tile_tokens_most];
    row_numbers sums[tile_tokens_most][tile_strips];
    // The first rows of the strips in their panels.
    int64_t first_rows[tile_strips];
    gh_distances distances;
} packed_tile;

// The sixteen values of a table as unsigned codes.
PACKED_INLINE bytes16 offset_table(const int8_t table[16], int offset) {
    return load_bytes(table) + (uint8_t)offset;
}

// Vector `g` of a block: four columns of the rows of a strip.
PACKED_INLINE strip_codes packed_vector(const packed_layout layout, const uint8_t *codes, const int g) {
    if (layout.codes == codes_8) return load_codes(codes + 64 * g);
    strip_codes low = masked(moved(load_codes(codes + 64 * (g % 4)), g < 4 ? 0 : -4), 15);
    switch (layout.codes) {
        case codes_fp4: return look_up(offset_table(fp4_values, 16), low);
        case codes_iq4: return look_up(offset_table(iq4_values, 128), low);
        case codes_5: return either(low, masked(moved(load_codes(codes + 256), 4 - g), 0x10));
        case codes_6:
            return either(low, masked(moved(load_codes(codes + 256 + g / 4 * 64), 4 - 2 * (g % 4)), 0x30));
        default: return low;
    }
}

PACKED_INLINE row_numbers load_factors(const uint8_t *p) { return numbers_from_integers(load_bytes_wide(p)); }
PACKED_INLINE row_numbers load_signed_factors(const uint8_t *p) {
    return numbers_from_integers(load_signed_bytes_wide(p));
}

// The scale of block `b` of a unit, or of its half; without what the unit shares.
PACKED_INLINE row_numbers packed_scale(
    const packed_layout layout, const uint8_t *head, int64_t first, int64_t b, const int half) {
    switch (layout.scales) {
        case scales_f16: return load_halves(head + 32 * b + 2 * first);
        case scales_f16_minimum: return load_halves(head + 2 * first);
        case scales_e8m0: return load_e8m0(head + 16 * b + first);
        case scales_k: return load_signed_factors(head + 32 + 16 * b + first);
        case scales_k_minimum: return load_factors(head + 64 + 16 * b + first);
        case scales_k_halves: return load_signed_factors(head + 32 + 32 * b + 16 * half + first);
    }
    __builtin_unreachable();
}

// Minus what the offset of the codes adds to the exact sums of a block or half.
PACKED_INLINE row_integers packed_correction(const packed_layout layout, const gh_rounded_block *x, const int half) {
    if (!products_have_offset(layout)) return integers_zero();
    row_integers sum = integers_all(x->corrections[half]);
    if (layout.scales == scales_k) sum = integers_sum(sum, integers_all(x->corrections[1]));
    const int more = layout.offset_log2 - least_offset_log2(input_blocks(layout));
    return more ? integers_shifted(sum, more) : sum;
}

PACKED_INLINE row_integers four_inputs(const gh_rounded_block *x, const int g) {
    int32_t four;
    memcpy(&four, x->q + 4 * g, sizeof four);
    return integers_all(four);
}

// Adds a run of vectors, from `first` on, to exact sums.
PACKED_INLINE void add_run(
    const packed_tile *tile, const packed_layout layout, const int strips, const int tokens, int64_t b,
    const int first, row_integers exact[tile_tokens_most][tile_strips]) {
    row_integers run[tile_tokens_most][tile_strips];
    PACKED_UNROLL for (int t = 0; t < tokens; t++)
        PACKED_UNROLL for (int s = 0; s < strips; s++) run[t][s] = run_start(exact[t][s]);
    PACKED_UNROLL for (int g = first; g < first + run_vectors(layout); g++) {
        strip_codes w[tile_strips];
        PACKED_UNROLL for (int s = 0; s < strips; s++) w[s] = packed_vector(layout, tile->codes[s], g);
        PACKED_UNROLL for (int t = 0; t < tokens; t++) {
            row_integers four = four_inputs(tile->x[t] + b, g);
            PACKED_UNROLL for (int s = 0; s < strips; s++) run[t][s] = run_add(layout, run[t][s], w[s], four);
        }
    }
    PACKED_UNROLL for (int t = 0; t < tokens; t++)
        PACKED_UNROLL for (int s = 0; s < strips; s++) exact[t][s] = run_end(exact[t][s], run[t][s]);
}

// Adds the vectors of one of `halves` parts of a block, which share their scales, to `sums`.
PACKED_INLINE void add_vectors(
    const packed_tile *tile, const packed_layout layout, const int strips, const int tokens, int64_t b,
    const int half, const int halves, const row_numbers scales[tile_strips],
    row_numbers sums[tile_tokens_most][tile_strips]) {
    row_integers exact[tile_tokens_most][tile_strips];
    PACKED_UNROLL for (int t = 0; t < tokens; t++)
        PACKED_UNROLL for (int s = 0; s < strips; s++)
            exact[t][s] = corrects_first ? packed_correction(layout, tile->x[t] + b, half) : integers_zero();
    PACKED_UNROLL for (int i = 0; i < 8 / halves; i += run_vectors(layout))
        add_run(tile, layout, strips, tokens, b, 8 / halves * half + i, exact);
    PACKED_UNROLL for (int t = 0; t < tokens; t++)
        PACKED_UNROLL for (int s = 0; s < strips; s++) {
            row_integers sum = exact[t][s];
            if (!corrects_first) sum = integers_sum(sum, packed_correction(layout, tile->x[t] + b, half));
            row_numbers scale = scales[s];
            if (input_blocks(layout) == 1) scale = numbers_product(scale, numbers_all(tile->x[t][b].scale));
            sums[t][s] = numbers_fma(numbers_from_integers(sum), scale, sums[t][s]);
        }
}

// Adds block `b` of a unit to `sums`.
PACKED_INLINE void add_block(
    const packed_tile *tile, const packed_layout layout, const int strips, const int tokens, int64_t b,
    row_numbers sums[tile_tokens_most][tile_strips]) {
    const int halves = layout.scales == scales_k_halves ? 2 : 1;
    PACKED_UNROLL for (int half = 0; half < halves; half++) {
        row_numbers scales[tile_strips];
        PACKED_UNROLL for (int s = 0; s < strips; s++)
            scales[s] = packed_scale(layout, tile->heads[s], tile->first_rows[s], b, half);
        add_vectors(tile, layout, strips, tokens, b, half, halves, scales, sums);
    }
    if (layout.scales != scales_f16_minimum) return;
    PACKED_UNROLL for (int s = 0; s < strips; s++) {
        row_numbers minimum = load_halves(tile->heads[s] + 32 + 2 * tile->first_rows[s]);
        PACKED_UNROLL for (int t = 0; t < tokens; t++)
            sums[t][s] = numbers_fma(minimum, numbers_all(tile->x[t][b].sum), sums[t][s]);
    }
}

// The exact sum of a unit's minimums times the sums of its blocks of an input.
PACKED_INLINE row_integers minimums_product(const row_integers pairs[4], const gh_rounded_block *x) {
    row_integers sum = integers_zero();
    PACKED_UNROLL for (int j = 0; j < 4; j++) {
        int32_t two;
        memcpy(&two, x[2 * j].pair_sums, sizeof two);
        sum = pairs_add(sum, pairs[j], integers_all(two));
    }
    return sum;
}

// Adds what a unit came to, times the scale of its inputs.
PACKED_INLINE void add_scaled_parts(
    packed_tile *tile, const int strips, const int tokens, row_numbers parts[tile_tokens_most][tile_strips]) {
    PACKED_UNROLL for (int t = 0; t < tokens; t++)
        PACKED_UNROLL for (int s = 0; s < strips; s++)
            tile->sums[t][s] = numbers_fma(parts[t][s], numbers_all(tile->x[t]->scale), tile->sums[t][s]);
}

// The same where the weights of a unit share a scale, and perhaps have minimums.
PACKED_INLINE void add_parts(
    packed_tile *tile, const packed_layout layout, const int strips, const int tokens,
    row_numbers parts[tile_tokens_most][tile_strips]) {
    PACKED_UNROLL for (int s = 0; s < strips; s++) {
        const int64_t first = tile->first_rows[s];
        const row_numbers shared = load_halves(tile->heads[s] + 2 * first);
        PACKED_UNROLL for (int t = 0; t < tokens; t++) {
            row_numbers both = numbers_product(shared, numbers_all(tile->x[t]->scale));
            tile->sums[t][s] = numbers_fma(parts[t][s], both, tile->sums[t][s]);
        }
        if (layout.scales != scales_k_minimum) continue;
        const row_numbers minimum = numbers_negative(load_halves(tile->heads[s] + 32 + 2 * first));
        row_integers pairs[4];
        PACKED_UNROLL for (int j = 0; j < 4; j++) pairs[j] = load_byte_pairs(tile->heads[s] + 192 + 32 * j + 2 * first);
        PACKED_UNROLL for (int t = 0; t < tokens; t++) {
            row_numbers sum = numbers_from_integers(minimums_product(pairs, tile->x[t]));
            row_numbers both = numbers_product(minimum, numbers_all(tile->x[t]->scale));
            tile->sums[t][s] = numbers_fma(sum, both, tile->sums[t][s]);
        }
    }
}

// How weights that will be needed are asked for, by how soon that is. Two strips at once are multiplied with weights that
// are in the cache already.
PACKED_INLINE enum asking asking_ahead(const packed_layout layout, const int strips, const int tokens) {
    if (strips > 1) return asks_nothing;
    // So few instructions that the processor looks ahead far enough itself, and fills all places for lines that are under
    // way: to ask for more slows it down. Codes that are put together out of two vectors, and minimums, take some more: then it
    // helps to ask just ahead of what it asks for.
    if (tokens == 1) {
        const int has_more = layout.codes == codes_5 || layout.codes == codes_6 || has_minimum(layout);
        return has_more ? asks_near : asks_nothing;
    }
    const int products_of_line = tokens * (gh_panel_rows / strip_rows);
    return layout.codes == codes_8 && products_of_line <= 4 ? asks_middle : asks_far;
}

// Adds `count` blocks to `sums` and goes on to the next.
PACKED_INLINE void add_unit_blocks(
    packed_tile *tile, const packed_layout layout, const int strips, const int tokens, const int64_t count,
    row_numbers sums[tile_tokens_most][tile_strips]) {
#pragma clang loop unroll(disable)
    for (int64_t b = 0; b < count; b++) {
        add_block(tile, layout, strips, tokens, b, sums);
        ask_ahead(asking_ahead(layout, strips, tokens), tile->distances, tile->codes[0], code_bytes(layout));
        PACKED_UNROLL for (int s = 0; s < strips; s++) tile->codes[s] += code_bytes(layout);
    }
}

// Adds `count` blocks, a unit or what is left of one, and goes on to the next.
PACKED_INLINE void add_unit(
    packed_tile *tile, const packed_layout layout, const int strips, const int tokens, const int64_t count) {
    ask_ahead(asking_ahead(layout, strips, tokens), tile->distances, tile->heads[0], head_bytes(layout));
    if (input_blocks(layout) > 1) {
        row_numbers parts[tile_tokens_most][tile_strips];
        PACKED_UNROLL for (int t = 0; t < tokens; t++)
            PACKED_UNROLL for (int s = 0; s < strips; s++) parts[t][s] = numbers_zero();
        add_unit_blocks(tile, layout, strips, tokens, count, parts);
        if (has_shared_scale(layout))
            add_parts(tile, layout, strips, tokens, parts);
        else
            add_scaled_parts(tile, strips, tokens, parts);
    } else {
        add_unit_blocks(tile, layout, strips, tokens, count, tile->sums);
    }
    PACKED_UNROLL for (int s = 0; s < strips; s++) {
        tile->heads[s] = tile->codes[s] - 4 * tile->first_rows[s];
        tile->codes[s] += head_bytes(layout);
    }
    PACKED_UNROLL for (int t = 0; t < tokens; t++) tile->x[t] += count;
}

// Adds all `blocks` blocks.
PACKED_INLINE void add_blocks(
    packed_tile *tile, const packed_layout layout, const int strips, const int tokens, int64_t blocks) {
    const int together = unit_blocks(layout);
    PACKED_UNROLL for (int t = 0; t < tokens; t++)
        PACKED_UNROLL for (int s = 0; s < strips; s++) tile->sums[t][s] = numbers_zero();
    for (int64_t first = 0; first < blocks; first += together)
        add_unit(tile, layout, strips, tokens, blocks - first < together ? blocks - first : together);
}

#endif
