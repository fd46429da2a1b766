/* Wasmtime's errors and traps in words: the reason, then a line for each frame of the guest's backtrace. */
#ifndef MOCKET_HOSTS_C_ENGINE_WASMTIME_EXPLAIN_H
#define MOCKET_HOSTS_C_ENGINE_WASMTIME_EXPLAIN_H

#include <wasmtime.h>

#include "../../../src/base/buf.h"

/* What is known without the engine. */
struct explain_known {
    mocket_span lines;  /* the module's table of source lines, which may be empty */
    const char *reason; /* for which the host ended the call; NULL: it did not */
};

/* Both append to *why, and take what they explain. known: NULL, when nothing ran. The first line is a reason; each line
 * behind it is a frame of the guest's stack. However long names and paths are, it is EXPLAIN_MAX bytes at most. */
#define EXPLAIN_MAX (64u << 10)
void explain_error(struct mocket_buf *why, wasmtime_error_t *error, const struct explain_known *known);
void explain_trap(struct mocket_buf *why, wasm_trap_t *trap, const struct explain_known *known);

#endif
