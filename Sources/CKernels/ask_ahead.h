// Asking for packed weights before they are needed.
#ifndef GH_ASK_AHEAD_H
#define GH_ASK_AHEAD_H

#include <stdint.h>

enum asking { asks_nothing, asks_near, asks_middle, asks_far };

// How far ahead, in bytes. What is asked of memory for the first level keeps one of its few places for lines under way
// until memory answers: with that alone tiles of eight tokens came to 55 to 62 % of a plain read (KernelBenchmark, Q8_0,
// Zen 4). So where a tile takes its time, memory is asked for the second level, early, and the second for the first.
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
