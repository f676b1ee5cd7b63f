// The best scale of groups of numbers that stand for whole numbers times a scale of either sign.
#ifndef GH_QUANTIZE_CENTRED_H
#define GH_QUANTIZE_CENTRED_H

#include "quantize_lanes.h"

typedef struct {
    float low, high;
} code_range;

static inline v8 centred_codes(v8 x, v8 inverse, code_range range) {
    return v8_round(v8_clamp(x * inverse, range.low, range.high));
}

// Products of the codes for one scale: with x, and with themselves.
static inline void centred_sums(const v8 *x, int size, v8 inverse, code_range range, v8 *with_x, v8 *squares) {
    *with_x = *squares = v8_all(0);
    for (int i = 0; i < size; i++) {
        v8 q = centred_codes(x[i], inverse, range);
        *with_x += q * x[i];
        *squares += q * q;
    }
}

// The scale of each lane with the least squared error that was found. Codes have a best scale, with_x / squares, and it
// lowers the squared error by with_x * with_x / squares. Tried are the codes of scales that bring the largest number to
// `first` codes beyond the end of the range and on in steps; for both signs, because one end is farther than the other.
static inline v8 best_centred_scales(const v8 *x, int size, code_range range, float first, float step, int steps) {
    v8 largest = v8_all(0), best_gain = v8_all(0), best = v8_all(0);
    for (int i = 0; i < size; i++) largest = v8_select(v8_magnitude(x[i]) > v8_magnitude(largest), x[i], largest);
    for (int sign = -1; sign <= 1; sign += 2)
        for (int k = 0; k < steps; k++) {
            float end = (sign < 0 ? range.low : range.high) + (float)sign * (first + step * (float)k);
            v8 with_x, squares;
            centred_sums(x, size, v8_ratio(v8_all(end), largest), range, &with_x, &squares);
            v8 scale = v8_ratio(with_x, squares), gain = with_x * scale;
            v8_int better = gain > best_gain;
            best_gain = v8_select(better, gain, best_gain);
            best = v8_select(better, scale, best);
        }
    return best;
}

#endif
