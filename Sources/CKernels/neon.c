// The kernels for AArch64.
#include "gh_kernels.h"

#if defined(__aarch64__)
#include <arm_neon.h>
#include <float.h>
#include <math.h>

#include "blocks.h"

#pragma STDC FP_CONTRACT OFF
#define TARGET_NAME "neon"
#include "lanes_bytes.h"
#include "lanes_neon.h"
#include "packed_lanes_neon.h"
#include "lanes_table.h"

const gh_kernels *gh_kernels_neon(void) { return &table; }
#else
const gh_kernels *gh_kernels_neon(void) { return 0; }
#endif
