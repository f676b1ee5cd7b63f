// Where threads run and where memory lies: calls that Swift cannot make, because they are macros or have no function in
// the C library. Outside Linux they do nothing and say so.
#ifndef GH_SYSTEM_H
#define GH_SYSTEM_H

#include <stdint.h>

#pragma clang assume_nonnull begin

/// Writes the numbers of the processors that the calling thread may run on, ascending, at most `capacity`. Returns how
/// many there are; negative if the system does not tell.
int32_t gh_allowed_processors(int32_t *processors, int32_t capacity);

/// Lets the calling thread run on this processor alone. Returns 0 or the number of the error.
int32_t gh_pin_thread(int32_t processor);

/// Spreads the pages that the calling thread (and threads that it starts) touches first evenly over these memory nodes,
/// each below 1024. Returns 0 or the number of the error.
int32_t gh_interleave_memory(const int32_t *nodes, int32_t count);

#pragma clang assume_nonnull end
#endif
