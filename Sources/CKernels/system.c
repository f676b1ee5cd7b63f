#if defined(__linux__)
#define _GNU_SOURCE
#endif
#include "gh_system.h"

#include <errno.h>

#if defined(__linux__)
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

// Larger machines than the C library's fixed set of 1024 processors are told apart by asking with a larger one.
enum { most_processors = 8192, most_nodes = 1024, word_bits = 8 * sizeof(unsigned long) };

int32_t gh_allowed_processors(int32_t *processors, int32_t capacity) {
    cpu_set_t sets[most_processors / CPU_SETSIZE];
    if (sched_getaffinity(0, sizeof sets, sets) != 0) return -1;
    int32_t count = 0;
    for (int32_t i = 0; i < most_processors; i++) {
        if (!CPU_ISSET_S(i, sizeof sets, sets)) continue;
        if (count < capacity) processors[count] = i;
        count++;
    }
    return count;
}

int32_t gh_pin_thread(int32_t processor) {
    if (processor < 0 || processor >= most_processors) return EINVAL;
    cpu_set_t sets[most_processors / CPU_SETSIZE];
    CPU_ZERO_S(sizeof sets, sets);
    CPU_SET_S(processor, sizeof sets, sets);
    return sched_setaffinity(0, sizeof sets, sets) == 0 ? 0 : errno;
}

int32_t gh_interleave_memory(const int32_t *nodes, int32_t count) {
    enum { interleave = 3 };  // MPOL_INTERLEAVE of linux/mempolicy.h
    unsigned long mask[most_nodes / word_bits] = {0};
    for (int32_t i = 0; i < count; i++) {
        if (nodes[i] < 0 || nodes[i] >= most_nodes) return EINVAL;
        mask[nodes[i] / (int32_t)word_bits] |= 1ul << nodes[i] % (int32_t)word_bits;
    }
    // The kernel reads one bit less than it is told.
    return syscall(SYS_set_mempolicy, interleave, mask, most_nodes + 1) == 0 ? 0 : errno;
}
#else
int32_t gh_allowed_processors(int32_t *processors, int32_t capacity) { return (void)processors, (void)capacity, -1; }
int32_t gh_pin_thread(int32_t processor) { return (void)processor, ENOSYS; }
int32_t gh_interleave_memory(const int32_t *nodes, int32_t count) { return (void)nodes, (void)count, ENOSYS; }
#endif
