// Template of the kernels of one quantised format; include once for each, with these macros defined:
//   FORMAT    its name; `block_FORMAT`, `FORMAT_open` and `FORMAT_decode` exist
//   PIECES    pieces in a block
//   VECTORS   lanes in a piece
#define JOIN_(a, b) a##_##b
#define JOIN(a, b) JOIN_(a, b)
#define BLOCK JOIN(block, FORMAT)

static void JOIN(dequantize, FORMAT)(const void *row, float *out, int64_t n) {
    const BLOCK *end = (const BLOCK *)row + n / (PIECES * VECTORS * 16);
    for (const BLOCK *block = row; block < end; block++) {
        float shared[shared_numbers];
        JOIN(FORMAT, open)(block, shared);
#pragma clang loop unroll(full)
        for (int piece = 0; piece < PIECES; piece++, out += VECTORS * 16) {
            lanes values[VECTORS];
            JOIN(FORMAT, decode)(block, shared, piece, values);
#pragma clang loop unroll(full)
            for (int v = 0; v < VECTORS; v++) lanes_store(out + 16 * v, values[v]);
        }
    }
}

// `count` is a constant where this is inlined. Several rows at a time hide the latency of the additions.
static inline __attribute__((always_inline)) void JOIN(dot_tile, FORMAT)(
    const uint8_t *rows, int64_t row_bytes, const int count, const float *x, int64_t n, float *out) {
    const int64_t ahead = prefetch_distance(row_bytes, count);
    lanes sums[dot_rows];
    float shared[dot_rows][shared_numbers];
    for (int r = 0; r < count; r++) sums[r] = lanes_zero();
    const int64_t blocks = n / (PIECES * VECTORS * 16);
    for (int64_t b = 0; b < blocks; b++) {
#pragma clang loop unroll(full)
        for (int r = 0; r < count; r++) {
            const BLOCK *block = (const BLOCK *)(rows + r * row_bytes) + b;
            prefetch((const uint8_t *)block + ahead, sizeof *block);
            JOIN(FORMAT, open)(block, shared[r]);
        }
#pragma clang loop unroll(full)
        for (int piece = 0; piece < PIECES; piece++, x += VECTORS * 16) {
#pragma clang loop unroll(full)
            for (int r = 0; r < count; r++) {
                lanes values[VECTORS];
                JOIN(FORMAT, decode)((const BLOCK *)(rows + r * row_bytes) + b, shared[r], piece, values);
#pragma clang loop unroll(full)
                for (int v = 0; v < VECTORS; v++) sums[r] = lanes_fma(values[v], lanes_load(x + 16 * v), sums[r]);
            }
        }
    }
    for (int r = 0; r < count; r++) out[r] = lanes_sum(sums[r]);
}

static void JOIN(dot, FORMAT)(
    const void *rows, int64_t row_bytes, int64_t count, const float *x, int64_t n, float *out) {
    const uint8_t *row = rows;
    int64_t r = 0;
    for (; r + dot_rows <= count; r += dot_rows)
        JOIN(dot_tile, FORMAT)(row + r * row_bytes, row_bytes, dot_rows, x, n, out + r);
    for (; r < count; r++) JOIN(dot_tile, FORMAT)(row + r * row_bytes, row_bytes, 1, x, n, out + r);
}

#undef JOIN_
#undef JOIN
#undef BLOCK
#undef FORMAT
#undef PIECES
#undef VECTORS
