/* How the functions of an app and of an adapter are joined: which import is bound to which export, and the index of
 * each function in the new module. merge.h describes the rules. */
#ifndef MOCKET_WASM_JOIN_H
#define MOCKET_WASM_JOIN_H

#include "merge.h"
#include "rewrite.h"

/* The new module's functions: kept imports of the app, kept imports of the adapter, functions of the app, of the
 * adapter, then functions that are made here. The other spaces: members of the app, of the adapter, made ones. */
struct mocket_wasm_join {
    const struct mocket_wasm_merge *merge;
    struct mocket_wasm_module app, adapter;
    struct mocket_wasm_map app_map, adapter_map;
    uint32_t import_count;
    struct mocket_buf imports; /* kept ones, as the section has them */
    uint32_t first_made, made_count;
    struct mocket_buf made_types;      /* of each made function, the index of its type */
    struct mocket_buf made_bodies;     /* as the code section has them */
    uint32_t app_pages, app_pages_max; /* of the app's memory */
    uint32_t pages;                    /* of the memory */
};

/* Types, and the global with the size of the app's memory, that are made behind those of both modules. */
enum { MOCKET_WASM_MADE_SIZE_TYPE, MOCKET_WASM_MADE_GROW_TYPE, MOCKET_WASM_MADE_TYPES };
uint32_t mocket__wasm_join_type(const struct mocket_wasm_join *join, uint32_t made);
uint32_t mocket__wasm_join_pages_global(const struct mocket_wasm_join *join);

/* Zeroes the join and fills it. The results are those of mocket__wasm_merge. It can be released in every case. */
int mocket__wasm_join_make(struct mocket_wasm_join *join, const struct mocket_wasm_merge *merge,
                           struct mocket_buf *why);
void mocket__wasm_join_release(struct mocket_wasm_join *join);

#endif
