// Products of quantised rows with int8 vectors: the loops over the blocks of each format.
#ifndef GH_INT8_DOTS_H
#define GH_INT8_DOTS_H

#include "int8_products.h"
#include "int8_products_k.h"
#include "int8_products_tables.h"

static inline float sum_of_eight(__m256 eight) {
    __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
    __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}

// Four rows at a time hide the latency of the additions; `count` is a constant where a tile is inlined.
#define DEFINE_INT8_DOT(NAME, ELEMENTS)                                                                            \
    static inline __attribute__((always_inline)) void dot_int8_tile_##NAME(                                        \
        const uint8_t *rows, int64_t row_bytes, const int count, const gh_int8_vector *x, int64_t n, float *out) { \
        const int64_t ahead = prefetch_distance(row_bytes, count);                                                 \
        __m256 lanes[4];                                                                                           \
        for (int r = 0; r < count; r++) lanes[r] = _mm256_setzero_ps();                                            \
        for (int64_t b = 0; b < n / ELEMENTS; b++)                                                                 \
            for (int r = 0; r < count; r++) {                                                                      \
                const block_##NAME *block = (const block_##NAME *)(rows + r * row_bytes) + b;                      \
                prefetch((const uint8_t *)block + ahead, sizeof *block);                                           \
                const int64_t first = b * (ELEMENTS / 32);                                                         \
                lanes[r] = NAME##_add(lanes[r], block, x->q + b * ELEMENTS, x->scales + first, x->sums + first);   \
            }                                                                                                      \
        for (int r = 0; r < count; r++) out[r] = sum_of_eight(lanes[r]);                                           \
    }                                                                                                              \
    static void dot_int8_##NAME(                                                                                   \
        const void *rows, int64_t row_bytes, int64_t count, const gh_int8_vector *x, int64_t n, float *out) {      \
        const uint8_t *row = rows;                                                                                 \
        int64_t r = 0;                                                                                             \
        for (; r + 4 <= count; r += 4)                                                                             \
            dot_int8_tile_##NAME(row + r * row_bytes, row_bytes, 4, x, n, out + r);                                \
        for (; r < count; r++) dot_int8_tile_##NAME(row + r * row_bytes, row_bytes, 1, x, n, out + r);             \
    }
DEFINE_INT8_DOT(q8_0, 32)
DEFINE_INT8_DOT(q4_0, 32)
DEFINE_INT8_DOT(q4_1, 32)
DEFINE_INT8_DOT(q5_0, 32)
DEFINE_INT8_DOT(q5_1, 32)
DEFINE_INT8_DOT(q2_K, 256)
DEFINE_INT8_DOT(q3_K, 256)
DEFINE_INT8_DOT(q4_K, 256)
DEFINE_INT8_DOT(q5_K, 256)
DEFINE_INT8_DOT(q6_K, 256)
DEFINE_INT8_DOT(iq4_nl, 32)
DEFINE_INT8_DOT(iq4_xs, 256)
DEFINE_INT8_DOT(mxfp4, 32)

#endif
