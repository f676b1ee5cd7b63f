// What a 4-bit number stands for, for lanes that have no look-up of sixteen float32 numbers.
#ifndef GH_LANES_NIBBLES_H
#define GH_LANES_NIBBLES_H

// The number q is scale * q - minimum, or scale * table[q] if there is a table (which is known where this is inlined).
typedef struct {
    float scale, minimum;
    const int8_t *table;
} nibble_values;

static inline nibble_values nibbles_affine(float scale, float minimum) { return (nibble_values){scale, minimum, 0}; }
static inline nibble_values nibbles_of_table(float scale, const int8_t table[16]) {
    return (nibble_values){scale, 0, table};
}
static inline nibble_values nibbles_centred(float scale) {
    static const int8_t numbers[16] = {-8, -7, -6, -5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 6, 7};
    return nibbles_of_table(scale, numbers);
}

static inline lanes nibbles_apply(nibble_values values, bytes16 q) {
    lanes scale = lanes_all(values.scale);
    if (!values.table) return lanes_subtract(lanes_multiply(scale, lanes_from_i8(q)), lanes_all(values.minimum));
    return lanes_multiply(scale, lanes_from_i8(bytes_look_up(load_bytes(values.table), q)));
}
// The values of the low and of the high halves of sixteen bytes.
static inline void nibbles_decode(
    nibble_values low_values, nibble_values high_values, bytes16 bytes, lanes *low, lanes *high) {
    *low = nibbles_apply(low_values, bytes & 15);
    *high = nibbles_apply(high_values, bytes >> 4);
}

#endif
