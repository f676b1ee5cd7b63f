// How far ahead of their use packed weights are asked for.
#ifndef GH_DISTANCES_H
#define GH_DISTANCES_H

#include <stdint.h>

/// Distances in bytes, for the first-level cache (near; middle where a product takes few instructions) and for the
/// second (far). They change no result.
typedef struct gh_distances {
    int64_t near, middle, far;
} gh_distances;

#endif
