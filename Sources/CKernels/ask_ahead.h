// Asking for packed weights before they are needed.
#ifndef GH_ASK_AHEAD_H
#define GH_ASK_AHEAD_H

#include <stdint.h>

#include "gh_distances.h"

enum asking { asks_nothing, asks_near, asks_middle, asks_far };

// What is asked of memory for the first level keeps one of its few places for lines under way until memory answers: with
// that alone tiles of eight tokens came to 55 to 62 % of a plain read (KernelBenchmark, Q8_0, Zen 4). So where a tile takes
// its time, memory is asked for the second level, early, and the second for the first. An address behind the matrix does
// no harm: a prefetch never faults.
static inline __attribute__((always_inline)) void ask_ahead(
    const enum asking asking, const gh_distances distances, const uint8_t *part, const int bytes) {
    const uintptr_t at = (uintptr_t)part;
#pragma clang loop unroll(full)
    for (uintptr_t i = 0; i < (uintptr_t)bytes; i += 64) {
        if (asking == asks_far) __builtin_prefetch((const void *)(at + (uintptr_t)distances.far + i), 0, 2);
        if (asking == asks_middle) __builtin_prefetch((const void *)(at + (uintptr_t)distances.middle + i), 0, 3);
        if (asking == asks_near || asking == asks_far)
            __builtin_prefetch((const void *)(at + (uintptr_t)distances.near + i), 0, 3);
    }
}

#endif
