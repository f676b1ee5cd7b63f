// Attention over pages in plain C.
#ifndef GH_SCALAR_ATTENTION_H
#define GH_SCALAR_ATTENTION_H
#include "attention_layout.h"

extern const gh_attention_kernels scalar_attention;
#endif
