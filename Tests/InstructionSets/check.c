// Every instruction set of this machine against the scalar kernels, and a digest of the bits of each kernel, which is
// the same for all vector instruction sets of all machines: the outputs of this program on two of them are compared.
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "formats.h"

static int failures;
static void fail(const gh_kernels *kernels, const char *what, const char *format, int64_t seed) {
    if (failures++ < 20) fprintf(stderr, "%s: %s %s, seed %lld\n", kernels->name, what, format, (long long)seed);
}

// FNV-1a over the bits; every NaN counts as the same.
static uint64_t digest(uint64_t start, const float *x, int64_t n) {
    for (int64_t i = 0; i < n; i++) {
        uint32_t bits;
        memcpy(&bits, &x[i], sizeof bits);
        if (x[i] != x[i]) bits = 0x7FC00000;
        for (int b = 0; b < 4; b++) start = (start ^ (bits >> 8 * b & 0xFF)) * 0x100000001B3u;
    }
    return start;
}
static bool same_bits(const float *a, const float *b, int64_t n) { return digest(1, a, n) == digest(1, b, n); }
static bool is_near(const float *a, const float *b, int64_t n, float size) {
    for (int64_t i = 0; i < n; i++)
        if (!(fabsf(a[i] - b[i]) <= 2e-5f * (size + fabsf(b[i])))) return false;
    return true;
}

// The numbers of a row have the same bits everywhere; products are near.
static uint64_t check_format(const gh_kernels *kernels, const format_case *format, int64_t seed, uint64_t sum) {
    const int64_t rows = 1 + random_below(9), most_blocks = format->elements == 1 ? 300 : 5;
    const int64_t columns = format->elements * (1 + random_below(most_blocks));
    uint8_t *weights = random_rows(format, rows, columns);
    float *x = random_floats(columns), *wanted = allocate(columns * 4), *got = allocate(columns * 4);
    const int64_t row_bytes = columns / format->elements * format->bytes;
    const gh_format *own = format_of(kernels, format), *scalar = format_of(gh_kernels_scalar(), format);
    float products[16], expected[16], size = 0;
    for (int64_t r = 0; r < rows; r++) {
        scalar->dequantize(weights + r * row_bytes, wanted, columns);
        own->dequantize(weights + r * row_bytes, got, columns);
        if (!same_bits(got, wanted, columns)) fail(kernels, "dequantize", format->name, seed);
        float row_size = 0;
        for (int64_t i = 0; i < columns; i++) row_size += fabsf(wanted[i] * x[i]);
        size = fmaxf(size, row_size);
    }
    scalar->dot_rows(weights, row_bytes, rows, x, columns, expected);
    own->dot_rows(weights, row_bytes, rows, x, columns, products);
    if (!is_near(products, expected, rows, size)) fail(kernels, "dot_rows", format->name, seed);
    free(x), free(wanted), free(got), free_rows(weights);
    return digest(sum, products, rows);
}

// Inputs are rounded to the same bits, and products have the same bits.
static uint64_t check_packed(const gh_kernels *kernels, const format_case *format, int64_t seed, uint64_t sum) {
    const int64_t rows = 1 + random_below(70), tokens = 1 + random_below(11);
    const int64_t columns = format->elements * (1 + random_below(256 * 5 / format->elements));
    const int64_t blocks = columns / 32, row_bytes = columns / format->elements * format->bytes;
    const gh_packed_type type = (gh_packed_type)format->packed;
    uint8_t *weights = random_rows(format, rows, columns), *panels;
    const int64_t panel_bytes = gh_packed_panel_bytes(type, columns);
    panels = allocate((rows + 15) / 16 * panel_bytes);
    for (int64_t r = 0; r < rows; r += 16) {
        const int64_t count = rows - r < 16 ? rows - r : 16;
        gh_pack_panel(type, weights + r * row_bytes, row_bytes, count, columns, panels + r / 16 * panel_bytes);
    }
    float *x = random_floats(tokens * columns);
    float *wanted = allocate(tokens * rows * 4), *got = allocate(tokens * rows * 4);
    gh_rounded_block *inputs = allocate(tokens * blocks * (int64_t)sizeof *inputs);
    gh_rounded_block *expected = allocate(tokens * blocks * (int64_t)sizeof *inputs);
    for (int64_t t = 0; t < tokens; t++) {
        const int64_t together = gh_packed_input_columns(type);
        kernels->round_to_blocks(x + t * columns, columns, together, inputs + t * blocks);
        gh_kernels_scalar()->round_to_blocks(x + t * columns, columns, together, expected + t * blocks);
    }
    if (memcmp(inputs, expected, (size_t)(tokens * blocks) * sizeof *inputs)) fail(kernels, "round", "", seed);
    gh_packed_product product = {panels, rows, columns, inputs, NULL, tokens, wanted, rows, {512, 3072, 8192}};
    gh_kernels_scalar()->multiply_packed(type, &product);
    product.out = got;
    kernels->multiply_packed(type, &product);
    if (!same_bits(got, wanted, tokens * rows)) fail(kernels, "packed", format->name, seed);
    sum = digest(sum, got, tokens * rows);
    free_rows(weights), free(panels), free(x), free(wanted), free(got), free(inputs), free(expected);
    return sum;
}

// bfloat16 inputs and products have the same bits.
static uint64_t check_pairs(const gh_kernels *kernels, int64_t seed, uint64_t sum) {
    const int64_t rows = 1 + random_below(70), tokens = 1 + random_below(19), columns = 32 * (1 + random_below(20));
    const int64_t panel_bytes = gh_pair_panel_bytes(columns);
    float *numbers = random_floats(rows * columns), *x = random_floats(tokens * columns);
    uint16_t *weights = allocate(rows * columns * 2), *inputs = allocate(tokens * columns * 2);
    uint16_t *expected = allocate(tokens * columns * 2);
    int32_t *order = allocate(tokens * 4);
    uint8_t *panels = allocate((rows + 15) / 16 * panel_bytes);
    gh_to_bf16(numbers, rows * columns, weights);
    for (int64_t r = 0; r < rows; r += 16)
        gh_pack_pair_panel(
            weights + r * columns, columns * 2, rows - r < 16 ? rows - r : 16, columns, panels + r / 16 * panel_bytes);
    kernels->round_to_bf16(x, tokens * columns, inputs);
    gh_to_bf16(x, tokens * columns, expected);
    if (memcmp(inputs, expected, (size_t)(tokens * columns) * 2)) fail(kernels, "round to bfloat16", "", seed);
    for (int64_t t = 0; t < tokens; t++) order[t] = (int32_t)random_below(tokens);
    float *wanted = allocate(tokens * rows * 4), *got = allocate(tokens * rows * 4);
    gh_pair_product product = {panels, rows, columns, inputs, seed % 2 ? order : NULL, tokens, wanted, rows, {512, 3072, 8192}};
    gh_kernels_scalar()->multiply_pairs(&product);
    product.out = got;
    kernels->multiply_pairs(&product);
    if (!same_bits(got, wanted, tokens * rows)) fail(kernels, "pairs", "", seed);
    sum = digest(sum, got, tokens * rows);
    free(numbers), free(x), free(weights), free(inputs), free(expected), free(order), free(panels);
    free(wanted), free(got);
    return sum;
}

typedef uint64_t (*vector_check)(const gh_kernels *, int64_t seed, uint64_t sum);

static uint64_t check_gemm(const gh_kernels *kernels, int64_t seed, uint64_t sum) {
    const int64_t rows = 1 + random_below(13), tokens = 1 + random_below(9), k = 1 + random_below(200);
    float *w = random_floats(rows * k), *x = random_floats(tokens * k);
    float *wanted = allocate(rows * tokens * 4), *got = allocate(rows * tokens * 4);
    gh_kernels_scalar()->gemm(w, k, rows, x, k, tokens, k, wanted, rows);
    kernels->gemm(w, k, rows, x, k, tokens, k, got, rows);
    if (!is_near(got, wanted, rows * tokens, 9 * (float)k)) fail(kernels, "gemm", "", seed);
    sum = digest(sum, got, rows * tokens);
    free(w), free(x), free(wanted), free(got);
    return sum;
}

static uint64_t check_weighted_sum(const gh_kernels *kernels, int64_t seed, uint64_t sum) {
    const int64_t heads = 1 + random_below(9), n = 1 + random_below(40), dimension = 1 + random_below(150);
    float *p = random_floats(heads * n), *values = random_floats(n * dimension);
    float *wanted = allocate(heads * dimension * 4), *got = allocate(heads * dimension * 4);
    memset(wanted, 0, (size_t)(heads * dimension) * 4);
    memset(got, 0, (size_t)(heads * dimension) * 4);
    gh_kernels_scalar()->weighted_sum(p, n, heads, values, dimension, n, dimension, wanted, dimension);
    kernels->weighted_sum(p, n, heads, values, dimension, n, dimension, got, dimension);
    if (!is_near(got, wanted, heads * dimension, 9 * (float)n)) fail(kernels, "weighted_sum", "", seed);
    sum = digest(sum, got, heads * dimension);
    free(p), free(values), free(wanted), free(got);
    return sum;
}

// What sampling reads has the same bits.
static uint64_t check_sampling(const gh_kernels *kernels, const float *x, int64_t n, int64_t seed, uint64_t sum) {
    const gh_kernels *scalar = gh_kernels_scalar();
    float wanted[8], got[8], largest = x[scalar->argmax(x, n)];
    double weights[512], expected[512], sums[8], totals[8];
    scalar->block_maxima(x, n, wanted);
    kernels->block_maxima(x, n, got);
    scalar->sampling_weights(x, n, largest, 1.25, expected, totals);
    kernels->sampling_weights(x, n, largest, 1.25, weights, sums);
    const int64_t blocks = (n + gh_logit_block - 1) / gh_logit_block;
    if (!same_bits(got, wanted, blocks)) fail(kernels, "block_maxima", "", seed);
    const bool is_same = !memcmp(weights, expected, (size_t)n * 8) && !memcmp(sums, totals, (size_t)blocks * 8);
    if (!is_same) fail(kernels, "sampling_weights", "", seed);
    for (int64_t i = 0; i < n; i++)
        if (fabs(weights[i] - exp(((double)x[i] - (double)largest) * 1.25)) > 1e-15)
            fail(kernels, "sampling_weights", "are not exponentials", seed);
    return digest(sum, (const float *)(const void *)weights, 2 * n);
}

// Functions of one vector, in place of a copy.
static uint64_t check_vectors(const gh_kernels *kernels, int64_t seed, uint64_t sum) {
    const gh_kernels *scalar = gh_kernels_scalar();
    const int64_t n = 2 * (1 + random_below(150));
    float *x = random_floats(n), *y = random_floats(n), *wanted = allocate(n * 4), *got = allocate(n * 4);
    const size_t bytes = (size_t)n * 4;
    if (kernels->argmax(x, n) != scalar->argmax(x, n)) fail(kernels, "argmax", "", seed);
#define IN_PLACE(NAME, ...)                                                      \
    do {                                                                         \
        memcpy(wanted, x, bytes);                                                \
        memcpy(got, x, bytes);                                                   \
        float *out = wanted;                                                     \
        scalar->__VA_ARGS__;                                                     \
        out = got;                                                               \
        kernels->__VA_ARGS__;                                                    \
        if (!is_near(got, wanted, n, 1)) fail(kernels, #NAME, "", seed);         \
        sum = digest(sum, got, n);                                               \
    } while (0)
    IN_PLACE(exponential, exponential(x, n, out));
    IN_PLACE(softmax, softmax(out, n, 0.7f));
    IN_PLACE(silu_multiply, silu_multiply(out, y, n));
    IN_PLACE(rms_norm, rms_norm(x, y, 1e-6f, n, out));
    IN_PLACE(add, add(out, y, n));
    IN_PLACE(add_scaled, add_scaled(out, 0.3f, y, n));
    IN_PLACE(rope_halves, rope_halves(out, y, y + n / 2, n / 2));
    IN_PLACE(rope_pairs, rope_pairs(out, y, y + n / 2, n / 2));
    // What is hard for the exponential: the ends of the range, infinities and NaN.
    static const float hard[] = {-INFINITY, -200, -104, -103.5f, -88, -87, 0, 88, 88.7f, 89, 200, INFINITY, NAN};
    float powers[13];
    kernels->exponential(hard, 13, powers);
    sum = digest(sum, powers, 13);
    sum = check_sampling(kernels, x, n, seed, sum);
    free(x), free(y), free(wanted), free(got);
    return sum;
}

enum { rounds = 30 };

static uint64_t check_all(const gh_kernels *kernels, bool prints) {
    uint64_t all = 0;
    const vector_check checks[] = {check_gemm, check_weighted_sum, check_vectors, check_pairs};
    const char *names[] = {"gemm", "weighted sum", "vectors", "bf16 packed"};
    for (int f = 0; f < 2 * format_count + 4; f++) {
        const format_case *format = &formats[f % format_count];
        const int is_packed = f >= format_count, vector = f - 2 * format_count;
        if (vector < 0 && is_packed && format->packed == not_packed) continue;
        uint64_t sum = 0xCBF29CE484222325u;
        for (int64_t seed = 1; seed <= rounds; seed++) {
            random_state = (uint64_t)seed * 1000 + (uint64_t)f;
            sum = vector >= 0 ? checks[vector](kernels, seed, sum)
                  : is_packed ? check_packed(kernels, format, seed, sum)
                              : check_format(kernels, format, seed, sum);
        }
        if (prints)
            printf("%s%s %016llx\n", vector >= 0 ? names[vector] : format->name,
                   vector < 0 && is_packed ? " packed" : "", (unsigned long long)sum);
        all = all * 31 + sum;
    }
    return all;
}

int main(void) {
    const gh_kernels *sets[] = {gh_kernels_avx2(), gh_kernels_avx512(), gh_kernels_neon(), gh_kernels_neon_dot()};
    uint64_t first = 0;
    int found = 0;
    for (int i = 0; i < 4; i++) {
        if (!sets[i]) continue;
        const uint64_t all = check_all(sets[i], found == 0);
        if (found++ == 0) first = all;
        if (all != first) fail(sets[i], "bits differ from those of another instruction set", "", 0);
        fprintf(stderr, "%s: checked against the scalar kernels\n", sets[i]->name);
    }
    return failures > 0 || found == 0;
}
