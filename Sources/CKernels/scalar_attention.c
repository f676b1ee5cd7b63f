// Attention over pages in plain C: the specification.
#include "scalar_attention.h"

#include <math.h>

#include "numbers.h"

#pragma STDC FP_CONTRACT OFF

static float clamped(float x) { return x > 65504 ? 65504 : x < -65504 ? -65504 : x; }

static void narrow_to_f16(const float *x, int64_t n, uint16_t *out) {
    for (int64_t i = 0; i < n; i++) out[i] = f16_from_float(clamped(x[i]));
}

#include "attention_store.h"

// Number i of an array of the cache's type, without its scale.
static float cached(gh_cache_type type, const void *numbers, int64_t i) {
    switch (type) {
        case gh_cache_f32: return ((const float *)numbers)[i];
        case gh_cache_f16: return float_from_f16(((const uint16_t *)numbers)[i]);
        case gh_cache_q8: return ((const int8_t *)numbers)[i];
    }
    return 0;
}

static float latent_number(const gh_page_shape *shape, const void *page, int64_t place, int64_t i) {
    float number = cached(shape->type, page, place * row_stride(shape) + i);
    if (shape->type != gh_cache_q8) return number;
    return number * row_scales(shape, page)[i / gh_cache_group * gh_page_positions + place];
}

static float latent_score(const gh_page_shape *shape, const void *page, const float *query, int64_t place) {
    float lanes[16] = {0};
    for (int64_t i = 0; i < shape->key_size; i++) lanes[i % 16] += latent_number(shape, page, place, i) * query[i];
    for (int width = 8; width >= 1; width /= 2)
        for (int lane = 0; lane < width; lane++) lanes[lane] += lanes[lane + width];
    return lanes[0];
}

static float score(const gh_page_shape *shape, const void *page, const float *query, int64_t place) {
    if (shape->is_latent) return latent_score(shape, page, query, place);
    float total = 0;
    for (int64_t start = 0; start < shape->key_size; start += gh_cache_group) {
        int64_t end = start + gh_cache_group < shape->key_size ? start + gh_cache_group : shape->key_size;
        float sum = 0;
        for (int64_t i = start; i < end; i++)
            sum += cached(shape->type, page, i * gh_page_positions + place) * query[i];
        // Number `start` is the first of its group, so the group's scales begin at start / 64 * 64.
        if (shape->type == gh_cache_q8) sum *= key_scales(shape, page)[start + place];
        total = start == 0 ? sum : total + sum;
    }
    return total;
}

// Scores become weights against the new maximum; what the sums so far are to be multiplied with comes back.
static float weigh(float *scores, seen_places seen, float *maximum, float *total) {
    float largest = *maximum;
    for (int64_t i = seen.first; i < seen.end; i++) largest = scores[i] > largest ? scores[i] : largest;
    float offset = largest == -INFINITY ? 0 : largest, factor = expf(*maximum - offset), sum = 0;
    for (int64_t i = 0; i < gh_page_positions; i++) {
        scores[i] = i >= seen.first && i < seen.end ? expf(scores[i] - offset) : 0;
        sum += scores[i];
    }
    *maximum = largest;
    *total = *total * factor + sum;
    return factor;
}

static void add_values(
    const gh_page_shape *shape, const void *page, const float *weights, seen_places seen, float factor, float *sums) {
    const uint8_t *values = (const uint8_t *)page + values_offset(shape);
    for (int64_t d = 0; d < shape->value_size; d++) {
        float sum = sums[d] * factor;
        for (int64_t i = seen.first; i < seen.end; i++) {
            if (shape->is_latent) {
                sum += weights[i] * latent_number(shape, page, i, d);
                continue;
            }
            float weight = weights[i];
            if (shape->type == gh_cache_q8)
                weight *= row_scales(shape, page)[d / gh_cache_group * gh_page_positions + i];
            sum += weight * cached(shape->type, values, i * row_stride(shape) + d);
        }
        sums[d] = sum;
    }
}

static void attend(const gh_attention *job, int64_t begin, int64_t end, const gh_attention_state *state) {
    const int64_t stride = gh_value_stride(&job->shape);
    for (int64_t q = 0; q < job->count; q++) {
        float *scores = scratch_of(job).scores, *sums = state->sums + q * stride;
        if (!job->continues) {
            state->maxima[q] = -INFINITY;
            state->totals[q] = 0;
            for (int64_t d = 0; d < stride; d++) sums[d] = 0;
        }
        for (int64_t p = begin / gh_page_positions; p * gh_page_positions < end; p++) {
            seen_places seen = seen_in_page(job, q / job->heads, p * gh_page_positions);
            if (seen.first >= seen.end) continue;
            const uint8_t *page = (const uint8_t *)job->pages[p] + job->head_offset;
            for (int64_t i = seen.first; i < seen.end; i++)
                scores[i] = score(&job->shape, page, job->queries + q * job->shape.key_size, i);
            float factor = weigh(scores, seen, state->maxima + q, state->totals + q);
            add_values(&job->shape, page, scores, seen, factor, sums);
        }
    }
}

static void merge(
    const gh_page_shape *shape, int64_t count, const gh_attention_state *part, const gh_attention_state *whole) {
    const int64_t stride = gh_value_stride(shape);
    for (int64_t q = 0; q < count; q++) {
        float a = whole->maxima[q], b = part->maxima[q], largest = b > a ? b : a;
        float offset = largest == -INFINITY ? 0 : largest, keep = expf(a - offset), take = expf(b - offset);
        whole->maxima[q] = largest;
        whole->totals[q] = whole->totals[q] * keep + part->totals[q] * take;
        for (int64_t d = q * stride; d < (q + 1) * stride; d++)
            whole->sums[d] = whole->sums[d] * keep + part->sums[d] * take;
    }
}

static void finish(
    const gh_page_shape *shape, int64_t count, int64_t heads, const gh_attention_state *state,
    const gh_attention_output *output) {
    for (int64_t q = 0; q < count; q++) {
        float *out = output->values + q / heads * output->row_stride + q % heads * shape->value_size;
        float total = state->totals[q], factor = 1;
        if (output->sinks) {
            float sink = output->sinks[q % heads], maximum = state->maxima[q];
            float largest = sink > maximum ? sink : maximum, offset = largest == -INFINITY ? 0 : largest;
            factor = expf(maximum - offset);
            total = total * factor + expf(sink - offset);
        }
        const float *sums = state->sums + q * gh_value_stride(shape);
        for (int64_t d = 0; d < shape->value_size; d++) out[d] = total == 0 ? 0 : sums[d] * factor / total;
    }
}

const gh_attention_kernels scalar_attention = {attention_store, attend, merge, finish};
