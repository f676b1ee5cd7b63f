#ifndef GH_SCALAR_FORMATS_H
#define GH_SCALAR_FORMATS_H
#include <stdint.h>

void scalar_dequantize_f32(const void *row, float *out, int64_t n);
void scalar_dequantize_f16(const void *row, float *out, int64_t n);
void scalar_dequantize_bf16(const void *row, float *out, int64_t n);
void scalar_dequantize_q8_0(const void *row, float *out, int64_t n);
void scalar_dequantize_q4_0(const void *row, float *out, int64_t n);
void scalar_dequantize_q4_K(const void *row, float *out, int64_t n);
void scalar_dequantize_q5_K(const void *row, float *out, int64_t n);
void scalar_dequantize_q6_K(const void *row, float *out, int64_t n);
#endif
