// Random blocks of every format, with scales that are numbers.
#ifndef FORMATS_H
#define FORMATS_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "gh_kernels.h"

enum { not_packed = -1 };

typedef struct format_case {
    const char *name;
    size_t table_offset;
    int64_t elements, bytes;
    // Where float16 numbers are in a block; negative where none is.
    int halves[2];
    int packed;
} format_case;

#define FORMAT(NAME, ELEMENTS, BYTES, FIRST, SECOND, PACKED) \
    {#NAME, offsetof(gh_kernels, NAME), ELEMENTS, BYTES, {FIRST, SECOND}, PACKED}
static const format_case formats[] = {
    FORMAT(f32, 1, 4, -1, -1, not_packed),
    FORMAT(f16, 1, 2, 0, -1, not_packed),
    FORMAT(bf16, 1, 2, 0, -1, not_packed),
    FORMAT(q8_0, 32, 34, 0, -1, gh_packed_q8_0),
    FORMAT(q4_0, 32, 18, 0, -1, gh_packed_q4_0),
    FORMAT(q4_1, 32, 20, 0, 2, gh_packed_q4_1),
    FORMAT(q5_0, 32, 22, 0, -1, gh_packed_q5_0),
    FORMAT(q5_1, 32, 24, 0, 2, gh_packed_q5_1),
    FORMAT(q2_K, 256, 84, 80, 82, not_packed),
    FORMAT(q3_K, 256, 110, 108, -1, not_packed),
    FORMAT(q4_K, 256, 144, 0, 2, gh_packed_q4_K),
    FORMAT(q5_K, 256, 176, 0, 2, gh_packed_q5_K),
    FORMAT(q6_K, 256, 210, 208, -1, gh_packed_q6_K),
    FORMAT(iq4_nl, 32, 18, 0, -1, gh_packed_iq4_nl),
    FORMAT(iq4_xs, 256, 136, 0, -1, gh_packed_iq4_xs),
    FORMAT(mxfp4, 32, 17, -1, -1, gh_packed_mxfp4),
    FORMAT(f8_e4m3, 128, 132, -1, -1, not_packed),
};
enum { format_count = sizeof formats / sizeof *formats };

// splitmix64 (Steele, Lea, Flood 2014).
static uint64_t random_state;
static inline uint64_t random_bits(void) {
    uint64_t z = random_state += 0x9E3779B97F4A7C15u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}
static inline int64_t random_below(int64_t limit) { return (int64_t)(random_bits() % (uint64_t)limit); }
static inline float random_float(void) { return (float)((double)(random_bits() >> 11) * 0x1p-52 - 1); }

static inline void *allocate(int64_t bytes) {
    void *memory = aligned_alloc(64, (size_t)(bytes + 127) / 64 * 64);
    if (!memory) abort();
    return memory;
}
static inline float *random_floats(int64_t count) {
    float *numbers = allocate(count * 4);
    for (int64_t i = 0; i < count; i++) numbers[i] = 3 * random_float();
    return numbers;
}

static inline void fill_block(const format_case *format, uint8_t *block) {
    for (int64_t i = 0; i < format->bytes; i++) block[i] = (uint8_t)random_bits();
    for (int i = 0; i < 2; i++)
        // Below 2: the highest bit of the exponent is clear. (bfloat16 and the sign keep theirs.)
        if (format->halves[i] >= 0) block[format->halves[i] + 1] &= 0xBF;
    const float scale = random_float();
    if (!strcmp(format->name, "mxfp4")) block[0] = (uint8_t)(110 + random_below(20));
    if (!strcmp(format->name, "f32") || !strcmp(format->name, "f8_e4m3")) memcpy(block, &scale, sizeof scale);
    for (int64_t i = 4; !strcmp(format->name, "f8_e4m3") && i < format->bytes; i++)
        if ((block[i] & 0x7F) == 0x7F) block[i] = 0;
}

// `rows` rows of `columns`, whose first byte lies at an odd address.
static inline uint8_t *random_rows(const format_case *format, int64_t rows, int64_t columns) {
    const int64_t blocks = rows * columns / format->elements;
    uint8_t *bytes = (uint8_t *)allocate(blocks * format->bytes + 1) + 1;
    for (int64_t b = 0; b < blocks; b++) fill_block(format, bytes + b * format->bytes);
    return bytes;
}
static inline void free_rows(uint8_t *rows) { free(rows - 1); }

static inline const gh_format *format_of(const gh_kernels *kernels, const format_case *format) {
    return (const gh_format *)((const char *)kernels + format->table_offset);
}

#endif
