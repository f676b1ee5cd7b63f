// Template of the products with pages of one type; include once for each, with these macros:
//   FORMAT       its name; `lanes_from_FORMAT` exists
//   BYTES        bytes of a number
//   HAS_SCALES   1 where 64 numbers share a scale
#define JOIN_(a, b) a##_##b
#define JOIN(a, b) JOIN_(a, b)
#define FROM JOIN(lanes_from, FORMAT)
#define INLINE static inline __attribute__((always_inline))

// `queries` and `blocks` (of sixteen positions) are constants where this is inlined: every score stays in a register
// along a group of dimensions. Values, which come next, are asked for.
INLINE void JOIN(score_tile, FORMAT)(
    const page_job *page, int64_t query, int64_t block, const int queries, const int blocks) {
    const int64_t size = page->job->shape.key_size;
    const bool asks_ahead = page_asks_ahead(page, queries);
    const uint8_t *keys = page->keys + block * 16 * BYTES;
    const float *x = page->job->queries + query * size;
    float *scores = page->scratch.scores + query * gh_page_positions + block * 16;
    for (int64_t start = 0; start < size; start += gh_cache_group) {
        lanes sums[tile_queries][4];
#pragma clang loop unroll(full)
        for (int q = 0; q < queries; q++)
#pragma clang loop unroll(full)
            for (int b = 0; b < blocks; b++) sums[q][b] = lanes_zero();
        const int64_t end = start + gh_cache_group < size ? start + gh_cache_group : size;
        for (int64_t d = start; d < end; d++) {
            const uint8_t *row = keys + d * gh_page_positions * BYTES;
            if (asks_ahead) prefetch(page->values + (row - page->keys), 16 * blocks * BYTES);
            lanes key[4];
#pragma clang loop unroll(full)
            for (int b = 0; b < blocks; b++) key[b] = FROM(row + b * 16 * BYTES);
#pragma clang loop unroll(full)
            for (int q = 0; q < queries; q++) {
                lanes number = lanes_all(x[q * size + d]);
#pragma clang loop unroll(full)
                for (int b = 0; b < blocks; b++) sums[q][b] = lanes_fma(key[b], number, sums[q][b]);
            }
        }
#pragma clang loop unroll(full)
        for (int q = 0; q < queries; q++)
#pragma clang loop unroll(full)
            for (int b = 0; b < blocks; b++) {
                float *target = scores + q * gh_page_positions + b * 16;
                lanes sum = sums[q][b];
                if (HAS_SCALES) {
                    const float *scales = key_scales(&page->job->shape, page->keys) + start + (block + b) * 16;
                    sum = lanes_multiply(sum, lanes_load(scales));
                }
                lanes_store(target, start == 0 ? sum : lanes_add(lanes_load(target), sum));
            }
    }
}

INLINE void JOIN(score_row, FORMAT)(const page_job *page, int64_t query, const int queries) {
    int64_t block = page->seen.first / 16, end = (page->seen.end + 15) / 16;
    for (; block + BLOCKS_AT_ONCE(queries) <= end; block += BLOCKS_AT_ONCE(queries))
        JOIN(score_tile, FORMAT)(page, query, block, queries, BLOCKS_AT_ONCE(queries));
    for (; block < end; block++) JOIN(score_tile, FORMAT)(page, query, block, queries, 1);
}

static void JOIN(score, FORMAT)(const page_job *page) {
    for (int64_t query = 0; query < page->job->count; query += tile_queries) {
        switch (page->job->count - query) {
            case 1: JOIN(score_row, FORMAT)(page, query, 1); break;
            case 2: JOIN(score_row, FORMAT)(page, query, 2); break;
            case 3: JOIN(score_row, FORMAT)(page, query, 3); break;
            case 4: JOIN(score_row, FORMAT)(page, query, 4); break;
            case 5: JOIN(score_row, FORMAT)(page, query, 5); break;
            default: JOIN(score_row, FORMAT)(page, query, tile_queries); break;
        }
    }
}

// Adds the values of the places `first` ..< `end`, times their weights. Where not all queries see them, each adds those it
// sees: a weight of zero would not do, because a number that is not finite may lie there.
INLINE void JOIN(add_places, FORMAT)(
    const page_job *page, const float *weights, int64_t query, int64_t d, int64_t first, int64_t end, const bool by_all,
    const int queries, const int vectors, lanes sums[tile_queries][8]) {
    const int64_t entry = row_stride(&page->job->shape) * BYTES;
    const bool asks_ahead = page_asks_ahead(page, queries);
    for (int64_t i = first; i < end; i++) {
        const uint8_t *row = page->values + i * entry + d * BYTES;
        if (asks_ahead) prefetch(page->next + (row - page->values), 16 * vectors * BYTES);
        lanes value[8];
#pragma clang loop unroll(full)
        for (int v = 0; v < vectors; v++) value[v] = FROM(row + 16 * v * BYTES);
#pragma clang loop unroll(full)
        for (int q = 0; q < queries; q++) {
            if (!by_all) {
                const seen_places seen = seen_by(page, query + q);
                if (i < seen.first || i >= seen.end) continue;
            }
            lanes weight = lanes_all(weights[(query + q) * gh_page_positions + i]);
#pragma clang loop unroll(full)
            for (int v = 0; v < vectors; v++) sums[q][v] = lanes_fma(weight, value[v], sums[q][v]);
        }
    }
}

// `queries` and `vectors` are constants where this is inlined: sums stay in registers along the positions. The next
// page's keys are asked for.
INLINE void JOIN(sum_tile, FORMAT)(
    const page_job *page, const float *weights, int64_t query, int64_t d, const shared_places places, const int queries,
    const int vectors) {
    const int64_t stride = gh_value_stride(&page->job->shape);
    const seen_places any = places.any, all = places.all;
    float *target = page->state->sums + query * stride + d;
    lanes sums[tile_queries][8];
#pragma clang loop unroll(full)
    for (int q = 0; q < queries; q++)
#pragma clang loop unroll(full)
        for (int v = 0; v < vectors; v++)
            sums[q][v] = lanes_multiply(
                lanes_load(target + q * stride + 16 * v), lanes_all(page->scratch.factors[query + q]));
    const int64_t begin = all.first < any.end ? all.first : any.end, end = all.end > begin ? all.end : begin;
    if (queries > 1)
        JOIN(add_places, FORMAT)(page, weights, query, d, any.first, begin, false, queries, vectors, sums);
    JOIN(add_places, FORMAT)(page, weights, query, d, begin, end, true, queries, vectors, sums);
    if (queries > 1) JOIN(add_places, FORMAT)(page, weights, query, d, end, any.end, false, queries, vectors, sums);
#pragma clang loop unroll(full)
    for (int q = 0; q < queries; q++)
#pragma clang loop unroll(full)
        for (int v = 0; v < vectors; v++) lanes_store(target + q * stride + 16 * v, sums[q][v]);
}

INLINE void JOIN(sum_row, FORMAT)(
    const page_job *page, const float *weights, int64_t query, int64_t d, int64_t end, const int queries) {
    const shared_places places = places_of(page, query, queries);
    const int wide = VECTORS_AT_ONCE(queries), half = wide / 2;
    for (; d + 16 * wide <= end; d += 16 * wide) JOIN(sum_tile, FORMAT)(page, weights, query, d, places, queries, wide);
    if (half > 1 && d + 16 * half <= end) {
        JOIN(sum_tile, FORMAT)(page, weights, query, d, places, queries, half);
        d += 16 * half;
    }
    for (; d < end; d += 16) JOIN(sum_tile, FORMAT)(page, weights, query, d, places, queries, 1);
}

// The values of the dimensions `d` ..< `end`.
static void JOIN(sum_part, FORMAT)(const page_job *page, const float *weights, int64_t d, int64_t end) {
    for (int64_t query = 0; query < page->job->count; query += tile_queries) {
        switch (page->job->count - query) {
            case 1: JOIN(sum_row, FORMAT)(page, weights, query, d, end, 1); break;
            case 2: JOIN(sum_row, FORMAT)(page, weights, query, d, end, 2); break;
            case 3: JOIN(sum_row, FORMAT)(page, weights, query, d, end, 3); break;
            case 4: JOIN(sum_row, FORMAT)(page, weights, query, d, end, 4); break;
            case 5: JOIN(sum_row, FORMAT)(page, weights, query, d, end, 5); break;
            default: JOIN(sum_row, FORMAT)(page, weights, query, d, end, tile_queries); break;
        }
    }
}

static void JOIN(sum, FORMAT)(const page_job *page) {
    const int64_t stride = gh_value_stride(&page->job->shape);
    if (!HAS_SCALES) return JOIN(sum_part, FORMAT)(page, page->scratch.scores, 0, stride);
    for (int64_t d = 0; d < stride; d += gh_cache_group) {
        // Number d is the first of its group, so the group's scales begin at d / 64 * 64.
        const float *scales = row_scales(&page->job->shape, page->values - values_offset(&page->job->shape)) + d;
        for (int64_t i = 0; i < page->job->count * gh_page_positions; i += 16) {
            lanes weight = lanes_load(page->scratch.scores + i);
            lanes_store(
                page->scratch.scaled + i, lanes_multiply(weight, lanes_load(scales + i % gh_page_positions)));
        }
        JOIN(sum_part, FORMAT)
        (page, page->scratch.scaled, d, d + gh_cache_group < stride ? d + gh_cache_group : stride);
    }
}

#undef JOIN_
#undef JOIN
#undef FROM
#undef INLINE
#undef FORMAT
#undef BYTES
#undef HAS_SCALES
