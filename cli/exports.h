/* Which functions a WebAssembly module on disk exports. */
#ifndef MOCKET_CLI_EXPORTS_H
#define MOCKET_CLI_EXPORTS_H

#include <stdbool.h>

/* False too when the file cannot be read, or is no module. */
bool mocket__cli_exports(const char *path, const char *name);

#endif
