// Loops whose iterations are independent, so a compiler's vectorisation cannot change a bit. Included by the file of
// every instruction set and vectorised for it; contraction to FMA is off, because the reference rounds twice.
#ifndef GH_ELEMENTWISE_H
#define GH_ELEMENTWISE_H
#include "blocks.h"
#include "gh_kernels.h"

#pragma STDC FP_CONTRACT OFF

static void elementwise_add(float *restrict out, const float *restrict x, int64_t n) {
    for (int64_t i = 0; i < n; i++) out[i] += x[i];
}

static void elementwise_add_scaled(float *restrict out, float a, const float *restrict x, int64_t n) {
    for (int64_t i = 0; i < n; i++) out[i] += a * x[i];
}

static void elementwise_rope_halves(
    float *restrict x, const float *restrict cosines, const float *restrict sines, int64_t half) {
    float *restrict upper = x + half;
    for (int64_t i = 0; i < half; i++) {
        float a = x[i], b = upper[i];
        x[i] = a * cosines[i] - b * sines[i];
        upper[i] = b * cosines[i] + a * sines[i];
    }
}

static void elementwise_rope_pairs(
    float *restrict x, const float *restrict cosines, const float *restrict sines, int64_t half) {
    for (int64_t i = 0; i < half; i++) {
        float a = x[2 * i], b = x[2 * i + 1];
        x[2 * i] = a * cosines[i] - b * sines[i];
        x[2 * i + 1] = b * cosines[i] + a * sines[i];
    }
}

// The largest magnitude of `n` numbers, a multiple of 32. The bits of magnitudes are in the order of the magnitudes, NaN
// above all; as integers their largest can be found in any order.
static inline uint32_t largest_magnitude(const float *restrict x, int64_t n) {
    uint32_t largest = 0;
    for (int64_t i = 0; i < n; i++) {
        uint32_t magnitude = bits_of_float(x[i]) & 0x7FFFFFFF;
        largest = magnitude > largest ? magnitude : largest;
    }
    return largest;
}

// One block of 32. Adding 1.5 * 2^23 leaves the rounded number in the low bits of the sum.
// `sums` are those of the first and of the last sixteen.
static inline void round_block(
    const float *restrict x, float inverse, int32_t sums[restrict 2], int8_t *restrict q) {
    for (int half = 0; half < 2; half++) {
        int32_t sum = 0;
        for (int i = 16 * half; i < 16 * half + 16; i++) {
            int32_t rounded = (int32_t)(bits_of_float(x[i] * inverse + 0x1.8p23f) - 0x4B400000);
            q[i] = (int8_t)rounded;
            sum += rounded;
        }
        sums[half] = sum;
    }
}

// `count` blocks with one scale, a unit of `unit` or what is left of one.
static inline void round_unit(
    const float *restrict x, const int count, const int unit, gh_rounded_block *restrict out) {
    const int32_t offset = -(1 << least_offset_log2(unit));
    uint32_t bits = largest_magnitude(x, 32 * count);
    bool is_finite = bits < 0x7F800000;
    float largest = float_from_bits(bits), scale = is_finite ? largest / 127 : float_from_bits(0x7FC00000);
    // The quotient of a tiny unit could overflow; such a unit counts as zero.
    float inverse = is_finite && largest >= 0x1p-100f ? 127 / largest : 0;
    for (int b = 0; b < count; b++) {
        int32_t sums[2];
        round_block(x + 32 * b, inverse, sums, out[b].q);
        out[b].scale = scale;
        out[b].corrections[0] = offset * (unit == 8 ? sums[0] : sums[0] + sums[1]);
        out[b].corrections[1] = offset * sums[1];
        out[b].sum = scale * (float)(sums[0] + sums[1]);
        if (unit == 1) continue;
        out[b].sum = 0;
        out[b / 2 * 2].pair_sums[b % 2] = (int16_t)(sums[0] + sums[1]);
    }
}

static void elementwise_round_to_blocks(const float *x, int64_t n, int64_t columns, gh_rounded_block *out) {
    const int64_t blocks = n / 32;
    int64_t b = 0;
    if (columns == 32)
        for (; b < blocks; b++) round_unit(x + 32 * b, 1, 1, out + b);
    else if (columns == 128)
        for (; b + 4 <= blocks; b += 4) round_unit(x + 32 * b, 4, 4, out + b);
    else
        for (; b + 8 <= blocks; b += 8) round_unit(x + 32 * b, 8, 8, out + b);
    if (b < blocks) round_unit(x + 32 * b, (int)(blocks - b), (int)(columns / 32), out + b);
}

static void elementwise_round_to_bf16(const float *restrict x, int64_t n, uint16_t *restrict out) {
    for (int64_t i = 0; i < n; i++) out[i] = bf16_from_float(x[i]);
}

typedef uint64_t eight_words __attribute__((vector_size(64)));

// Four sums of vectors, so that the additions do not wait for each other.
static uint64_t elementwise_read_probe(const void *bytes, int64_t count) {
    const uint8_t *p = bytes, *end = p + count;
    eight_words sums[4] = {0}, block[4];
    for (; end - p >= (int64_t)sizeof block; p += sizeof block) {
        __builtin_memcpy(block, p, sizeof block);
        for (int i = 0; i < 4; i++) sums[i] += block[i];
    }
    eight_words sum = sums[0] + sums[1] + sums[2] + sums[3];
    uint64_t total = 0;
    for (int i = 0; i < 8; i++) total += sum[i];
    for (; p < end; p++) total += *p;
    return total;
}
#endif
