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
void scalar_dequantize_q4_1(const void *row, float *out, int64_t n);
void scalar_dequantize_q5_0(const void *row, float *out, int64_t n);
void scalar_dequantize_q5_1(const void *row, float *out, int64_t n);
void scalar_dequantize_q2_K(const void *row, float *out, int64_t n);
void scalar_dequantize_q3_K(const void *row, float *out, int64_t n);
void scalar_dequantize_iq4_nl(const void *row, float *out, int64_t n);
void scalar_dequantize_iq4_xs(const void *row, float *out, int64_t n);
void scalar_dequantize_mxfp4(const void *row, float *out, int64_t n);
void scalar_dequantize_f8_e4m3(const void *row, float *out, int64_t n);
#endif
