/* Copies parts of a module into another module, in which its members have other indices. */
#ifndef MOCKET_WASM_REWRITE_H
#define MOCKET_WASM_REWRITE_H

#include "module.h"

/* Where the members of a module are in the new one. */
struct mocket_wasm_map {
    const struct mocket_wasm_module *from;
    uint32_t base[MOCKET_WASM_SPACES]; /* member i is base + i; memory 0 is memory 0 */
    uint32_t *functions;               /* of each function: its index; UINT32_MAX: not in the new module */
    /* The module's own idea of its memory: functions that are called for memory.size and memory.grow. 0: it has none */
    bool has_own_memory;
    uint32_t memory_size, memory_grow;
};

/* Copies from in to out. What was read is written at once or by mocket__wasm_rewrite_flush. */
struct mocket_wasm_rewrite {
    const struct mocket_wasm_map *map;
    struct mocket_wasm_bytes in;
    struct mocket_buf *out;
    const unsigned char *copied; /* up to here in was copied */
    uint32_t unknown_op;         /* the instruction that made in bad, else 0 */
    bool stray;                  /* an index names nothing, or nothing that can be named: in is bad */
};

void mocket__wasm_rewrite_begin(struct mocket_wasm_rewrite *rewrite, const struct mocket_wasm_map *map,
                                struct mocket_wasm_bytes in, struct mocket_buf *out);
void mocket__wasm_rewrite_flush(struct mocket_wasm_rewrite *rewrite);

/* Takes an index, a type, a constant expression with its end. */
void mocket__wasm_rewrite_index(struct mocket_wasm_rewrite *rewrite, enum mocket_wasm_space space);
void mocket__wasm_rewrite_type(struct mocket_wasm_rewrite *rewrite);
void mocket__wasm_rewrite_expression(struct mocket_wasm_rewrite *rewrite);
/* Takes the body of a function, all of in. */
void mocket__wasm_rewrite_body(struct mocket_wasm_rewrite *rewrite);

#endif
