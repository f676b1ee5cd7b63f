#ifndef GH_SCALAR_PACKED_H
#define GH_SCALAR_PACKED_H
#include "gh_packed.h"
#include "gh_pairs.h"

void scalar_multiply_packed(gh_packed_type type, const gh_packed_product *product);
int64_t scalar_product_probe(int64_t rounds);
void scalar_multiply_pairs(const gh_pair_product *product);
int64_t scalar_pair_probe(int64_t rounds);
#endif
