/* How large the pool of instances is, and the rest of Wasmtime's configuration. */
#ifndef MOCKET_HOSTS_C_ENGINE_WASMTIME_PLAN_H
#define MOCKET_HOSTS_C_ENGINE_WASMTIME_PLAN_H

#include <wasmtime.h>

#include "engine.h"

#define PLAN_GUEST_STACK (512u << 10) /* the host's own frames below it come on top */
#define PLAN_TABLES_EACH 4            /* of an instance */
#define PLAN_TABLE_ELEMENTS 65536

/* The sizes that the pool reserves. */
struct plan {
    uint32_t instances;    /* 0: there is no pool, the engine only compiles */
    uint64_t memory_bytes; /* of an instance at most, whole pages */
    uint64_t reservation;  /* address space of a memory */
    uint64_t guard;        /* behind it; compiled code counts on both */
    uint64_t heap;         /* bytes that a GC heap begins with */
};

/* Plans for as many instances as are wanted and the machine has room for. 0; MOCKET_ELIMIT: not even for the least
 * number, *why tells. */
int plan_make(const struct engine_opts *opts, struct plan *plan, struct mocket_buf *why);

/* Makes the configuration for wasm_engine_new_with_config. */
wasm_config_t *plan_config(const struct plan *plan, const struct engine_opts *opts);

#endif
