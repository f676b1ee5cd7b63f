// Sizes of what attention works on.
#include "attention_layout.h"

int64_t gh_page_head_bytes(const gh_page_shape *shape) {
    int64_t entries = shape->is_latent ? shape->key_size : shape->value_size;
    return values_offset(shape) + page_part_bytes(shape->type, entries, row_stride(shape));
}

int64_t gh_value_stride(const gh_page_shape *shape) { return rounded_to_vectors(shape->value_size); }

int64_t gh_attention_scratch(const gh_page_shape *shape, int64_t count) {
    int64_t rows = shape->is_latent ? gh_page_positions * row_stride(shape) : 0;
    return 2 * count * gh_page_positions + 2 * rounded_to_vectors(count) + rows;
}
