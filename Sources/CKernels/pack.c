// From the rows of files to panels; see gh_packed.h.
#include "packed_layout.h"

// Where the rows of a panel put what they have.
typedef struct panel_writer {
    packed_layout layout;
    uint8_t *heads, *codes;
    int row;
} panel_writer;

// 32 codes of a byte each, to the row's places of block `b`.
static void put_bytes(const panel_writer *to, int64_t b, const uint8_t codes[32]) {
    uint8_t *block = to->codes + b * code_bytes(to->layout) + 4 * to->row;
    for (int g = 0; g < 8; g++) memcpy(block + 64 * g, codes + 4 * g, 4);
}

// Sixteen pairs of four bits, element i in the low half of byte i and element 16 + i in its high half.
static void put_nibbles(const panel_writer *to, int64_t b, const uint8_t q[16]) {
    uint8_t *block = to->codes + b * code_bytes(to->layout) + 4 * to->row;
    for (int g = 0; g < 4; g++) memcpy(block + 64 * g, q + 4 * g, 4);
}

// The fifth bits of 32 elements: bit number `bit` of each of `high`.
static void put_fifth_bits(const panel_writer *to, int64_t b, const uint8_t high[32], int bit) {
    uint8_t four[4] = {0};
    for (int g = 0; g < 8; g++)
        for (int c = 0; c < 4; c++) four[c] |= (uint8_t)((high[4 * g + c] >> bit & 1) << g);
    memcpy(to->codes + b * code_bytes(to->layout) + 256 + 4 * to->row, four, 4);
}

// Two upper bits of 32 elements: bits `bit` and `bit` + 1 of each of `high`.
static void put_upper_bits(const panel_writer *to, int64_t b, const uint8_t high[32], int bit) {
    for (int vector = 0; vector < 2; vector++) {
        uint8_t four[4] = {0};
        for (int k = 0; k < 4; k++)
            for (int c = 0; c < 4; c++) four[c] |= (uint8_t)((high[16 * vector + 4 * k + c] >> bit & 3) << 2 * k);
        memcpy(to->codes + b * code_bytes(to->layout) + 256 + 64 * vector + 4 * to->row, four, 4);
    }
}

// 32 elements in the low or high halves of 32 bytes, as the formats of 256 elements have them.
static void put_half_bytes(const panel_writer *to, int64_t b, const uint8_t q[32], int is_high) {
    uint8_t pairs[16];
    for (int i = 0; i < 16; i++)
        pairs[i] = is_high ? (uint8_t)(q[i] >> 4 | (q[16 + i] & 0xF0)) : (uint8_t)((q[i] & 15) | q[16 + i] << 4);
    put_nibbles(to, b, pairs);
}

static uint8_t *head(const panel_writer *to, int64_t i) { return to->heads + i * head_bytes(to->layout); }

// A float16 of the row, which is number `which` of a head.
static void put_half(const panel_writer *to, int64_t i, int which, uint16_t half) {
    memcpy(head(to, i) + 32 * which + 2 * to->row, &half, sizeof half);
}

static void pack_q8_0(const panel_writer *to, int64_t b, const void *source) {
    const block_q8_0 *block = source;
    uint8_t codes[32];
    for (int i = 0; i < 32; i++) codes[i] = (uint8_t)block->q[i] ^ 0x80;
    put_bytes(to, b, codes);
    put_half(to, b, 0, block->scale);
}

static void pack_q4_0(const panel_writer *to, int64_t b, const void *source) {
    const block_q4_0 *block = source;
    put_nibbles(to, b, block->q);
    put_half(to, b, 0, block->scale);
}

static void pack_q4_1(const panel_writer *to, int64_t b, const void *source) {
    const block_q4_1 *block = source;
    put_nibbles(to, b, block->q);
    put_half(to, b, 0, block->scale);
    put_half(to, b, 1, block->minimum);
}

// The bits of a 32-bit number, each in a byte of its own.
static void spread_bits(const uint8_t high[4], uint8_t bits[32]) {
    for (int i = 0; i < 32; i++) bits[i] = high[i / 8] >> i % 8 & 1;
}

static void pack_q5_0(const panel_writer *to, int64_t b, const void *source) {
    const block_q5_0 *block = source;
    uint8_t bits[32];
    spread_bits(block->high, bits);
    put_nibbles(to, b, block->q);
    put_fifth_bits(to, b, bits, 0);
    put_half(to, b, 0, block->scale);
}

static void pack_q5_1(const panel_writer *to, int64_t b, const void *source) {
    const block_q5_1 *block = source;
    uint8_t bits[32];
    spread_bits(block->high, bits);
    put_nibbles(to, b, block->q);
    put_fifth_bits(to, b, bits, 0);
    put_half(to, b, 0, block->scale);
    put_half(to, b, 1, block->minimum);
}

static void pack_iq4_nl(const panel_writer *to, int64_t b, const void *source) {
    const block_iq4_nl *block = source;
    put_nibbles(to, b, block->q);
    put_half(to, b, 0, block->scale);
}

static void pack_mxfp4(const panel_writer *to, int64_t b, const void *source) {
    const block_mxfp4 *block = source;
    put_nibbles(to, b, block->q);
    head(to, b)[to->row] = block->scale;
}

// The scales, minimums and 4-bit parts of Q4_K and Q5_K.
static void pack_with_minimums(
    const panel_writer *to, int64_t i, uint16_t scale, uint16_t minimum, const uint8_t packed[12], const uint8_t *q) {
    uint8_t factors[16];
    unpack_scales(packed, factors);
    put_half(to, i, 0, scale);
    put_half(to, i, 1, minimum);
    for (int j = 0; j < 8; j++) {
        head(to, i)[64 + 32 * j + to->row] = factors[j];
        head(to, i)[64 + 32 * j + 16 + to->row] = factors[8 + j];
        put_half_bytes(to, 8 * i + j, q + 32 * (j / 2), j % 2);
    }
}

static void pack_q4_K(const panel_writer *to, int64_t i, const void *source) {
    const block_q4_K *block = source;
    pack_with_minimums(to, i, block->scale, block->minimum, block->packed_scales, block->q);
}

static void pack_q5_K(const panel_writer *to, int64_t i, const void *source) {
    const block_q5_K *block = source;
    pack_with_minimums(to, i, block->scale, block->minimum, block->packed_scales, block->q);
    for (int j = 0; j < 8; j++) put_fifth_bits(to, 8 * i + j, block->high, j);
}

static void pack_q6_K(const panel_writer *to, int64_t i, const void *source) {
    const block_q6_K *block = source;
    put_half(to, i, 0, block->scale);
    for (int j = 0; j < 16; j++) head(to, i)[32 + 16 * j + to->row] = (uint8_t)block->scales[j];
    for (int j = 0; j < 8; j++) {
        int half = j / 4, group = j % 4;
        put_half_bytes(to, 8 * i + j, block->low + 64 * half + 32 * (group % 2), group / 2);
        put_upper_bits(to, 8 * i + j, block->high + 32 * half, 2 * group);
    }
}

static void pack_iq4_xs(const panel_writer *to, int64_t i, const void *source) {
    const block_iq4_xs *block = source;
    put_half(to, i, 0, block->scale);
    for (int j = 0; j < 8; j++) {
        int low = block->low_scales[j / 2] >> 4 * (j % 2) & 15, high = block->high_scales >> 2 * j & 3;
        head(to, i)[32 + 16 * j + to->row] = (uint8_t)((low | high << 4) - 32);
        put_nibbles(to, 8 * i + j, block->q + 16 * j);
    }
}

// How the blocks of a format are packed, one at a time.
typedef struct block_packer {
    void (*pack)(const panel_writer *to, int64_t i, const void *block);
    int64_t elements, bytes;
} block_packer;

static block_packer packer_of(gh_packed_type type) {
    switch (type) {
        case gh_packed_q8_0: return (block_packer){pack_q8_0, 32, sizeof(block_q8_0)};
        case gh_packed_q4_0: return (block_packer){pack_q4_0, 32, sizeof(block_q4_0)};
        case gh_packed_q4_1: return (block_packer){pack_q4_1, 32, sizeof(block_q4_1)};
        case gh_packed_q5_0: return (block_packer){pack_q5_0, 32, sizeof(block_q5_0)};
        case gh_packed_q5_1: return (block_packer){pack_q5_1, 32, sizeof(block_q5_1)};
        case gh_packed_q4_K: return (block_packer){pack_q4_K, 256, sizeof(block_q4_K)};
        case gh_packed_q5_K: return (block_packer){pack_q5_K, 256, sizeof(block_q5_K)};
        case gh_packed_q6_K: return (block_packer){pack_q6_K, 256, sizeof(block_q6_K)};
        case gh_packed_iq4_nl: return (block_packer){pack_iq4_nl, 32, sizeof(block_iq4_nl)};
        case gh_packed_iq4_xs: return (block_packer){pack_iq4_xs, 256, sizeof(block_iq4_xs)};
        case gh_packed_mxfp4: return (block_packer){pack_mxfp4, 32, sizeof(block_mxfp4)};
    }
    __builtin_unreachable();
}

int64_t gh_packed_panel_bytes(gh_packed_type type, int64_t columns) {
    return panel_bytes(layout_of(type), columns / 32);
}

void gh_pack_panel(
    gh_packed_type type, const void *rows, int64_t row_bytes, int64_t count, int64_t columns, void *panel) {
    const block_packer packer = packer_of(type);
    panel_writer to = {layout_of(type), panel, 0, 0};
    to.codes = to.heads + heads_bytes(to.layout, columns / 32);
    if (count < gh_panel_rows) memset(panel, 0, (size_t)panel_bytes(to.layout, columns / 32));
    for (int64_t i = 0; i < columns / packer.elements; i++)
        for (to.row = 0; to.row < count; to.row++)
            packer.pack(&to, i, (const uint8_t *)rows + to.row * row_bytes + i * packer.bytes);
}
