/* The engine that this build runs guests with. */
#ifndef MOCKET_CLI_ENGINE_H
#define MOCKET_CLI_ENGINE_H

/* "Wasmtime 48.0.8"; NULL in a build without the wasm host. */
const char *mocket__cli_engine(void);

#endif
