#ifndef GH_SCALAR_INT8_H
#define GH_SCALAR_INT8_H
#include "gh_kernels.h"

void scalar_dot_int8_q8_0(const void *, int64_t, int64_t, const gh_int8_vector *, int64_t, float *);
void scalar_dot_int8_q4_0(const void *, int64_t, int64_t, const gh_int8_vector *, int64_t, float *);
void scalar_dot_int8_q4_K(const void *, int64_t, int64_t, const gh_int8_vector *, int64_t, float *);
void scalar_dot_int8_q5_K(const void *, int64_t, int64_t, const gh_int8_vector *, int64_t, float *);
void scalar_dot_int8_q6_K(const void *, int64_t, int64_t, const gh_int8_vector *, int64_t, float *);
void scalar_dot_int8_q4_1(const void *, int64_t, int64_t, const gh_int8_vector *, int64_t, float *);
void scalar_dot_int8_q5_0(const void *, int64_t, int64_t, const gh_int8_vector *, int64_t, float *);
void scalar_dot_int8_q5_1(const void *, int64_t, int64_t, const gh_int8_vector *, int64_t, float *);
void scalar_dot_int8_q2_K(const void *, int64_t, int64_t, const gh_int8_vector *, int64_t, float *);
void scalar_dot_int8_q3_K(const void *, int64_t, int64_t, const gh_int8_vector *, int64_t, float *);
void scalar_dot_int8_iq4_nl(const void *, int64_t, int64_t, const gh_int8_vector *, int64_t, float *);
void scalar_dot_int8_iq4_xs(const void *, int64_t, int64_t, const gh_int8_vector *, int64_t, float *);
void scalar_dot_int8_mxfp4(const void *, int64_t, int64_t, const gh_int8_vector *, int64_t, float *);
#endif
