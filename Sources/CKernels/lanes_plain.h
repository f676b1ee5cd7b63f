// Template of the kernels of one plain format, any number of elements; include once for each, with these macros:
//   FORMAT    its name; `lanes_from_FORMAT` and `lanes_from_FORMAT_first` exist
//   BYTES     bytes of an element
#define JOIN_(a, b) a##_##b
#define JOIN(a, b) JOIN_(a, b)
#define FROM JOIN(lanes_from, FORMAT)
#define FROM_FIRST JOIN(FROM, first)

static void JOIN(dequantize, FORMAT)(const void *row, float *out, int64_t n) {
    const uint8_t *bytes = row;
    int64_t i = 0;
    for (; i + 16 <= n; i += 16) lanes_store(out + i, FROM(bytes + i * BYTES));
    if (i < n) lanes_store_first(out + i, FROM_FIRST(bytes + i * BYTES, n - i), n - i);
}

// `count` is a constant where this is inlined. Several rows at a time hide the latency of the additions.
static inline __attribute__((always_inline)) void JOIN(dot_tile, FORMAT)(
    const uint8_t *rows, int64_t row_bytes, const int count, const float *x, int64_t n, float *out) {
    const int64_t ahead = prefetch_distance(row_bytes, count);
    lanes sums[dot_rows];
    for (int r = 0; r < count; r++) sums[r] = lanes_zero();
    int64_t i = 0;
    for (; i + 16 <= n; i += 16)
#pragma clang loop unroll(full)
        for (int r = 0; r < count; r++) {
            const uint8_t *p = rows + r * row_bytes + i * BYTES;
            prefetch(p + ahead, 16 * BYTES);
            sums[r] = lanes_fma(FROM(p), lanes_load(x + i), sums[r]);
        }
    if (i < n) {
        lanes tail = lanes_load_first(x + i, n - i);
        for (int r = 0; r < count; r++)
            sums[r] = lanes_fma(FROM_FIRST(rows + r * row_bytes + i * BYTES, n - i), tail, sums[r]);
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
#undef FROM
#undef FROM_FIRST
#undef FORMAT
#undef BYTES
