// What attention asks of lanes beyond the other kernels, for AArch64.
#ifndef GH_ATTENTION_LANES_NEON_H
#define GH_ATTENTION_LANES_NEON_H

static inline void lanes_store_f16(uint16_t halves[16], lanes v) {
    float32x4_t parts[4];
    memcpy(parts, &v, sizeof parts);
    for (int i = 0; i < 4; i++) vst1_u16(halves + 4 * i, vreinterpret_u16_f16(vcvt_f16_f32(parts[i])));
}

// The largest lane; none is NaN.
static inline float lanes_top(lanes v) {
    float32x4_t parts[4];
    memcpy(parts, &v, sizeof parts);
    return vmaxvq_f32(vmaxq_f32(vmaxq_f32(parts[0], parts[1]), vmaxq_f32(parts[2], parts[3])));
}

#endif
