/* Structural limits of a module, checked before the engine compiles it. */
#ifndef MOCKET_HOSTS_C_GUEST_BOUNDS_H
#define MOCKET_HOSTS_C_GUEST_BOUNDS_H

#include "../../../src/base/buf.h"

/* Largest accepted value, and the property it bounds. */
#define GUEST_BOUNDS(X)                                                                                                \
    X(FILE, INT64_C(128) << 20, "bytes")                                                                               \
    X(FUNCTIONS, 250000, "functions")                                                                                  \
    X(IMPORTS, 10000, "imports")                                                                                       \
    X(EXPORTS, 10000, "exports")                                                                                       \
    X(GLOBALS, INT64_C(4) << 20, "bytes of globals")                                                                   \
    X(ELEMENTS, INT64_C(4) << 20, "bytes of table elements")                                                           \
    X(BODY, INT64_C(2) << 20, "bytes in the body of a function")                                                       \
    X(BLOCKS, 10000, "blocks nested in a function")                                                                    \
    X(LOOPS, 1000, "loops nested in a function")                                                                       \
    X(NAME, INT64_C(64) << 10, "bytes in a name of the name section")

enum guest_bound {
#define GUEST_BOUND_VALUE(name, most, text) GUEST_BOUND_##name,
    GUEST_BOUNDS(GUEST_BOUND_VALUE)
#undef GUEST_BOUND_VALUE
        GUEST_BOUND_COUNT
};

int64_t guest_bound_of(enum guest_bound which);

/* 0, or MOCKET_ELIMIT and the exceeded limit in *why. The time is linear in the number of bytes, no memory is used. A
 * module that is not valid may pass: the engine refuses it with a better message. */
int guest_bounds_check(mocket_span wasm, struct mocket_buf *why);

#endif
