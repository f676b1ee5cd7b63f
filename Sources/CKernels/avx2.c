// The kernels for x86-64 with AVX2, FMA and F16C.
#include "gh_kernels.h"

#if defined(__x86_64__)
#include <float.h>
#include <immintrin.h>
#include <math.h>

#include "blocks.h"

#pragma STDC FP_CONTRACT OFF
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#define TARGET_NAME "avx2"
#include "lanes_bytes.h"
#include "lanes_avx2.h"
#include "packed_lanes_avx2.h"
#include "lanes_table.h"
#pragma clang attribute pop

const gh_kernels *gh_kernels_avx2(void) {
    __builtin_cpu_init();
    bool has_all =
        __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c");
    return has_all ? &table : 0;
}
#else
const gh_kernels *gh_kernels_avx2(void) { return 0; }
#endif
