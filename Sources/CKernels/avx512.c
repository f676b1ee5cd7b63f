// The kernels for x86-64 with AVX-512 F, BW, DQ, VL and VNNI.
#include "gh_kernels.h"

#if defined(__x86_64__)
#include <float.h>
#include <immintrin.h>
#include <math.h>

#include "avx512_bf16.h"
#include "blocks.h"

#pragma STDC FP_CONTRACT OFF
#define TARGET __attribute__((target("avx2,fma,f16c,avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")))
#pragma clang attribute push(TARGET, apply_to = function)
#define TARGET_NAME "avx512"
#include "lanes_bytes.h"
#include "lanes_avx512.h"
#include "packed_lanes_avx512.h"
#include "pair_lanes.h"
#include "pair_tiles.h"

// Asked at each product, because a table for each combination of instructions would be as long again.
static bool has_bf16(void) { return __builtin_cpu_supports("avx512bf16"); }
static void best_multiply_pairs(const gh_pair_product *product) {
    if (has_bf16())
        avx512_bf16_multiply_pairs(product);
    else
        multiply_pairs(product);
}
static int64_t best_pair_probe(int64_t rounds) {
    return has_bf16() ? avx512_bf16_pair_probe(rounds) : pair_probe(rounds);
}
#define MULTIPLY_PAIRS best_multiply_pairs
#define PAIR_PROBE best_pair_probe
#include "lanes_table.h"
#pragma clang attribute pop

const gh_kernels *gh_kernels_avx512(void) {
    __builtin_cpu_init();
    // Every processor with VNNI has F16C, FMA and the other parts; all are asked for, because hypervisors hide some.
    bool has_all = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                   __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
                   __builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("fma") &&
                   __builtin_cpu_supports("f16c");
    return has_all ? &table : 0;
}
#else
const gh_kernels *gh_kernels_avx512(void) { return 0; }
#endif
