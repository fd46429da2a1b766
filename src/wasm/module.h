/* A module taken apart: its sections, how many members each index space has, the types of its functions. */
#ifndef MOCKET_WASM_MODULE_H
#define MOCKET_WASM_MODULE_H

#include "../base/buf.h"
#include "code.h"

struct mocket_wasm_module {
    mocket_span wasm;
    const char *name;                                        /* in front of messages; NULL: nothing */
    struct mocket_wasm_bytes sections[MOCKET_WASM_SECTIONS]; /* empty where there is none */
    uint32_t entries[MOCKET_WASM_SECTIONS];                  /* the number that a section begins with */
    uint32_t imported[MOCKET_WASM_SPACES];                   /* members of the space that are imported */
    uint32_t count[MOCKET_WASM_SPACES];                      /* all its members */
    uint32_t *type_of;                                       /* of each function: index of its type */
    struct mocket_wasm_bytes *types; /* of each type: what is behind the byte of a plain function type; else bad */
};

/* Reads a module. The bytes must outlive it. Returns 0, MOCKET_EINVAL with the reason in *why, or MOCKET_ENOMEM. In
 * every case the module can be released. Instructions are not looked at. */
int mocket__wasm_module_read(struct mocket_wasm_module *module, mocket_span wasm, const char *name,
                             struct mocket_buf *why);
void mocket__wasm_module_release(struct mocket_wasm_module *module);

/* Whether two functions have the same type, which no reference to a type of the module is part of. */
bool mocket__wasm_same_type(const struct mocket_wasm_module *a, uint32_t function, const struct mocket_wasm_module *b,
                            uint32_t other);

/* Appends the name and pieces until NULL to *why. Returns MOCKET_EINVAL. */
int mocket__wasm_refuse(const struct mocket_wasm_module *module, struct mocket_buf *why, const char *piece, ...)
    __attribute__((sentinel));

#endif
