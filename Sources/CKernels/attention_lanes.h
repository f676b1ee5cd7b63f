// Attention over pages in sixteen lanes: what all types of numbers share.
#ifndef GH_ATTENTION_LANES_H
#define GH_ATTENTION_LANES_H

#include <float.h>

// Scores and sums are made in tiles that stay in registers: so many queries by blocks of positions, or by vectors of
// dimensions. Both lane types have room for six queries by one; the wider have it for four and more.
// Up to `quiet_queries` the processor is quick enough to ask for memory itself; see `page_asks_ahead`.
enum { tile_queries = 6, quiet_queries = 2 };
#if TILE_TOKENS > 3
#define BLOCKS_AT_ONCE(QUERIES) 4
#define VECTORS_AT_ONCE(QUERIES) ((QUERIES) <= 3 ? 8 : 4)
#else
#define BLOCKS_AT_ONCE(QUERIES) ((QUERIES) == 1 ? 4 : (QUERIES) == 2 ? 2 : 1)
#define VECTORS_AT_ONCE(QUERIES) BLOCKS_AT_ONCE(QUERIES)
#endif

// One page's part of a job.
typedef struct {
    const gh_attention *job;
    attention_scratch scratch;
    const gh_attention_state *state;
    // The head's part of the page; of latent pages, where entries lie as float32.
    const uint8_t *keys, *values;
    // Asked for while this page is worked on.
    const uint8_t *next;
    // The page's first position.
    int64_t start;
    // What any of the queries sees.
    seen_places seen;
} page_job;

// What some queries see, and what all of them do; rows see later places the later they are.
typedef struct {
    seen_places any, all;
} shared_places;

static inline seen_places seen_by(const page_job *page, int64_t query) {
    return seen_in_page(page->job, query / page->job->heads, page->start);
}

static inline shared_places places_of(const page_job *page, int64_t query, int queries) {
    const seen_places first = seen_by(page, query), last = seen_by(page, query + queries - 1);
    return (shared_places){{first.first, last.end}, {last.first, first.end}};
}

// Whether what comes next is asked for. Where few queries read memory from end to end, the processor asks by itself, and
// earlier than it would get to our asking: twice the requests take twice the places for lines that are under way.
static inline bool page_asks_ahead(const page_job *page, int queries) {
    return !page->job->next_head_follows || queries > quiet_queries;
}

static inline lanes lanes_from_q8(const void *p) { return lanes_from_i8(load_bytes(p)); }

static void narrow_to_f16(const float *x, int64_t n, uint16_t *out) {
    lanes low = lanes_all(-65504.0f), high = lanes_all(65504.0f);
    for (int64_t i = 0; i < n; i += 16) {
        lanes value = n - i < 16 ? lanes_load_first(x + i, n - i) : lanes_load(x + i);
        uint16_t halves[16];
        // The order of the operands lets NaN through.
        lanes_store_f16(halves, lanes_larger(low, lanes_smaller(high, value)));
        memcpy(out + i, halves, (size_t)(n - i < 16 ? n - i : 16) * sizeof *halves);
    }
}

// The largest number of each query, those of this page included. What no query sees is minus infinity.
static void find_maxima(const page_job *page) {
    const gh_attention *job = page->job;
    seen_places seen = {0, 0};
    for (int64_t q = 0; q < job->count; q++) {
        if (q % job->heads == 0) seen = seen_by(page, q);
        float *scores = page->scratch.scores + q * gh_page_positions;
        for (int64_t i = 0; i < seen.first; i++) scores[i] = -INFINITY;
        for (int64_t i = seen.end < seen.first ? seen.first : seen.end; i < gh_page_positions; i++)
            scores[i] = -INFINITY;
        // NaN is not larger than anything, and makes the sum NaN later.
        lanes found = lanes_all(page->state->maxima[q]);
        for (int v = 0; v < 4; v++) found = lanes_larger(lanes_load(scores + 16 * v), found);
        page->scratch.maxima[q] = lanes_top(found);
    }
}

// The new maxima become the state's; what weights are relative to and sums are multiplied with is left in the scratch
// memory. A query that saw nothing yet has the lowest number for its maximum, so that differences are numbers.
static void find_factors(const page_job *page) {
    for (int64_t q = 0; q < page->job->count; q += 16) {
        lanes found = lanes_load(page->scratch.maxima + q), offset = lanes_larger(lanes_all(-FLT_MAX), found);
        lanes factor = lanes_exp(lanes_subtract(lanes_load(page->state->maxima + q), offset));
        lanes_store(page->scratch.factors + q, factor);
        lanes_store(page->scratch.maxima + q, offset);
        lanes_store(page->state->maxima + q, found);
    }
}

static void weigh_scores(const page_job *page) {
    for (int64_t q = 0; q < page->job->count; q++) {
        float *scores = page->scratch.scores + q * gh_page_positions;
        lanes offset = lanes_all(page->scratch.maxima[q]), weights[4];
#pragma clang loop unroll(full)
        for (int v = 0; v < 4; v++) {
            weights[v] = lanes_exp(lanes_subtract(lanes_load(scores + 16 * v), offset));
            lanes_store(scores + 16 * v, weights[v]);
        }
        float sum = lanes_sum(lanes_add(lanes_add(weights[0], weights[1]), lanes_add(weights[2], weights[3])));
        page->state->totals[q] = page->state->totals[q] * page->scratch.factors[q] + sum;
    }
}

static void attention_merge(
    const gh_page_shape *shape, int64_t count, const gh_attention_state *part, const gh_attention_state *whole) {
    const int64_t stride = gh_value_stride(shape);
    for (int64_t first = 0; first < count; first += 16) {
        float keep[16], take[16];
        lanes a = lanes_load(whole->maxima + first), b = lanes_load(part->maxima + first);
        lanes largest = lanes_larger(b, a), offset = lanes_larger(lanes_all(-FLT_MAX), largest);
        lanes_store(keep, lanes_exp(lanes_subtract(a, offset)));
        lanes_store(take, lanes_exp(lanes_subtract(b, offset)));
        lanes_store(whole->maxima + first, largest);
        for (int64_t q = first; q < count && q < first + 16; q++) {
            lanes mine = lanes_all(keep[q - first]), theirs = lanes_all(take[q - first]);
            whole->totals[q] = whole->totals[q] * keep[q - first] + part->totals[q] * take[q - first];
            for (int64_t d = q * stride; d < (q + 1) * stride; d += 16) {
                lanes sum = lanes_multiply(lanes_load(whole->sums + d), mine);
                lanes_store(whole->sums + d, lanes_fma(lanes_load(part->sums + d), theirs, sum));
            }
        }
    }
}

static float exp_of(float x) {
    float value;
    exponential(&x, 1, &value);
    return value;
}

static void attention_finish(
    const gh_page_shape *shape, int64_t count, int64_t heads, const gh_attention_state *state,
    const gh_attention_output *output) {
    for (int64_t q = 0; q < count; q++) {
        float *out = output->values + q / heads * output->row_stride + q % heads * shape->value_size;
        float total = state->totals[q], factor = 1;
        if (output->sinks) {
            float sink = output->sinks[q % heads], maximum = state->maxima[q];
            float largest = sink > maximum ? sink : maximum, offset = largest < -FLT_MAX ? -FLT_MAX : largest;
            factor = exp_of(maximum - offset);
            total = total * factor + exp_of(sink - offset);
        }
        const float *sums = state->sums + q * gh_value_stride(shape);
        for (int64_t d = 0; d < shape->value_size; d++) out[d] = total == 0 ? 0 : sums[d] * factor / total;
    }
}

#endif
