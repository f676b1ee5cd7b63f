// Attention over pages in sixteen lanes: page after page.
#ifndef GH_ATTENTION_PAGES_H
#define GH_ATTENTION_PAGES_H

// A latent page's entries as float32 where a product for each query would convert them again.
static void open_latent(page_job *page) {
    const gh_page_shape *shape = &page->job->shape;
    const int64_t stride = row_stride(shape), n = shape->key_size;
    if (shape->type == gh_cache_f32) return;
    float *rows = page->scratch.rows;
    for (int64_t i = page->seen.first; i < page->seen.end; i++) {
        const uint8_t *entry = page->keys + i * stride * cached_bytes(shape->type);
        float *row = rows + i * stride;
        if (shape->type == gh_cache_f16) {
            dequantize_f16(entry, row, stride);
            continue;
        }
        for (int64_t d = 0; d < n; d += 16) {
            lanes scale = lanes_all(row_scales(shape, page->keys)[d / gh_cache_group * gh_page_positions + i]);
            lanes_store(row + d, lanes_multiply(lanes_from_q8(entry + d), scale));
        }
    }
    page->keys = page->values = page->next = (const uint8_t *)rows;
}

static void make_scores(page_job *page) {
    const gh_attention *job = page->job;
    if (job->shape.is_latent) {
        open_latent(page);
        const int64_t stride = row_stride(&job->shape), first = page->seen.first;
        gemm((const float *)page->keys + first * stride, stride, page->seen.end - first, job->queries,
             job->shape.key_size, job->count, job->shape.key_size, page->scratch.scores + first, gh_page_positions);
        return;
    }
    switch (job->shape.type) {
        case gh_cache_f32: score_f32(page); break;
        case gh_cache_f16: score_f16(page); break;
        case gh_cache_q8: score_q8(page); break;
    }
}

static void add_values(const page_job *page) {
    switch (page->job->shape.is_latent ? gh_cache_f32 : page->job->shape.type) {
        case gh_cache_f32: sum_f32(page); break;
        case gh_cache_f16: sum_f16(page); break;
        case gh_cache_q8: sum_q8(page); break;
    }
}

static void empty_state(const gh_attention *job, const gh_attention_state *state) {
    for (int64_t q = 0; q < job->count; q++) {
        state->maxima[q] = -INFINITY;
        state->totals[q] = 0;
    }
    memset(state->sums, 0, (size_t)(job->count * gh_value_stride(&job->shape)) * sizeof(float));
}

static void attend(const gh_attention *job, int64_t begin, int64_t end, const gh_attention_state *state) {
    const int64_t last_row = (job->count - 1) / job->heads, value_place = values_offset(&job->shape);
    if (!job->continues) empty_state(job, state);
    for (int64_t p = begin / gh_page_positions; p * gh_page_positions < end; p++) {
        const int64_t start = p * gh_page_positions;
        // Later rows see later positions.
        seen_places seen = {seen_in_page(job, 0, start).first, seen_in_page(job, last_row, start).end};
        if (seen.first >= seen.end) continue;
        const uint8_t *keys = (const uint8_t *)job->pages[p] + job->head_offset, *next = keys;
        if (job->next_head_follows)
            next += gh_page_head_bytes(&job->shape);
        else if (job->first_position + last_row >= start + gh_page_positions)
            next = (const uint8_t *)job->pages[p + 1] + job->head_offset;
        page_job page = {job, scratch_of(job), state, keys, keys + value_place, next, start, seen};
        make_scores(&page);
        find_maxima(&page);
        find_factors(&page);
        weigh_scores(&page);
        add_values(&page);
    }
}

static const gh_attention_kernels attention = {attention_store, attend, attention_merge, attention_finish};

#endif
