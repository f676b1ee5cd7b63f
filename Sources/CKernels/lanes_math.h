// Normalisation, softmax and activations over vectors of any length.
#ifndef GH_LANES_MATH_H
#define GH_LANES_MATH_H

// exp(x) = 2^n * exp(r) with |r| <= ln(2) / 2. On that interval exp(r) = 1 + r + r² p(r), where p was fitted to the
// least relative error (2e-9); ln(2) comes in two parts, so that r keeps its bits.
static inline lanes lanes_exp(lanes x) {
    // Beyond these bounds the result is zero or infinity; the order of the operands lets NaN through.
    x = lanes_larger(lanes_all(-104.0f), lanes_smaller(lanes_all(89.0f), x));
    lanes n = lanes_round(lanes_multiply(x, lanes_all(0x1.715476p+0f)));
    lanes r = lanes_fma(n, lanes_all(-0x1.63p-1f), x);
    r = lanes_fma(n, lanes_all(0x1.bd0106p-13f), r);
    lanes p = lanes_all(0x1.a1b85cp-13f);
    p = lanes_fma(p, r, lanes_all(0x1.6d96d2p-10f));
    p = lanes_fma(p, r, lanes_all(0x1.11107cp-7f));
    p = lanes_fma(p, r, lanes_all(0x1.555480p-5f));
    p = lanes_fma(p, r, lanes_all(0x1.555556p-3f));
    p = lanes_fma(p, r, lanes_all(0.5f));
    p = lanes_fma(p, lanes_multiply(r, r), r);
    return lanes_scale_by_power(lanes_add(p, lanes_all(1.0f)), n);
}

static void exponential(const float *x, int64_t n, float *out) {
    int64_t i = 0;
    for (; i + 16 <= n; i += 16) lanes_store(out + i, lanes_exp(lanes_load(x + i)));
    if (i < n) lanes_store_first(out + i, lanes_exp(lanes_load_first(x + i, n - i)), n - i);
}

static inline lanes lanes_silu(lanes gate, lanes up) {
    lanes minus = lanes_subtract(lanes_zero(), gate);
    return lanes_multiply(lanes_divide(gate, lanes_add(lanes_all(1.0f), lanes_exp(minus))), up);
}

static void silu_multiply(float *gate, const float *up, int64_t n) {
    int64_t i = 0;
    for (; i + 16 <= n; i += 16) lanes_store(gate + i, lanes_silu(lanes_load(gate + i), lanes_load(up + i)));
    if (i == n) return;
    lanes rest = lanes_silu(lanes_load_first(gate + i, n - i), lanes_load_first(up + i, n - i));
    lanes_store_first(gate + i, rest, n - i);
}

static void rms_norm(const float *x, const float *weight, float epsilon, int64_t n, float *out) {
    float sum;
    dot_f32(x, 0, 1, x, n, &sum);
    float factor = 1 / sqrtf(sum / (float)n + epsilon);
    if (weight)
        for (int64_t i = 0; i < n; i++) out[i] = x[i] * factor * weight[i];
    else
        for (int64_t i = 0; i < n; i++) out[i] = x[i] * factor;
}

// The largest number that is not NaN; minus infinity if there is none.
static float largest(const float *x, int64_t n) {
    lanes found = lanes_all(-INFINITY);
    int64_t i = 0;
    for (; i + 16 <= n; i += 16) found = lanes_larger(lanes_load(x + i), found);
    float value = lanes_largest(found);
    for (; i < n; i++) value = x[i] > value ? x[i] : value;
    return value;
}

static void softmax(float *x, int64_t n, float scale) {
    if (scale != 1)
        for (int64_t i = 0; i < n; i++) x[i] *= scale;
    lanes offset = lanes_all(largest(x, n)), sums = lanes_zero();
    int64_t i = 0;
    for (; i + 16 <= n; i += 16) {
        lanes value = lanes_exp(lanes_subtract(lanes_load(x + i), offset));
        lanes_store(x + i, value);
        sums = lanes_add(sums, value);
    }
    if (i < n) {
        // Stored and loaded again, because the lanes that have no element must not count.
        lanes value = lanes_exp(lanes_subtract(lanes_load_first(x + i, n - i), offset));
        lanes_store_first(x + i, value, n - i);
        sums = lanes_add(sums, lanes_load_first(x + i, n - i));
    }
    float sum = lanes_sum(sums);
    for (i = 0; i < n; i++) x[i] /= sum;
}

// One pass, and a second over the piece that has the largest.
static int64_t argmax(const float *x, int64_t n) {
    enum { piece = 4096 };
    float best = -INFINITY;
    int64_t first = 0;
    for (int64_t start = 0; start < n; start += piece) {
        float value = largest(x + start, n - start < piece ? n - start : piece);
        if (value > best) best = value, first = start;
    }
    for (int64_t i = first; i < n; i++)
        if (x[i] == best) return i;
    return 0;
}

#endif
