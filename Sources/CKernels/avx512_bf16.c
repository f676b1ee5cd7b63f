// Products of bfloat16 numbers with AVX512_BF16, which some processors with AVX-512 have.
#if defined(__x86_64__)
#include "avx512_bf16.h"

#include <immintrin.h>

#include "blocks.h"

#define TARGET __attribute__((target("avx2,fma,f16c,avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx512bf16")))
#pragma clang attribute push(TARGET, apply_to = function)
#include "lanes_bytes.h"
#include "lanes_avx512.h"
#include "packed_lanes_avx512.h"

typedef strip_codes strip_pairs;
PACKED_INLINE strip_pairs opened_pairs(strip_codes pairs) { return pairs; }
PACKED_INLINE row_numbers add_pairs(row_numbers sum, strip_pairs w, strip_pairs x) {
    return _mm512_dpbf16_ps(sum, (__m512bh)w, (__m512bh)x);
}
#include "pair_tiles.h"

void avx512_bf16_multiply_pairs(const gh_pair_product *product) { multiply_pairs(product); }
int64_t avx512_bf16_pair_probe(int64_t rounds) { return pair_probe(rounds); }
#pragma clang attribute pop
#endif
