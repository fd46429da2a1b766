/* Wasmtime's errors and traps in words: the reason, then a line for each frame of the guest's backtrace. */
#ifndef MOCKET_HOSTS_C_ENGINE_WASMTIME_EXPLAIN_H
#define MOCKET_HOSTS_C_ENGINE_WASMTIME_EXPLAIN_H

#include <wasmtime.h>

#include "../../../src/base/buf.h"

/* Both append to *why, and take what they explain. lines: the module's table of source lines, which may be empty. */
void explain_error(struct mocket_buf *why, wasmtime_error_t *error, mocket_span lines);
void explain_trap(struct mocket_buf *why, wasm_trap_t *trap, mocket_span lines);

#endif
