// What both lane types of x86-64 have in common.
#ifndef GH_LANES_X86_H
#define GH_LANES_X86_H

// Adds the lanes as a tree: i and i + 8, then i and i + 4, and so on. The scalar kernels use the same tree.
static inline float lanes_sum(lanes v) {
    __m256 low, high;
    lanes_halves(v, &low, &high);
    __m256 eight = _mm256_add_ps(low, high);
    __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
    __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}

// By way of a general register: `_cvtsh_ss` inserts into a vector register and so waits for what was in it before.
static inline float float_from_half(uint16_t half) { return _mm_cvtss_f32(_mm_cvtph_ps(_mm_cvtsi32_si128(half))); }

// table[index] for sixteen indices below 16.
static inline bytes16 bytes_look_up(bytes16 table, bytes16 index) {
    return (bytes16)_mm_shuffle_epi8((__m128i)table, (__m128i)index);
}

#endif
