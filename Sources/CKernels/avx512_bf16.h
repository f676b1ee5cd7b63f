#ifndef GH_AVX512_BF16_H
#define GH_AVX512_BF16_H
#include "gh_pairs.h"

/// For processors that have it, on top of what the AVX-512 kernels need.
void avx512_bf16_multiply_pairs(const gh_pair_product *product);
int64_t avx512_bf16_pair_probe(int64_t rounds);
#endif
