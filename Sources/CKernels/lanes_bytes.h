// Sixteen bytes as a vector, for every instruction set: operators become its instructions. `bytes_look_up` is the one
// thing that the files of the lanes bring.
#ifndef GH_LANES_BYTES_H
#define GH_LANES_BYTES_H

#include <stdint.h>
#include <string.h>

typedef uint8_t bytes16 __attribute__((vector_size(16)));
// Sixteen numbers of 16 bits each.
typedef uint16_t halves16 __attribute__((vector_size(32)));

static inline bytes16 load_bytes(const void *p) {
    bytes16 bytes;
    memcpy(&bytes, p, sizeof bytes);
    return bytes;
}
static inline bytes16 bytes_all(int byte) { return (bytes16){0} + (uint8_t)byte; }
// All ones where all of the bits of `selected` are set in `bytes`.
static inline bytes16 bytes_having(bytes16 bytes, bytes16 selected) {
    return (bytes16)((bytes & selected) == selected);
}

#endif
