// What a packed format is made of. The kernels take a layout as a constant, so all choices are made by the compiler.
#ifndef GH_PACKED_LAYOUT_H
#define GH_PACKED_LAYOUT_H

#include "blocks.h"
#include "gh_packed.h"

// Bits of a code, or what four bits stand for. Fifth and sixth bits follow the 4-bit vectors of a block: bit g of
// byte p belongs to byte p of vector g; bits 2k and 2k + 1 of byte p of further vector h belong to vector 4h + k.
enum packed_codes { codes_8, codes_4, codes_5, codes_6, codes_fp4, codes_iq4 };

// What scales the blocks of a unit: its head, in which each thing is there sixteen times, once a row.
enum packed_scales {
    scales_f16,          // 2 blocks: a float16 for each
    scales_f16_minimum,  // 1 block: float16 scale and float16 minimum that is added
    scales_e8m0,         // 4 blocks: an E8M0 byte for each, for doubled values
    scales_k,            // 8 blocks: a float16 scale, then a signed byte for each
    scales_k_minimum,    // 8 blocks: float16 scale and minimum, then bytes: scales of each, minimums of each two; subtracted
    scales_k_halves,     // 8 blocks: a float16 scale, then a signed byte for each half
};

typedef struct packed_layout {
    enum packed_codes codes;
    enum packed_scales scales;
    // The logarithm of what is added to codes; negative if nothing is.
    int offset_log2;
} packed_layout;

#define PACKED_INLINE static inline __attribute__((always_inline))

PACKED_INLINE packed_layout layout_of(gh_packed_type type) {
    switch (type) {
        case gh_packed_q8_0: return (packed_layout){codes_8, scales_f16, 7};
        case gh_packed_q4_0: return (packed_layout){codes_4, scales_f16, 3};
        case gh_packed_q4_1: return (packed_layout){codes_4, scales_f16_minimum, -1};
        case gh_packed_q5_0: return (packed_layout){codes_5, scales_f16, 4};
        case gh_packed_q5_1: return (packed_layout){codes_5, scales_f16_minimum, -1};
        case gh_packed_q4_K: return (packed_layout){codes_4, scales_k_minimum, -1};
        case gh_packed_q5_K: return (packed_layout){codes_5, scales_k_minimum, -1};
        case gh_packed_q6_K: return (packed_layout){codes_6, scales_k_halves, 5};
        case gh_packed_iq4_nl: return (packed_layout){codes_iq4, scales_f16, 7};
        case gh_packed_iq4_xs: return (packed_layout){codes_iq4, scales_k, 7};
        case gh_packed_mxfp4: return (packed_layout){codes_fp4, scales_e8m0, 4};
    }
    __builtin_unreachable();
}

// Whether the sums of the inputs are multiplied with minimums.
PACKED_INLINE int has_minimum(packed_layout layout) {
    return layout.scales == scales_f16_minimum || layout.scales == scales_k_minimum;
}
// Whether eight blocks share a float16 scale.
PACKED_INLINE int has_shared_scale(packed_layout layout) { return layout.scales >= scales_k; }
// How many blocks of an input share a scale: units of the formats of 256, and those of MXFP4, whose numbers are so coarse
// that the input's precision hardly counts.
PACKED_INLINE int input_blocks(packed_layout layout) {
    return has_shared_scale(layout) ? 8 : layout.scales == scales_e8m0 ? 4 : 1;
}
// Whether four bits stand for values of a table.
PACKED_INLINE int has_table(packed_layout layout) { return layout.codes == codes_fp4 || layout.codes == codes_iq4; }

// Bytes of the codes of a block of 16 rows.
PACKED_INLINE int code_bytes(packed_layout layout) {
    switch (layout.codes) {
        case codes_8: return 512;
        case codes_5: return 256 + 64;
        case codes_6: return 256 + 128;
        default: return 256;
    }
}

// Bytes of a head, a multiple of 64, and the blocks of a unit.
PACKED_INLINE int head_bytes(packed_layout layout) {
    switch (layout.scales) {
        case scales_k: return 192;  // 32 + 8 * 16
        case scales_k_minimum: return 64 + 8 * 32;
        case scales_k_halves: return 320;  // 32 + 16 * 16
        default: return 64;
    }
}
PACKED_INLINE int unit_blocks(packed_layout layout) {
    switch (layout.scales) {
        case scales_f16: return 2;
        case scales_f16_minimum: return 1;
        case scales_e8m0: return 4;
        default: return 8;
    }
}

PACKED_INLINE int64_t unit_bytes(packed_layout layout) {
    return head_bytes(layout) + unit_blocks(layout) * code_bytes(layout);
}
// The last unit of a panel has a whole head and the codes of the blocks that are left.
PACKED_INLINE int64_t panel_bytes(packed_layout layout, int64_t blocks) {
    const int64_t units = (blocks + unit_blocks(layout) - 1) / unit_blocks(layout);
    return units * head_bytes(layout) + blocks * code_bytes(layout);
}
// Where block `b` of a panel has its head and its codes.
PACKED_INLINE int64_t head_offset(packed_layout layout, int64_t b) {
    return b / unit_blocks(layout) * unit_bytes(layout);
}
PACKED_INLINE int64_t code_offset(packed_layout layout, int64_t b) {
    return head_offset(layout, b) + head_bytes(layout) + b % unit_blocks(layout) * code_bytes(layout);
}

#endif
