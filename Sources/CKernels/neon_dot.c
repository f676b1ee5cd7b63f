// The kernels for AArch64 with the dot products of Armv8.2 (FEAT_DotProd).
#include "gh_kernels.h"

#if defined(__aarch64__)
#include <arm_neon.h>
#include <math.h>
#if defined(__linux__)
#include <sys/auxv.h>
#endif

#include "blocks.h"

#pragma STDC FP_CONTRACT OFF
#pragma clang attribute push(__attribute__((target("dotprod"))), apply_to = function)
#define TARGET_NAME "neon-dot"
#define GH_NEON_DOT
#include "lanes_bytes.h"
#include "lanes_neon.h"
#include "packed_lanes_neon.h"
#include "lanes_table.h"
#pragma clang attribute pop

static bool has_dot_products(void) {
#if defined(__ARM_FEATURE_DOTPROD)
    return true;
#elif defined(__linux__)
    return (getauxval(AT_HWCAP) & 1u << 20) != 0;  // HWCAP_ASIMDDP
#else
    return false;
#endif
}

const gh_kernels *gh_kernels_neon_dot(void) { return has_dot_products() ? &table : 0; }
#else
const gh_kernels *gh_kernels_neon_dot(void) { return 0; }
#endif
