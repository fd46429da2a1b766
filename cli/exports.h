/* Which functions a WebAssembly module on disk exports. */
#ifndef MOCKET_CLI_EXPORTS_H
#define MOCKET_CLI_EXPORTS_H

#include <stdbool.h>

/* Returns whether the module exports a function of that name. False also if the file cannot be read or is not a
 * module. */
bool mocket__cli_exports(const char *path, const char *name);

#endif
