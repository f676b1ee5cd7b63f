// From the rows of files to panels; see gh_packed.h.
#include "packed_layout.h"

// Where a row of a panel puts what a block of a file has: 32 columns or, `block` after `block`, 256.
typedef struct panel_writer {
    packed_layout layout;
    uint8_t *head, *codes;
    // The place of the block among those of its unit.
    int64_t place;
    int64_t row;
} panel_writer;

// The row's first place among the codes of block `b`.
PACKED_INLINE uint8_t *codes_of(const panel_writer *to, int b) {
    return to->codes + b * code_bytes(to->layout) + 4 * to->row;
}

// A float16 of the row, which is number `which` of the head.
PACKED_INLINE void put_half(const panel_writer *to, int64_t which, uint16_t half) {
    memcpy(to->head + 32 * which + 2 * to->row, &half, sizeof half);
}

// A byte of the row, in the sixteen from `offset` on.
PACKED_INLINE void put_byte(const panel_writer *to, int64_t offset, uint8_t byte) { to->head[offset + to->row] = byte; }

// 32 codes of a byte each, to the row's places of block `b`.
PACKED_INLINE void put_bytes(const panel_writer *to, int b, const uint8_t codes[32]) {
    uint8_t *block = codes_of(to, b);
    for (int g = 0; g < 8; g++) memcpy(block + 64 * g, codes + 4 * g, 4);
}

// Sixteen pairs of four bits, element i in the low half of byte i and element 16 + i in its high half.
PACKED_INLINE void put_nibbles(const panel_writer *to, int b, const uint8_t q[16]) {
    uint8_t *block = codes_of(to, b);
    for (int g = 0; g < 4; g++) memcpy(block + 64 * g, q + 4 * g, 4);
}

// Four bytes at any address, and `byte` four times: bytes are shifted and masked in step, four at a time.
PACKED_INLINE uint32_t load_four(const uint8_t *bytes) {
    uint32_t four;
    memcpy(&four, bytes, sizeof four);
    return four;
}
PACKED_INLINE uint32_t four_times(uint8_t byte) { return byte * 0x01010101u; }

// The fifth bits of 32 elements: bit number `bit` of each of `high`.
PACKED_INLINE void put_fifth_bits(const panel_writer *to, int b, const uint8_t high[32], int bit) {
    uint32_t four = 0;
    for (int g = 0; g < 8; g++) four |= (load_four(high + 4 * g) >> bit & four_times(1)) << g;
    memcpy(codes_of(to, b) + 256, &four, sizeof four);
}

// Two upper bits of 32 elements: bits `bit` and `bit` + 1 of each of `high`.
PACKED_INLINE void put_upper_bits(const panel_writer *to, int b, const uint8_t high[32], int bit) {
    for (int vector = 0; vector < 2; vector++) {
        uint32_t four = 0;
        for (int k = 0; k < 4; k++)
            four |= (load_four(high + 16 * vector + 4 * k) >> bit & four_times(3)) << 2 * k;
        memcpy(codes_of(to, b) + 256 + 64 * vector, &four, sizeof four);
    }
}

// 32 elements in the low or high halves of 32 bytes, as the formats of 256 elements have them.
PACKED_INLINE void put_half_bytes(const panel_writer *to, int b, const uint8_t q[32], int is_high) {
    uint8_t *block = codes_of(to, b);
    for (int g = 0; g < 4; g++) {
        const uint32_t first = load_four(q + 4 * g), second = load_four(q + 16 + 4 * g);
        const uint32_t pairs = is_high ? (first >> 4 & four_times(15)) | (second & four_times(0xF0))
                                       : (first & four_times(15)) | (second & four_times(15)) << 4;
        memcpy(block + 64 * g, &pairs, sizeof pairs);
    }
}

PACKED_INLINE void pack_q8_0(const panel_writer *to, const void *source) {
    const block_q8_0 *block = source;
    uint8_t codes[32];
    for (int i = 0; i < 32; i++) codes[i] = (uint8_t)block->q[i] ^ 0x80;
    put_bytes(to, 0, codes);
    put_half(to, to->place, block->scale);
}

PACKED_INLINE void pack_q4_0(const panel_writer *to, const void *source) {
    const block_q4_0 *block = source;
    put_nibbles(to, 0, block->q);
    put_half(to, to->place, block->scale);
}

PACKED_INLINE void pack_q4_1(const panel_writer *to, const void *source) {
    const block_q4_1 *block = source;
    put_nibbles(to, 0, block->q);
    put_half(to, 0, block->scale);
    put_half(to, 1, block->minimum);
}

// The bits of a 32-bit number, each in a byte of its own.
PACKED_INLINE void spread_bits(const uint8_t high[4], uint8_t bits[32]) {
    for (int i = 0; i < 32; i++) bits[i] = high[i / 8] >> i % 8 & 1;
}

PACKED_INLINE void pack_q5_0(const panel_writer *to, const void *source) {
    const block_q5_0 *block = source;
    uint8_t bits[32];
    spread_bits(block->high, bits);
    put_nibbles(to, 0, block->q);
    put_fifth_bits(to, 0, bits, 0);
    put_half(to, to->place, block->scale);
}

PACKED_INLINE void pack_q5_1(const panel_writer *to, const void *source) {
    const block_q5_1 *block = source;
    uint8_t bits[32];
    spread_bits(block->high, bits);
    put_nibbles(to, 0, block->q);
    put_fifth_bits(to, 0, bits, 0);
    put_half(to, 0, block->scale);
    put_half(to, 1, block->minimum);
}

PACKED_INLINE void pack_iq4_nl(const panel_writer *to, const void *source) {
    const block_iq4_nl *block = source;
    put_nibbles(to, 0, block->q);
    put_half(to, to->place, block->scale);
}

PACKED_INLINE void pack_mxfp4(const panel_writer *to, const void *source) {
    const block_mxfp4 *block = source;
    put_nibbles(to, 0, block->q);
    put_byte(to, 16 * to->place, block->scale);
}

// The scales, minimums and 4-bit parts of Q4_K and Q5_K.
PACKED_INLINE void pack_with_minimums(
    const panel_writer *to, uint16_t scale, uint16_t minimum, const uint8_t packed[12], const uint8_t *q) {
    uint8_t factors[16];
    unpack_scales(packed, factors);
    put_half(to, 0, scale);
    put_half(to, 1, minimum);
    for (int j = 0; j < 8; j++) {
        put_byte(to, 64 + 16 * j, factors[j]);
        to->head[192 + 32 * (j / 2) + 2 * to->row + j % 2] = factors[8 + j];
        put_half_bytes(to, j, q + 32 * (j / 2), j % 2);
    }
}

PACKED_INLINE void pack_q4_K(const panel_writer *to, const void *source) {
    const block_q4_K *block = source;
    pack_with_minimums(to, block->scale, block->minimum, block->packed_scales, block->q);
}

PACKED_INLINE void pack_q5_K(const panel_writer *to, const void *source) {
    const block_q5_K *block = source;
    pack_with_minimums(to, block->scale, block->minimum, block->packed_scales, block->q);
    for (int j = 0; j < 8; j++) put_fifth_bits(to, j, block->high, j);
}

PACKED_INLINE void pack_q6_K(const panel_writer *to, const void *source) {
    const block_q6_K *block = source;
    put_half(to, 0, block->scale);
    for (int j = 0; j < 16; j++) put_byte(to, 32 + 16 * j, (uint8_t)block->scales[j]);
    for (int j = 0; j < 8; j++) {
        int half = j / 4, group = j % 4;
        put_half_bytes(to, j, block->low + 64 * half + 32 * (group % 2), group / 2);
        put_upper_bits(to, j, block->high + 32 * half, 2 * group);
    }
}

PACKED_INLINE void pack_iq4_xs(const panel_writer *to, const void *source) {
    const block_iq4_xs *block = source;
    put_half(to, 0, block->scale);
    for (int j = 0; j < 8; j++) {
        int low = block->low_scales[j / 2] >> 4 * (j % 2) & 15, high = block->high_scales >> 2 * j & 3;
        put_byte(to, 32 + 16 * j, (uint8_t)((low | high << 4) - 32));
        put_nibbles(to, j, block->q + 16 * j);
    }
}

int64_t gh_packed_input_columns(gh_packed_type type) { return 32 * input_blocks(layout_of(type)); }

int64_t gh_packed_panel_bytes(gh_packed_type type, int64_t columns) {
    return panel_bytes(layout_of(type), columns / 32);
}

enum { cache_line = 64, prefetch_distance = 2 * cache_line };

// Packs `count` rows; `pack` does one block, of `elements` columns in `bytes` bytes. For constants all of it is inlined.
PACKED_INLINE void pack_panel(
    void (*pack)(const panel_writer *to, const void *block), packed_layout layout, int64_t elements, int64_t bytes,
    const uint8_t *rows, int64_t row_bytes, int64_t count, int64_t columns, uint8_t *panel) {
    const int64_t blocks = columns / 32, step = elements / 32;
    // Missing rows, and places of a head that nothing belongs to.
    if (count < gh_panel_rows) memset(panel, 0, (size_t)panel_bytes(layout, blocks));
    for (int64_t b = 0; b < blocks; b += step, rows += bytes) {
        uint8_t *head = panel + head_offset(layout, b), *codes = panel + code_offset(layout, b);
        if (b % unit_blocks(layout) == 0) memset(head, 0, (size_t)head_bytes(layout));
        for (int64_t row = 0; row < count; row++) {
            const panel_writer to = {layout, head, codes, b % unit_blocks(layout), row};
            const uint8_t *block = rows + row * row_bytes;
            // Processors do not see sixteen streams that advance by some bytes in turn. What lies behind a row's end is
            // asked for in vain.
            for (int64_t i = 0; i < bytes; i += cache_line)
                __builtin_prefetch((const void *)((uintptr_t)block + prefetch_distance + (uintptr_t)i));
            pack(&to, block);
        }
    }
}

void gh_pack_panel(
    gh_packed_type type, const void *rows, int64_t row_bytes, int64_t count, int64_t columns, void *panel) {
#define PACK_CASE(name, elements) \
    case gh_packed_##name: \
        pack_panel(pack_##name, layout_of(gh_packed_##name), elements, sizeof(block_##name), rows, row_bytes, count, \
                   columns, panel); \
        return
    switch (type) {
        PACK_CASE(q8_0, 32);
        PACK_CASE(q4_0, 32);
        PACK_CASE(q4_1, 32);
        PACK_CASE(q5_0, 32);
        PACK_CASE(q5_1, 32);
        PACK_CASE(q4_K, 256);
        PACK_CASE(q5_K, 256);
        PACK_CASE(q6_K, 256);
        PACK_CASE(iq4_nl, 32);
        PACK_CASE(iq4_xs, 256);
        PACK_CASE(mxfp4, 32);
    }
#undef PACK_CASE
}
