// Asking for packed weights before they are needed.
#ifndef GH_ASK_AHEAD_H
#define GH_ASK_AHEAD_H

#include <stdint.h>

enum asking { asks_nothing, asks_near, asks_middle, asks_far };

// How far ahead, in bytes. What is asked of memory for the first level keeps one of its few places for lines under way
// until memory answers; with 24 places and 110 ns that is 14 GB/s. So where a tile takes its time, memory is asked for the
// second level, which has more places, and that soon enough, and the second level for the first.
enum { ahead_near = 1024, ahead_middle = 3072, ahead_far = 8192 };

// An address behind the matrix does no harm: a prefetch never faults.
static inline __attribute__((always_inline)) void ask_ahead(
    const enum asking asking, const uint8_t *part, const int bytes) {
#pragma clang loop unroll(full)
    for (int i = 0; i < bytes; i += 64) {
        if (asking == asks_far) __builtin_prefetch(part + ahead_far + i, 0, 2);
        if (asking == asks_middle) __builtin_prefetch(part + ahead_middle + i, 0, 3);
        if (asking == asks_near || asking == asks_far) __builtin_prefetch(part + ahead_near + i, 0, 3);
    }
}

#endif
