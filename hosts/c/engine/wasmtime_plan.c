/* Wasmtime's pool reserves the address space of all its instances at the start, so that making one costs little. How
 * many that can be depends on the machine: plan_make asks for as many as are wanted, and for fewer until they fit.
 *
 * Wasmtime ends the process if it refuses a configuration. What must stay true: every size is checked against the
 * machine first (room.h), and the conflicts that Wasmtime checks (memory beyond the reservation, a stack beyond the
 * fiber's) cannot arise. */
#include "wasmtime_plan.h"

#include <stdlib.h>

#include "engine_shim.h"
#include "room.h"

#define WASM_PAGE 65536u
#define FIBER_STACK (1u << 20)          /* must be larger than PLAN_GUEST_STACK */
#define RESERVATION (UINT64_C(4) << 30) /* of a memory: with it, bounds checks cost nothing */
#define GUARD (UINT64_C(32) << 20)
#define MAPPINGS_EACH 8 /* of a live instance: memory, its image, tables, guards, a GC heap */
/* Memory that an ended instance leaves to the next one, cleared by hand; the rest is given back to the kernel, which
 * costs more. Where the kernel tells which pages were written only those are cleared, and much can be kept. */
#if MOCKET_ENGINE_CRATE
#define KEEP_RESIDENT (1u << 20)
#else
#define KEEP_RESIDENT (256u << 10)
#endif
/* Places of ended instances that keep such memory for the next instance. A GC heap takes a new place until there are so
 * many: the default, 100, lets a host that replaces its instances grow by that many times KEEP_RESIDENT. */
#define WARM_PLACES 16
#define GC_HEAP_INITIAL (1u << 20)

/* Tables and stacks, which Wasmtime maps for writing from the start. */
static uint64_t plan_data(const struct plan *p)
{
    uint64_t tables = (uint64_t)PLAN_TABLES_EACH * PLAN_TABLE_ELEMENTS * sizeof(void *);
    return p->instances * (tables + FIBER_STACK + 2 * WASM_PAGE);
}

static uint64_t plan_bytes(const struct plan *p)
{
    uint64_t memories = 2 * (p->reservation + p->guard); /* the guest's and, when it has one, its GC heap */
    return p->instances * memories + plan_data(p) + 2 * p->guard;
}

/* Halves the number of instances until it fits; then tries again with memories that reserve only what they may use,
 * whose accesses are checked by code. */
int plan_make(const struct engine_opts *opts, struct plan *p, struct mocket_buf *why)
{
    uint32_t mappings = room_mappings(MAPPINGS_EACH);
    uint32_t wanted = opts->instances < mappings ? opts->instances : mappings;
    uint32_t least = opts->least ? opts->least : 1;
    uint64_t bytes = (opts->memory_bytes + WASM_PAGE - 1) / WASM_PAGE * WASM_PAGE;
    bytes = bytes > RESERVATION ? RESERVATION : bytes;
    for (int tight = 0; tight < 2; tight++) {
        *p = (struct plan){ .memory_bytes = bytes,
                            .reservation = tight ? bytes : RESERVATION,
                            .guard = tight ? 0 : GUARD,
                            .heap = bytes < GC_HEAP_INITIAL ? bytes : GC_HEAP_INITIAL };
        for (p->instances = wanted; p->instances >= least; p->instances /= 2)
            if (room_address(plan_bytes(p)) && room_data(2 * plan_data(p))) /* half is left to everything else */
                return 0;
    }
    mocket__buf_text(why, "not enough address space or memory mappings for ");
    mocket__buf_decimal(why, least);
    mocket__buf_text(why, " instances (see ulimit -v and -d, vm.max_map_count, vm.overcommit_memory)");
    return MOCKET_ELIMIT;
}

static void pool_set(wasm_config_t *config, const struct plan *p, const struct engine_opts *opts)
{
    wasmtime_pooling_allocation_config_t *pool = wasmtime_pooling_allocation_config_new();
#define POOL(name, value) wasmtime_pooling_allocation_config_##name##_set(pool, (value))
    POOL(total_core_instances, p->instances);
    POOL(total_memories, 2 * p->instances);
    POOL(total_gc_heaps, p->instances);
    POOL(total_tables, PLAN_TABLES_EACH * p->instances);
    POOL(total_stacks, p->instances);
    POOL(max_unused_warm_slots, WARM_PLACES);
    POOL(max_memories_per_module, 1);
    POOL(max_tables_per_module, PLAN_TABLES_EACH);
    POOL(table_elements, PLAN_TABLE_ELEMENTS);
    POOL(max_memory_size, (size_t)p->memory_bytes);
    POOL(linear_memory_keep_resident, opts->keep_resident ? opts->keep_resident : KEEP_RESIDENT);
    POOL(table_keep_resident, 16u << 10);
    POOL(async_stack_keep_resident, 64u << 10);
#undef POOL
#if MOCKET_ENGINE_CRATE
    if (!opts->keep_all_pages)
        mocket_engine_pool_pagemap_scan(pool);
#endif
    wasmtime_pooling_allocation_strategy_set(config, pool); /* copies */
    wasmtime_pooling_allocation_config_delete(pool);
}

wasm_config_t *plan_config(const struct plan *p, const struct engine_opts *opts)
{
#if !MOCKET_ENGINE_CRATE
    unsetenv("WASMTIME_BACKTRACE_DETAILS"); /* as mocket_engine_config_plain_traces */
#endif
    wasm_config_t *config = wasm_config_new();
    wasmtime_config_epoch_interruption_set(config, true);
    wasmtime_config_max_wasm_stack_set(config, PLAN_GUEST_STACK);
    wasmtime_config_async_stack_size_set(config, FIBER_STACK);
    wasmtime_config_memory_reservation_set(config, p->reservation);
    wasmtime_config_memory_guard_size_set(config, p->guard);
    wasmtime_config_wasm_memory64_set(config, false);
    wasmtime_config_wasm_multi_memory_set(config, false);
#ifdef WASMTIME_FEATURE_COMPONENT_MODEL
    wasmtime_config_concurrency_support_set(config, false); /* an official archive has components; we serve none */
#endif
    if (opts->no_gc) {
        wasmtime_config_wasm_gc_set(config, false);
        wasmtime_config_gc_support_set(config, false);
    }
#if MOCKET_ENGINE_CRATE
    else
        mocket_engine_config_gc(config, p->heap);
    mocket_engine_config_plain_traces(config);
#endif
    if (p->instances > 0)
        pool_set(config, p, opts);
    return config;
}
