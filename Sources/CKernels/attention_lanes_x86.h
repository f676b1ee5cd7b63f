// What attention asks of lanes beyond the other kernels, for both x86 lane types.
#ifndef GH_ATTENTION_LANES_X86_H
#define GH_ATTENTION_LANES_X86_H

static inline void lanes_store_f16(uint16_t halves[16], lanes v) {
    __m256 low, high;
    lanes_halves(v, &low, &high);
    _mm_storeu_si128((__m128i *)halves, _mm256_cvtps_ph(low, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
    _mm_storeu_si128((__m128i *)halves + 1, _mm256_cvtps_ph(high, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
}

// The largest lane; none is NaN.
static inline float lanes_top(lanes v) {
    __m256 low, high;
    lanes_halves(v, &low, &high);
    __m256 eight = _mm256_max_ps(low, high);
    __m128 four = _mm_max_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
    __m128 two = _mm_max_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_max_ss(two, _mm_movehdup_ps(two)));
}

#endif
