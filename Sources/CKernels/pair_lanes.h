// Pairs of bfloat16 numbers as the float32 numbers that they are, for instruction sets without products of pairs.
#ifndef GH_PAIR_LANES_H
#define GH_PAIR_LANES_H

typedef struct strip_pairs {
    row_numbers first, second;
} strip_pairs;

PACKED_INLINE strip_pairs opened_pairs(strip_codes pairs) {
    return (strip_pairs){(row_numbers)integers_shifted((row_integers)pairs, 16), upper_halves(pairs)};
}
PACKED_INLINE row_numbers add_pairs(row_numbers sum, strip_pairs w, strip_pairs x) {
    return numbers_fma(w.first, x.first, numbers_fma(w.second, x.second, sum));
}

#endif
