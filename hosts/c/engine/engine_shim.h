/* What engine/crate adds to Wasmtime's C API. Only there when the engine was built from that crate
 * (MOCKET_ENGINE_CRATE); an official release archive has neither. */
#ifndef MOCKET_HOSTS_C_ENGINE_ENGINE_SHIM_H
#define MOCKET_HOSTS_C_ENGINE_ENGINE_SHIM_H

#if MOCKET_ENGINE_CRATE
#include <wasmtime.h>

/* The copying collector, each heap beginning at initial_bytes. */
void mocket_engine_config_gc(wasm_config_t *config, uint64_t initial_bytes);
/* An instance that ends gives back only the pages that it wrote (Linux 6.7 and later; elsewhere nothing changes). */
void mocket_engine_pool_pagemap_scan(wasmtime_pooling_allocation_config_t *pool);
#endif

#endif
