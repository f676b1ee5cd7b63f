// Weights prepared for products with rounded inputs: sixteen rows side by side, so that a vector register holds four
// columns of each and one instruction adds 64 products.
//
// A panel is sixteen rows, in units of one to eight blocks of 32 columns. A unit is a head (scales and minimums, padded
// to 64 bytes), then the codes of its blocks; so a panel is one stream of memory. Vector g of a block holds columns
// 4g ... 4g + 3 of the rows, row after row. A 4-bit vector g < 4 holds vector g in the low and g + 4 in the high halves
// of its bytes. Codes are unsigned: an offset is added, and taken off again by means of the sums of the inputs. Rows
// that are missing in the last panel have scales of zero.
//
// Order of summation. The products of a block (of half a block, for formats that have a scale for each 16 columns) are
// summed exactly.
// - Formats of 32 elements: one multiply-add adds the sum times both scales to the only accumulator of a row and a token,
//   block after block, and a second one the minimum.
// - MXFP4, whose inputs share a scale over the 128 columns of a unit: a multiply-add adds the sum times the weights' scale
//   to an accumulator of the unit, and one at its end adds that times the inputs' scale to the accumulator of row and
//   token. The last unit of a row may be shorter.
// - Formats of 256 (K and IQ4_XS), whose inputs share a scale over 256 columns: a multiply-add adds the sum times the
//   block's whole-numbered factor to an accumulator of the unit; at its end one adds that times both scales to the
//   accumulator of row and token, and a second one the minimums, whose products with the inputs' sums are exact.
// So an output's bits depend neither on how many tokens there are, nor on the tile that computed it, nor on how rows are
// split over threads.
#ifndef GH_PACKED_H
#define GH_PACKED_H

#include <stdint.h>

#include "gh_distances.h"

#pragma clang assume_nonnull begin

/// The formats that can be packed.
typedef enum gh_packed_type {
    gh_packed_q8_0, gh_packed_q4_0, gh_packed_q4_1, gh_packed_q5_0, gh_packed_q5_1, gh_packed_q4_K, gh_packed_q5_K,
    gh_packed_q6_K, gh_packed_iq4_nl, gh_packed_iq4_xs, gh_packed_mxfp4
} gh_packed_type;

enum { gh_panel_rows = 16 };

/// 32 numbers rounded to int8: element i is about scale * q[i]. A block that holds an infinity or NaN has a NaN scale,
/// and so have the others of its unit, where eight blocks share a scale.
typedef struct gh_rounded_block {
    int8_t q[32];
    float scale;
    union {
        /// Blocks with scales of their own: scale times the sum of q.
        float sum;
        /// Units, first of each two blocks: the sums of q of both.
        int16_t pair_sums[2];
    };
    /// What offsets of codes are taken out with: minus sums of q, times the least offset of the formats that take inputs in
    /// such units: 8 for blocks by themselves, 16 for units of four, 32 for units of eight. Of the first and of the last
    /// sixteen in units of eight, else the first is of all.
    int32_t corrections[2];
} gh_rounded_block;

/// A product of packed rows with rounded inputs.
typedef struct gh_packed_product {
    /// Panels one after the other, aligned to 64 bytes.
    const void *panels;
    int64_t rows, columns;
    /// Inputs of `columns` numbers, one after the other.
    const gh_rounded_block *inputs;
    /// Which inputs are multiplied, and in which order; null for the first `tokens`.
    const int32_t *_Nullable order;
    int64_t tokens;
    /// out[t * out_stride + r] is the product of row r with input order[t].
    float *out;
    int64_t out_stride;
    gh_distances distances;
} gh_packed_product;

/// How many columns of an input share a scale in products with a format: 32, 128 or 256.
int64_t gh_packed_input_columns(gh_packed_type type);

/// Bytes of a panel of sixteen rows of `columns`, a whole number of blocks of the format.
int64_t gh_packed_panel_bytes(gh_packed_type type, int64_t columns);

/// Packs `count` <= 16 rows that lie `row_bytes` apart, at any address.
void gh_pack_panel(
    gh_packed_type type, const void *rows, int64_t row_bytes, int64_t count, int64_t columns, void *panel);

#pragma clang assume_nonnull end
#endif
