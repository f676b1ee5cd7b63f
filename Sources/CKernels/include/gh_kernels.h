// Inner loops over weights and activations, in implementations that are chosen at run time.
//
// `scalar` is plain C and the specification. `avx2` (with FMA and F16C), `avx512` (F, BW, DQ, VL, VNNI), `neon` (every
// AArch64) and `neon-dot` (with dot products) are instances of one set of 16-lane templates, so they give identical
// bits; they differ from `scalar` only in rounding, and products with packed weights not even in that.
//
// Order of summation. Every product of a weight row with an input adds element k to lane k mod 16 and adds the lanes
// as a tree at the end. `dot_rows` and `gemm` both do, so an output's bits do not depend on which of the two computed
// it, on how many tokens were in the batch, nor on how rows were split over threads.
#ifndef GH_KERNELS_H
#define GH_KERNELS_H

#include <stdbool.h>
#include <stdint.h>

#include "gh_attention.h"
#include "gh_packed.h"
#include "gh_pairs.h"
#include "gh_system.h"

#pragma clang assume_nonnull begin

/// What can be done with one storage format. Rows may lie at any address.
typedef struct gh_format {
    /// Writes the `n` numbers of `row` to `out`. `n` is a whole number of blocks.
    void (*dequantize)(const void *row, float *out, int64_t n);
    /// out[r] = row r · x, for `count` rows that start `row_bytes` apart. `n` is a whole number of blocks.
    void (*dot_rows)(const void *rows, int64_t row_bytes, int64_t count, const float *x, int64_t n, float *out);
} gh_format;

/// Logits of a block in `block_maxima` and `sampling_weights`.
enum { gh_logit_block = 64 };

/// One implementation of everything.
typedef struct gh_kernels {
    const char *name;
    gh_format f32, f16, bf16, q8_0, q4_0, q4_1, q5_0, q5_1, q2_K, q3_K, q4_K, q5_K, q6_K, iq4_nl, iq4_xs, mxfp4;
    /// Blocks of 128 elements: a float32 scale and 128 E4M3 numbers. In memory only.
    gh_format f8_e4m3;

    /// out[t * out_stride + r] = w[r * w_stride ...] · x[t * x_stride ...] over `k` elements. Strides in floats.
    void (*gemm)(
        const float *w, int64_t w_stride, int64_t rows, const float *x, int64_t x_stride, int64_t tokens, int64_t k,
        float *out, int64_t out_stride);
    /// out[h * out_stride + d] += sum over i of p[h * p_stride + i] * values[i * value_stride + d], for `dimension` d.
    void (*weighted_sum)(
        const float *p, int64_t p_stride, int64_t heads, const float *values, int64_t value_stride, int64_t n,
        int64_t dimension, float *out, int64_t out_stride);
    /// x = softmax(scale * x), in place; `n` >= 1. A row that is all minus infinity becomes NaN.
    void (*softmax)(float *x, int64_t n, float scale);
    /// out = x / sqrt(mean(x²) + epsilon) * weight; `weight` may be null, `out` may be `x`.
    void (*rms_norm)(const float *x, const float *_Nullable weight, float epsilon, int64_t n, float *out);
    /// gate = silu(gate) * up.
    void (*silu_multiply)(float *gate, const float *up, int64_t n);
    /// out = exp(x), at most 2 units in the last place off.
    void (*exponential)(const float *x, int64_t n, float *out);
    /// Rounds `n` numbers, a multiple of 32, to the int8 blocks that packed weights are multiplied with, with a scale for
    /// each `columns` (32, 128 or 256; the last may be fewer): max|x| / 127, ties to even. Numbers that are all below
    /// 2^-100 become zero.
    void (*round_to_blocks)(const float *x, int64_t n, int64_t columns, gh_rounded_block *out);
    /// Multiplies packed rows with rounded inputs.
    void (*multiply_packed)(gh_packed_type type, const gh_packed_product *product);
    /// Attention over a KV cache in pages.
    const gh_attention_kernels *attention;
    /// bfloat16 numbers for products with packed bfloat16 weights: to the nearest, ties to even; NaN stays NaN.
    void (*round_to_bf16)(const float *x, int64_t n, uint16_t *out);
    /// Multiplies packed bfloat16 rows with rounded inputs.
    void (*multiply_pairs)(const gh_pair_product *product);
    /// out += x.
    void (*add)(float *out, const float *x, int64_t n);
    /// out += a * x, product and sum rounded separately.
    void (*add_scaled)(float *out, float a, const float *x, int64_t n);
    /// Turns the pairs (x[i], x[i + half]) by the angles of the tables; `half` pairs.
    void (*rope_halves)(float *x, const float *cosines, const float *sines, int64_t half);
    /// Turns the pairs (x[2i], x[2i + 1]) by the angles of the tables; `half` pairs.
    void (*rope_pairs)(float *x, const float *cosines, const float *sines, int64_t half);
    /// Lowest index of the largest of `n` >= 1 numbers. NaN never wins; 0 if all are NaN.
    int64_t (*argmax)(const float *x, int64_t n);
    /// out[b] = the largest of the logits of block b, `gh_logit_block` each (the last may be shorter) of `n`; minus infinity
    /// if none is a number.
    void (*block_maxima)(const float *x, int64_t n, float *out);
    /// out[i] = exp((x[i] - best) * inverse_temperature) and sums[b] = their sum in block b; nothing is above `best`. 0
    /// for NaN and what is below exp(-707).
    void (*sampling_weights)(
        const float *x, int64_t n, float best, double inverse_temperature, double *out, double *sums);
    /// Reads every byte and returns a value that depends on all of them: a probe of memory bandwidth.
    uint64_t (*read_probe)(const void *bytes, int64_t count);
    /// Does nothing but the exact sums of `multiply_packed`, in registers, `rounds` times: a probe of the speed that no
    /// product can pass. The number of multiplications comes back.
    int64_t (*product_probe)(int64_t rounds);
    /// The same for `multiply_pairs`.
    int64_t (*pair_probe)(int64_t rounds);
} gh_kernels;

const gh_kernels *gh_kernels_scalar(void);

/// Null where this processor (or the architecture the program was built for) lacks the instructions.
const gh_kernels *_Nullable gh_kernels_avx2(void);
const gh_kernels *_Nullable gh_kernels_avx512(void);
const gh_kernels *_Nullable gh_kernels_neon(void);
const gh_kernels *_Nullable gh_kernels_neon_dot(void);

/// float32 to the nearest float16 or bfloat16, ties to even. Overflow becomes infinity; NaN stays NaN.
void gh_to_f16(const float *x, int64_t n, uint16_t *out);
void gh_to_bf16(const float *x, int64_t n, uint16_t *out);
/// ggml's Q8_0: scale = max|x| / 127 as float16, quotients rounded half away from zero. `n` is a multiple of 32.
void gh_quantize_q8_0(const float *x, int64_t n, void *row);

/// float32 to other formats, with scales searched for a small squared error; `n` is a whole number of blocks. A block
/// with a number that is not finite becomes NaN as a whole (MXFP4: infinity, because ggml reads no NaN there). Numbers
/// whose scale float16 cannot hold become infinities or NaN as well. The bits are the same on every machine.
void gh_quantize_q4_0(const float *x, int64_t n, void *row);
void gh_quantize_mxfp4(const float *x, int64_t n, void *row);
void gh_quantize_q4_K(const float *x, int64_t n, void *row);
void gh_quantize_q5_K(const float *x, int64_t n, void *row);
void gh_quantize_q6_K(const float *x, int64_t n, void *row);

/// A row of `f8_e4m3` blocks from `n` (a multiple of 128) E4M3 numbers with a scale for every `scale_columns`, which is
/// a multiple of 128 as well.
void gh_pack_f8_row(const uint8_t *codes, const float *scales, int64_t scale_columns, int64_t n, void *row);
/// The same as float32, for any `n` and `scale_columns`.
void gh_scale_f8_row(const uint8_t *codes, const float *scales, int64_t scale_columns, int64_t n, float *out);
/// A row of `mxfp4` blocks from `n` (a multiple of 32) FP4 numbers, the even ones in the low halves of bytes, and an
/// E8M0 scale for every 32.
void gh_pack_mxfp4_row(const uint8_t *codes, const uint8_t *scales, int64_t n, void *row);

/// Tells the processor that this thread spins.
static inline void gh_spin_hint(void) {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

#pragma clang assume_nonnull end
#endif
