// bfloat16 weights prepared for products with inputs rounded to bfloat16: sixteen rows side by side, so that a vector
// register holds two columns of each and one instruction (of AVX512_BF16) adds 32 products.
//
// A panel is sixteen rows: vector g holds columns 2g and 2g + 1 of each, row after row, 64 bytes. Rows that are missing
// in the last panel are zero. Columns are a multiple of 32.
//
// Order of summation. Each row and token has two sums, one for the even and one for the odd vectors, which are added at
// the end. A vector adds the product of its second column first, then that of its first; products are exact and every
// addition rounds to float32. That is what the instruction of AVX512_BF16 does, so all instruction sets give the same
// bits, but for numbers below 2^-126, which that one takes for zero. And an output's bits depend neither on how many
// tokens there are, nor on the tile that computed it, nor on how rows are split over threads.
#ifndef GH_PAIRS_H
#define GH_PAIRS_H

#include <stdint.h>

#include "gh_distances.h"

#pragma clang assume_nonnull begin

/// A product of packed bfloat16 rows with inputs rounded to bfloat16.
typedef struct gh_pair_product {
    /// Panels one after the other, aligned to 64 bytes.
    const void *panels;
    int64_t rows, columns;
    /// Inputs of `columns` bfloat16 numbers, one after the other.
    const uint16_t *inputs;
    /// Which inputs are multiplied, and in which order; null for the first `tokens`.
    const int32_t *_Nullable order;
    int64_t tokens;
    /// out[t * out_stride + r] is the product of row r with input order[t].
    float *out;
    int64_t out_stride;
    gh_distances distances;
} gh_pair_product;

/// Bytes of a panel of sixteen rows of `columns`.
static inline int64_t gh_pair_panel_bytes(int64_t columns) { return 32 * columns; }

/// Packs `count` <= 16 rows of bfloat16 numbers that lie `row_bytes` apart, at any address.
void gh_pack_pair_panel(const void *rows, int64_t row_bytes, int64_t count, int64_t columns, void *panel);

#pragma clang assume_nonnull end
#endif
