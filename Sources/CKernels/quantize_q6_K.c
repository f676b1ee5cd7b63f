// From float32 to Q6_K: value = scale * factor * code, with a factor of eight bits for each of sixteen groups of 16
// numbers, searched eight at a time.
//
// First each group alone finds its scale. Then the shared scale, the factors and the codes take turns: each is set to
// what fits the others best, so the squared error falls.
#include "gh_kernels.h"
#include "quantize_centred.h"

enum { q6_group = 16, q6_halves = 2, rounds = 2 };

static const code_range q6_codes = {-32, 31};

// A block on its way, scaled by `normal`: value = scale * factor of its group * code.
typedef struct {
    v8 x[q6_halves][q6_group];  // half h holds groups 8 h to 8 h + 7
    v8 factors[q6_halves];      // whole numbers
    float scale, normal, restore;
} q6_search;

static void load_q6(q6_search *search, const float *x, int32_t bits) {
    search->normal = normalizing_factor(bits);
    search->restore = restoring_factor(bits);
    for (int h = 0; h < q6_halves; h++) {
        load_groups(x + h * group_lanes * q6_group, q6_group, group_lanes, search->x[h]);
        for (int i = 0; i < q6_group; i++) search->x[h][i] *= search->normal;
    }
}

// The nearest number that float16 can hold.
static void set_q6_scale(q6_search *search, float scale) {
    search->scale = float_from_f16(f16_from_float(scale * search->restore)) * search->normal;
}

static v8 whole_factors(v8 scales, float shared) {
    return v8_round(v8_clamp(v8_ratio(scales, v8_all(shared)), -128, 127));
}

// The best scale of each group alone; the largest takes the factor -128.
static void begin_q6(q6_search *search) {
    v8 scales[q6_halves], largest = v8_all(0);
    for (int h = 0; h < q6_halves; h++) {
        scales[h] = best_centred_scales(search->x[h], q6_group, q6_codes, -2, 0.5f, 8);
        largest = v8_select(v8_magnitude(scales[h]) > v8_magnitude(largest), scales[h], largest);
    }
    float end = 0;
    for (int lane = 0; lane < group_lanes; lane++)
        if (largest[lane] * largest[lane] > end * end) end = largest[lane];
    set_q6_scale(search, end / -128);
    for (int h = 0; h < q6_halves; h++) search->factors[h] = whole_factors(scales[h], search->scale);
}

// Sets the factors that fit the codes of the present factors and scale best. Returns the scale that then fits best.
static float refit_q6(q6_search *search) {
    v8 fit = v8_all(0), weight = v8_all(0);
    for (int h = 0; h < q6_halves; h++) {
        v8 with_x, squares, inverse = v8_ratio(v8_all(1), search->factors[h] * search->scale);
        centred_sums(search->x[h], q6_group, inverse, q6_codes, &with_x, &squares);
        v8 factors = whole_factors(v8_ratio(with_x, squares), search->scale);
        search->factors[h] = factors;
        fit += factors * with_x;
        weight += factors * factors * squares;
    }
    float total = v8_sum(weight);
    return total > 0 ? v8_sum(fit) / total : search->scale;
}

static void write_q6(const q6_search *search, block_q6_K *block) {
    block->scale = f16_from_float(search->scale * search->restore);
    for (int h = 0; h < q6_halves; h++) {
        v8 inverse = v8_ratio(v8_all(1), search->factors[h] * search->scale);
        for (int lane = 0; lane < group_lanes; lane++)
            block->scales[h * group_lanes + lane] = (int8_t)search->factors[h][lane];
        for (int i = 0; i < q6_group; i++) {
            v8 codes = centred_codes(search->x[h][i], inverse, q6_codes) + 32;
            for (int lane = 0; lane < group_lanes; lane++) {
                int j = lane * q6_group + i, part = j / 32, code = (int)codes[lane];
                block->low[64 * h + j % 64] |= (uint8_t)((code & 15) << 4 * (part / 2));
                block->high[32 * h + j % 32] |= (uint8_t)(code >> 4 << 2 * part);
            }
        }
    }
}

void gh_quantize_q6_K(const float *x, int64_t n, void *row) {
    block_q6_K *block = row;
    for (int64_t i = 0; i < n; i += 256, block++) {
        memset(block, 0, sizeof *block);
        int32_t bits = largest_bits_of_block(x + i);
        block->scale = nan_f16;
        if (!is_finite(bits)) continue;
        q6_search search;
        load_q6(&search, x + i, bits);
        begin_q6(&search);
        for (int round = 0; round < rounds; round++) set_q6_scale(&search, refit_q6(&search));
        refit_q6(&search);
        write_q6(&search, block);
    }
}
