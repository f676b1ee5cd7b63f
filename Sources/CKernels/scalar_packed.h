#ifndef GH_SCALAR_PACKED_H
#define GH_SCALAR_PACKED_H
#include "gh_packed.h"

void scalar_multiply_packed(gh_packed_type type, const gh_packed_product *product);
int64_t scalar_product_probe(int64_t rounds);
#endif
