// What both lane types build from their operations.
#ifndef GH_LANES_COMMON_H
#define GH_LANES_COMMON_H

// The most numbers that `open` of a quantised format computes for a block.
enum { shared_numbers = 32 };

// The largest lane of lanes that are not NaN.
static inline float lanes_largest(lanes v) {
    float values[16], largest;
    lanes_store(values, v);
    largest = values[0];
    for (int i = 1; i < 16; i++) largest = values[i] > largest ? values[i] : largest;
    return largest;
}

// The first n < 16 numbers of a row of 16-bit numbers, in a block that may be read as a whole.
static inline const void *first_halves(const void *p, int64_t n, uint16_t block[16]) {
    memset(block, 0, 16 * sizeof *block);
    memcpy(block, p, (size_t)n * sizeof *block);
    return block;
}

// How far to prefetch while rows are read `count` at a time: a whole number of such groups, so that the places asked
// for will be read, and far enough to cover the latency of a busy memory.
static inline int64_t prefetch_distance(int64_t row_bytes, int count) {
    const int64_t group = count * row_bytes, least = 32 << 10;
    return group > 0 ? (least + group - 1) / group * group : 0;
}

// Asks for `bytes` bytes. Rows are short, so the processor's own prefetching starts late in each; this doubles the
// speed from memory. An address behind the matrix does no harm: a prefetch never faults.
static inline __attribute__((always_inline)) void prefetch(const void *p, int bytes) {
#pragma clang loop unroll(full)
    for (int i = 0; i < bytes; i += 64) __builtin_prefetch((const char *)p + i, 0, 2);
}

static inline lanes lanes_from_f32(const void *p) { return lanes_load(p); }
static inline lanes lanes_from_f32_first(const void *p, int64_t n) { return lanes_load_first(p, n); }
static inline lanes lanes_from_f16_first(const void *p, int64_t n) {
    uint16_t block[16];
    return lanes_from_f16(first_halves(p, n, block));
}
static inline lanes lanes_from_bf16_first(const void *p, int64_t n) {
    uint16_t block[16];
    return lanes_from_bf16(first_halves(p, n, block));
}

#endif
