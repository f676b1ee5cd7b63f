// Attention over a KV cache in pages, with an online softmax (Milakov and Gimelshein 2018, arXiv 1805.02867; Dao et al.
// 2022, arXiv 2205.14135): each page's scores, weights and sums are made while its keys and values are in the cache.
//
// Order of operations, for each query by itself. A score adds products in order of dimensions, in groups of 64
// dimensions that are then added in order (latent attention: as `gemm` does). Pages are taken in order; before a page's
// weighted values are added, in order of positions, the sums so far are scaled to the new maximum. Whoever splits a
// context at fixed positions and merges the parts in order therefore gets the same bits whatever else is computed.
#ifndef GH_ATTENTION_H
#define GH_ATTENTION_H

#include <stdbool.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

enum {
    /// Positions of a page.
    gh_page_positions = 64,
    /// Numbers of a key or value that share a scale in `gh_cache_q8`.
    gh_cache_group = 64
};

typedef enum gh_cache_type {
    gh_cache_f32,
    /// Numbers beyond ±65504 are stored as ±65504.
    gh_cache_f16,
    /// Eight bits and a float32 scale, max|x| / 127, for 64 numbers. A group that is not finite becomes NaN.
    gh_cache_q8
} gh_cache_type;

/// What a page holds for one key–value head.
typedef struct gh_page_shape {
    gh_cache_type type;
    /// Whether values are the first numbers of keys (multi-head latent attention).
    bool is_latent;
    int64_t key_size, value_size;
} gh_page_shape;

/// Queries that attend to the same keys and values. Query i belongs to row i / heads, whose position is
/// `first_position` + i / heads.
typedef struct gh_attention {
    gh_page_shape shape;
    /// The context's pages in order, and where the head's part begins in each.
    const void *const _Nullable *_Nonnull pages;
    int64_t head_offset;
    /// Scaled, [count × key_size].
    const float *queries;
    int64_t count, heads, first_position;
    /// A position sees itself and earlier ones: the last `window` (0: all), those of its chunk of `chunk` (0: all).
    int64_t window, chunk;
    /// `gh_attention_scratch(shape, count)` floats, aligned to 64.
    float *scratch;
    /// The state has the softmax of earlier positions, and goes on from there.
    bool continues;
    /// What the caller reads next follows in memory: the page's next head.
    bool next_head_follows;
} gh_attention;

/// An unfinished softmax of `count` queries: largest score, sum of exponentials, and weighted values
/// [count × gh_value_stride(shape)].
typedef struct gh_attention_state {
    float *maxima, *totals, *sums;
} gh_attention_state;

/// Where a finished softmax goes.
typedef struct gh_attention_output {
    /// A logit for each head that takes part in the softmax and whose share is lost; null: none.
    const float *_Nullable sinks;
    /// Of the first row and head; heads lie next to each other.
    float *values;
    int64_t row_stride;
} gh_attention_output;

/// Bytes of a page for one head, a multiple of 64.
int64_t gh_page_head_bytes(const gh_page_shape *shape);
/// Floats between the sums of two queries: the size of a value, rounded up to whole vectors.
int64_t gh_value_stride(const gh_page_shape *shape);
/// Floats of scratch memory for `count` queries.
int64_t gh_attention_scratch(const gh_page_shape *shape, int64_t count);

/// The loops of one instruction set.
typedef struct gh_attention_kernels {
    /// Puts one position's key and value (not read if latent) into place `slot` of a head's part of a page.
    void (*store)(const gh_page_shape *shape, void *page, int64_t slot, const float *key, const float *_Nullable value);
    /// The softmax over those of the positions `begin` ..< `end` that each query sees.
    void (*attend)(const gh_attention *job, int64_t begin, int64_t end, const gh_attention_state *state);
    /// Adds `part` to `whole`, both of `count` queries. An empty part changes nothing.
    void (*merge)(const gh_page_shape *shape, int64_t count, const gh_attention_state *part,
                  const gh_attention_state *whole);
    /// Writes the weighted means; zeros for a query that saw nothing.
    void (*finish)(const gh_page_shape *shape, int64_t count, int64_t heads, const gh_attention_state *state,
                   const gh_attention_output *output);
} gh_attention_kernels;

#pragma clang assume_nonnull end
#endif
