/* Source lines for backtraces: a table made from a module's DWARF (`mocket build -g`) when the module is compiled. */
#ifndef MOCKET_HOSTS_C_ENGINE_WASMTIME_LINES_H
#define MOCKET_HOSTS_C_ENGINE_WASMTIME_LINES_H

#include "../../../src/base/buf.h"

#define LINES_PATH_MAX 512u /* bytes of a file's path; of a longer one the end is kept */

bool lines_supported(void); /* false: lines_make never appends anything */

/* Appends the table of a module: nothing when the module has no DWARF, or with an official release archive of Wasmtime.
 * DWARF of a hostile module may take long and much memory: only where both are bounded. */
void lines_make(mocket_span wasm, struct mocket_buf *out);

/* Cuts the paths of a table, in place. */
void lines_cut(char *table, size_t len);

/* Appends "FILE:LINE" of the code at an offset of the module's file. False when the table does not tell. */
bool lines_find(mocket_span table, uint32_t offset, struct mocket_buf *out);

#endif
