/* What the fuzzers share: an invariant that does not hold is a crash, and memory in which a read too far is one. */
#ifndef MOCKET_TESTS_FUZZ_H
#define MOCKET_TESTS_FUZZ_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/base/arena.h"
#include "../../src/base/buf.h"
#include "../../src/base/span.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FUZZ_HOLDS(condition)                                                                                          \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition);                             \
            abort();                                                                                                   \
        }                                                                                                              \
    } while (0)

static inline mocket_span fuzz_input(const uint8_t *data, size_t size)
{
    return (mocket_span){ (const char *)data, size };
}

/* A copy with nothing behind it, at an address that 8 divides. free(ptr). */
static inline char *fuzz_copy(mocket_span s)
{
    char *copy = malloc(s.len ? s.len : 1);
    FUZZ_HOLDS(copy != NULL);
    if (s.len)
        memcpy(copy, s.ptr, s.len);
    return copy;
}

static inline bool fuzz_within(mocket_span part, mocket_span whole)
{
    return part.len == 0 || (part.ptr >= whole.ptr && part.ptr + part.len <= whole.ptr + whole.len);
}

#endif
