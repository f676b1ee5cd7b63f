// The search for Q4_K and Q5_K: value = scale * factor * code - minimum * offset, with a factor and an offset of six
// bits for each of eight groups of 32 numbers. A group is a lane.
//
// First each group alone finds its line (slope and start). Then the two shared scales, the factors and offsets, and the
// codes take turns: each is set to what fits the others best, so the squared error falls.
#ifndef GH_QUANTIZE_AFFINE_H
#define GH_QUANTIZE_AFFINE_H

#include "quantize_lanes.h"

enum { affine_group = 32, affine_most = 63, trials = 4, rounds = 3 };

// How far inside the numbers of a group a line may begin and end, in steps between codes.
static const float insets[trials] = {-0.3f, 0.1f, 0.5f, 0.9f};

// A block on its way, scaled by `normal`.
typedef struct {
    v8 x[affine_group], sum;  // `sum` adds the numbers of each group
    v8 factors, offsets;      // whole numbers
    float scale, minimum, normal, restore;
    float top;  // the largest code
} affine_search;

// What decides how well a line `slope * code + start` fits: sums over a group of the codes, their squares, and their
// products with the numbers.
typedef struct {
    v8 codes, squares, with_x;
} affine_sums;

typedef struct {
    v8 slope, start;
} affine_line;

static inline v8 affine_codes(v8 x, affine_line line, v8 inverse, float top) {
    return v8_round(v8_clamp((x - line.start) * inverse, 0, top));
}

static inline affine_sums sums_for(const affine_search *search, affine_line line) {
    v8 inverse = v8_ratio(v8_all(1), line.slope);
    affine_sums sums = {v8_all(0), v8_all(0), v8_all(0)};
    for (int i = 0; i < affine_group; i++) {
        v8 code = affine_codes(search->x[i], line, inverse, search->top);
        sums.codes += code;
        sums.squares += code * code;
        sums.with_x += code * search->x[i];
    }
    return sums;
}

// The line with the least squared error for these codes that does not start above zero, which the format cannot do.
static inline affine_line best_line(const affine_search *search, affine_sums sums) {
    const float n = affine_group;
    v8 slope = v8_ratio(n * sums.with_x - sums.codes * search->sum, n * sums.squares - sums.codes * sums.codes);
    v8 start = (search->sum - slope * sums.codes) * (1 / n);
    v8_int above = start > 0;
    return (affine_line){
        v8_select(above, v8_ratio(sums.with_x, sums.squares), slope),
        v8_select(above, v8_all(0), start),
    };
}

// The squared error of a line for these codes, less the sum of squares.
static inline v8 error_of(const affine_search *search, affine_sums sums, affine_line line) {
    v8 with_slope = line.slope * sums.squares + 2 * (line.start * sums.codes - sums.with_x);
    return line.slope * with_slope + line.start * ((float)affine_group * line.start - 2 * search->sum);
}

// The best line of each group alone. Tried are lines from around the least number to around the largest; each is
// moved to where it fits its codes best.
static inline affine_line best_lines(const affine_search *search) {
    v8 low = v8_all(0), high = search->x[0];
    for (int i = 0; i < affine_group; i++) {
        low = v8_smaller(low, search->x[i]);
        high = v8_larger(high, search->x[i]);
    }
    v8 step = (high - low) / search->top, least = v8_all(0);
    affine_line best = {v8_all(0), v8_all(0)};
    for (int k = 0; k < trials * trials; k++) {
        float from_low = insets[k / trials], from_high = insets[k % trials];
        affine_line line = {step * (1 - (from_low + from_high) / search->top), low + from_low * step};
        affine_sums sums = sums_for(search, line);
        line = best_line(search, sums);
        v8 error = error_of(search, sums, line);
        v8_int better = error < least;
        least = v8_select(better, error, least);
        best = (affine_line){v8_select(better, line.slope, best.slope), v8_select(better, line.start, best.start)};
    }
    return best_line(search, sums_for(search, best));
}

static inline v8 whole_six_bits(v8 a) { return v8_round(v8_clamp(a, 0, affine_most)); }

static inline affine_line line_of(const affine_search *search) {
    return (affine_line){search->factors * search->scale, -search->offsets * search->minimum};
}

// The factors and offsets that fit the codes best: the offset nearest to that of the best line or one beside it, and
// the best factor for each of these.
static inline void choose_factors(affine_search *search, affine_sums sums) {
    v8 centre = v8_ratio(-best_line(search, sums).start, v8_all(search->minimum));
    v8 factors = search->factors, offsets = search->offsets, least = error_of(search, sums, line_of(search));
    for (int k = -1; k <= 1; k++) {
        search->offsets = whole_six_bits(centre + (float)k);
        v8 wanted = sums.with_x + search->offsets * search->minimum * sums.codes;
        search->factors = whole_six_bits(v8_ratio(wanted, sums.squares * search->scale));
        v8 error = error_of(search, sums, line_of(search));
        v8_int better = error < least;
        least = v8_select(better, error, least);
        factors = v8_select(better, search->factors, factors);
        offsets = v8_select(better, search->offsets, offsets);
    }
    search->factors = factors;
    search->offsets = offsets;
}

// The nearest numbers that float16 can hold.
static inline void set_scales(affine_search *search, float scale, float minimum) {
    search->scale = float_from_f16(f16_from_float(scale * search->restore)) * search->normal;
    search->minimum = float_from_f16(f16_from_float(minimum * search->restore)) * search->normal;
}

// The shared scale and minimum that fit the codes, factors and offsets best: the solution of two equations.
static inline void refit_scales(affine_search *search, affine_sums sums) {
    v8 f = search->factors, o = search->offsets;
    float scales = v8_sum(f * f * sums.squares), mixed = v8_sum(f * o * sums.codes);
    float minimums = (float)affine_group * v8_sum(o * o);
    float with_scale = v8_sum(f * sums.with_x), with_minimum = -v8_sum(o * search->sum);
    float determinant = scales * minimums - mixed * mixed;
    if (!(determinant > 0)) {
        if (scales > 0) set_scales(search, with_scale / scales, search->minimum);
        return;
    }
    float scale = (with_scale * minimums + with_minimum * mixed) / determinant;
    float minimum = (with_minimum * scales + with_scale * mixed) / determinant;
    if (scale > 0 && minimum > 0) set_scales(search, scale, minimum);
}

static inline void load_affine(affine_search *search, const float *x, int32_t bits, float top) {
    search->normal = normalizing_factor(bits);
    search->restore = restoring_factor(bits);
    search->top = top;
    search->sum = v8_all(0);
    load_groups(x, affine_group, group_lanes, search->x);
    for (int i = 0; i < affine_group; i++) {
        search->x[i] *= search->normal;
        search->sum += search->x[i];
    }
}

// The best line of each group, as near as factors and offsets come to it.
static inline void begin_affine(affine_search *search) {
    affine_line lines = best_lines(search);
    set_scales(search, v8_largest(lines.slope) / affine_most, v8_largest(-lines.start) / affine_most);
    search->factors = whole_six_bits(v8_ratio(lines.slope, v8_all(search->scale)));
    search->offsets = whole_six_bits(v8_ratio(-lines.start, v8_all(search->minimum)));
}

// Finds everything for the 256 numbers at `x`. False if one of them is not finite.
static inline bool search_affine(affine_search *search, const float *x, float top) {
    int32_t bits = largest_bits_of_block(x);
    if (!is_finite(bits)) return false;
    load_affine(search, x, bits, top);
    begin_affine(search);
    for (int round = 0; round < rounds; round++) {
        affine_sums sums = sums_for(search, line_of(search));
        choose_factors(search, sums);
        refit_scales(search, sums);
    }
    choose_factors(search, sums_for(search, line_of(search)));
    return true;
}

#endif
