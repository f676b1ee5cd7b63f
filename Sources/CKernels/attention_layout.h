// Where keys and values lie in a head's part of a page, and who sees whom.
//
// Keys lie dimension by dimension, [key size × 64 positions], so that a vector holds one number of sixteen positions;
// values position by position, [64 positions × value size rounded up to 16]. Latent entries are kept as values are, and
// serve as both. With 8 bits the scales follow the numbers, [groups × 64 positions] float32.
#ifndef GH_ATTENTION_LAYOUT_H
#define GH_ATTENTION_LAYOUT_H
#include "gh_attention.h"

static inline int64_t rounded_to_vectors(int64_t n) { return (n + 15) / 16 * 16; }
static inline int64_t cache_groups(int64_t size) { return (size + gh_cache_group - 1) / gh_cache_group; }
static inline int64_t cached_bytes(gh_cache_type type) {
    return type == gh_cache_f32 ? 4 : type == gh_cache_f16 ? 2 : 1;
}

// Bytes of `size` numbers and their scales for all positions of a page; numbers alone are `size * 64 * cached_bytes`.
static inline int64_t page_part_bytes(gh_cache_type type, int64_t size, int64_t stride) {
    int64_t scales = type == gh_cache_q8 ? cache_groups(size) * gh_page_positions * (int64_t)sizeof(float) : 0;
    return gh_page_positions * stride * cached_bytes(type) + scales;
}

// Numbers from one position's values (latent: entry) to the next.
static inline int64_t row_stride(const gh_page_shape *shape) {
    return rounded_to_vectors(shape->is_latent ? shape->key_size : shape->value_size);
}

static inline int64_t values_offset(const gh_page_shape *shape) {
    return shape->is_latent ? 0 : page_part_bytes(shape->type, shape->key_size, shape->key_size);
}

// The scales that follow the numbers of keys, or of values and latent entries.
static inline float *key_scales(const gh_page_shape *shape, const void *page) {
    return (float *)((uint8_t *)page + gh_page_positions * shape->key_size);
}
static inline float *row_scales(const gh_page_shape *shape, const void *page) {
    return (float *)((uint8_t *)page + values_offset(shape) + gh_page_positions * row_stride(shape));
}

// What a query sees of a page, as places in it. Empty where first >= end.
typedef struct {
    int64_t first, end;
} seen_places;

static inline int64_t clamped_place(int64_t place) {
    return place < 0 ? 0 : place > gh_page_positions ? gh_page_positions : place;
}

static inline seen_places seen_in_page(const gh_attention *job, int64_t row, int64_t page_start) {
    int64_t position = job->first_position + row, start = 0;
    if (job->window > 0 && position >= job->window) start = position - job->window + 1;
    if (job->chunk > 0) start = position / job->chunk * job->chunk;
    return (seen_places){clamped_place(start - page_start), clamped_place(position + 1 - page_start)};
}

// The scratch memory of a job.
typedef struct {
    // [count × 64]: scores, then weights.
    float *scores;
    // [count × 64]: weights times the scales of one group.
    float *scaled;
    // [count], rounded up to vectors.
    float *maxima, *factors;
    // [64 × row stride]: a latent page as float32.
    float *rows;
} attention_scratch;

static inline attention_scratch scratch_of(const gh_attention *job) {
    int64_t places = job->count * gh_page_positions, padded = rounded_to_vectors(job->count);
    float *scores = job->scratch, *scaled = scores + places, *maxima = scaled + places;
    return (attention_scratch){scores, scaled, maxima, maxima + padded, maxima + 2 * padded};
}
#endif
