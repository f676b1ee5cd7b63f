// Products of float32 matrices in dot-product form, and the weighted sums of attention.
#ifndef GH_LANES_GEMM_H
#define GH_LANES_GEMM_H

typedef struct {
    const float *w, *x;
    int64_t w_stride, x_stride, k;
    float *out;
    int64_t out_stride;
} gemm_job;

// `rows` and `tokens` are constants where this is inlined: every sum stays in a register along k.
static inline __attribute__((always_inline)) void gemm_tile(const gemm_job *job, const int rows, const int tokens) {
    lanes sums[tile_rows][tile_tokens];
    const float *w = job->w, *x = job->x;
    const int64_t w_stride = job->w_stride, x_stride = job->x_stride, k = job->k;
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++)
#pragma clang loop unroll(full)
        for (int t = 0; t < tokens; t++) sums[r][t] = lanes_zero();
    int64_t i = 0;
    for (; i + 16 <= k; i += 16) {
        lanes row[tile_rows];
#pragma clang loop unroll(full)
        for (int r = 0; r < rows; r++) row[r] = lanes_load(w + r * w_stride + i);
#pragma clang loop unroll(full)
        for (int t = 0; t < tokens; t++) {
            lanes token = lanes_load(x + t * x_stride + i);
#pragma clang loop unroll(full)
            for (int r = 0; r < rows; r++) sums[r][t] = lanes_fma(row[r], token, sums[r][t]);
        }
    }
    if (i < k)
#pragma clang loop unroll(full)
        for (int t = 0; t < tokens; t++) {
            lanes token = lanes_load_first(x + t * x_stride + i, k - i);
#pragma clang loop unroll(full)
            for (int r = 0; r < rows; r++)
                sums[r][t] = lanes_fma(lanes_load_first(w + r * w_stride + i, k - i), token, sums[r][t]);
        }
#pragma clang loop unroll(full)
    for (int t = 0; t < tokens; t++)
#pragma clang loop unroll(full)
        for (int r = 0; r < rows; r++) job->out[t * job->out_stride + r] = lanes_sum(sums[r][t]);
}

static void gemm_rows(const gemm_job *job, int64_t tokens) {
    switch (tokens) {
        case 1: gemm_tile(job, tile_rows, 1); break;
        case 2: gemm_tile(job, tile_rows, 2); break;
#if TILE_TOKENS > 2
        case 3: gemm_tile(job, tile_rows, 3); break;
#endif
#if TILE_TOKENS > 3
        case 4: gemm_tile(job, tile_rows, 4); break;
        case 5: gemm_tile(job, tile_rows, 5); break;
        case 6: gemm_tile(job, tile_rows, 6); break;
#endif
    }
}

// The tokens of a tile stay in the cache while all rows pass.
static void gemm(
    const float *w, int64_t w_stride, int64_t rows, const float *x, int64_t x_stride, int64_t tokens, int64_t k,
    float *out, int64_t out_stride) {
    for (int64_t t = 0; t < tokens; t += tile_tokens) {
        int64_t tile = tokens - t < tile_tokens ? tokens - t : tile_tokens, r = 0;
        gemm_job job = {w, x + t * x_stride, w_stride, x_stride, k, out + t * out_stride, out_stride};
        for (; r + tile_rows <= rows; r += tile_rows, job.w += tile_rows * w_stride, job.out += tile_rows)
            gemm_rows(&job, tile);
        for (; r < rows; r++, job.w += w_stride, job.out++)
            for (int64_t one = 0; one < tile; one++) {
                gemm_job single = job;
                single.x += one * x_stride;
                single.out += one * out_stride;
                gemm_tile(&single, 1, 1);
            }
    }
}

enum { sum_heads = 4, sum_vectors = 2 };

// `heads` and `vectors` are constants where this is inlined.
static inline __attribute__((always_inline)) void weighted_sum_tile(
    const float *p, int64_t p_stride, const int heads, const float *values, int64_t value_stride, int64_t n,
    const int vectors, float *out, int64_t out_stride) {
    lanes sums[sum_heads][sum_vectors];
#pragma clang loop unroll(full)
    for (int h = 0; h < heads; h++)
#pragma clang loop unroll(full)
        for (int v = 0; v < vectors; v++) sums[h][v] = lanes_load(out + h * out_stride + 16 * v);
    for (int64_t i = 0; i < n; i++)
#pragma clang loop unroll(full)
        for (int v = 0; v < vectors; v++) {
            lanes value = lanes_load(values + i * value_stride + 16 * v);
#pragma clang loop unroll(full)
            for (int h = 0; h < heads; h++) sums[h][v] = lanes_fma(lanes_all(p[h * p_stride + i]), value, sums[h][v]);
        }
#pragma clang loop unroll(full)
    for (int h = 0; h < heads; h++)
#pragma clang loop unroll(full)
        for (int v = 0; v < vectors; v++) lanes_store(out + h * out_stride + 16 * v, sums[h][v]);
}

// The last elements of a dimension that is no multiple of 16.
static void weighted_sum_rest(
    const float *p, const float *values, int64_t value_stride, int64_t n, int64_t rest, float *out) {
    lanes sum = lanes_load_first(out, rest);
    for (int64_t i = 0; i < n; i++)
        sum = lanes_fma(lanes_all(p[i]), lanes_load_first(values + i * value_stride, rest), sum);
    lanes_store_first(out, sum, rest);
}

static void weighted_sum(
    const float *p, int64_t p_stride, int64_t heads, const float *values, int64_t value_stride, int64_t n,
    int64_t dimension, float *out, int64_t out_stride) {
    int64_t h = 0, wide = dimension / (16 * sum_vectors) * (16 * sum_vectors);
    for (; h + sum_heads <= heads; h += sum_heads)
        for (int64_t d = 0; d < wide; d += 16 * sum_vectors)
            weighted_sum_tile(
                p + h * p_stride, p_stride, sum_heads, values + d, value_stride, n, sum_vectors,
                out + h * out_stride + d, out_stride);
    for (int64_t one = h; one < heads; one++)
        for (int64_t d = 0; d < wide; d += 16 * sum_vectors)
            weighted_sum_tile(
                p + one * p_stride, p_stride, 1, values + d, value_stride, n, sum_vectors,
                out + one * out_stride + d, out_stride);
    for (int64_t d = wide; d < dimension; d += 16)
        for (int64_t one = 0; one < heads; one++) {
            const float *weights = p + one * p_stride;
            float *target = out + one * out_stride + d;
            if (dimension - d < 16)
                weighted_sum_rest(weights, values + d, value_stride, n, dimension - d, target);
            else
                weighted_sum_tile(weights, p_stride, 1, values + d, value_stride, n, 1, target, out_stride);
        }
}

#endif
