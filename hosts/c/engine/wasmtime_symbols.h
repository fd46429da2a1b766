/* The imports and exports of a module in the form of engine.h: names, kinds, and types as text. */
#ifndef MOCKET_HOSTS_C_ENGINE_WASMTIME_SYMBOLS_H
#define MOCKET_HOSTS_C_ENGINE_WASMTIME_SYMBOLS_H

#include <wasmtime.h>

#include "../../../src/base/arena.h"
#include "engine.h"

/* Rows and names are the arena's; it remembers when there was no memory. */
struct engine_symbols symbols_of_imports(struct mocket_arena *arena, const wasm_importtype_vec_t *types);
struct engine_symbols symbols_of_exports(struct mocket_arena *arena, const wasm_exporttype_vec_t *types);

#endif
