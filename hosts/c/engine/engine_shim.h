/* What engine/crate adds to Wasmtime's C API. With an official release archive (no MOCKET_ENGINE_CRATE) the collector's
 * settings cannot be chosen, what a store has of heap is neither told nor counted, and backtraces have no source
 * lines. */
#ifndef MOCKET_HOSTS_C_ENGINE_ENGINE_SHIM_H
#define MOCKET_HOSTS_C_ENGINE_ENGINE_SHIM_H

#include <wasmtime.h>

/* What a store may have. */
struct mocket_engine_limits {
    size_t bytes; /* of linear memories and GC heap together (official archive: of each of them) */
    size_t table_elements, instances, tables, memories;
    /* Asked before memory or heap grows by so many bytes; with a number below zero it is told that they did not. NULL:
     * never asked (official archive: in any case). */
    bool (*growing)(void *data, int64_t bytes);
    void *data;
};

#if MOCKET_ENGINE_CRATE
/* The copying collector, each heap beginning at initial_bytes. */
void mocket_engine_config_gc(wasm_config_t *config, uint64_t initial_bytes);
/* Backtraces never read DWARF, whatever WASMTIME_BACKTRACE_DETAILS in the environment says: it would be read on each
 * trap, without limits, and a module that was compiled with another setting is refused. */
void mocket_engine_config_plain_traces(wasm_config_t *config);
/* An instance that ends gives back only the pages that it wrote (Linux 6.7 and later; elsewhere nothing changes). */
void mocket_engine_pool_pagemap_scan(wasmtime_pooling_allocation_config_t *pool);

/* Writes the table of source lines that wasmtime_lines.c describes; nothing, where the module has no DWARF or the table
 * would be larger than `most` bytes. */
void mocket_engine_lines(const uint8_t *wasm, size_t len, size_t most, wasm_byte_vec_t *out);

/* Before anything is made in the store. The limits are copied. */
void mocket_engine_store_limit(wasmtime_store_t *store, const struct mocket_engine_limits *limits);
/* Bytes of its GC heap, 0 while it has none. A call may be suspended in it. */
size_t mocket_engine_store_heap(const wasmtime_store_t *store);

/* Sees collections of one store. */
struct mocket_engine_watch;
struct mocket_engine_watch *mocket_engine_watch_new(void);
void mocket_engine_watch_delete(struct mocket_engine_watch *watch); /* NULL is fine */
/* Was there a collection since this answered true, or was first called? Only where there is a heap and no call is under
 * way. */
bool mocket_engine_watch_collected(struct mocket_engine_watch *watch, wasmtime_store_t *store);
#else
static inline void mocket_engine_store_limit(wasmtime_store_t *store, const struct mocket_engine_limits *l)
{
    wasmtime_store_limiter(store, (int64_t)l->bytes, (int64_t)l->table_elements, (int64_t)l->instances,
                           (int64_t)l->tables, (int64_t)l->memories);
}

static inline size_t mocket_engine_store_heap(const wasmtime_store_t *store)
{
    (void)store;
    return 0;
}

struct mocket_engine_watch;
static inline struct mocket_engine_watch *mocket_engine_watch_new(void)
{
    return NULL;
}

static inline void mocket_engine_watch_delete(struct mocket_engine_watch *watch)
{
    (void)watch;
}

static inline bool mocket_engine_watch_collected(struct mocket_engine_watch *watch, wasmtime_store_t *store)
{
    (void)watch;
    (void)store;
    return false;
}
#endif

#endif
