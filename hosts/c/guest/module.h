/* A guest module that may be served: checked against the ABI (docs/abi.md, section 1), compiled, joined to its
 * imports. */
#ifndef MOCKET_HOSTS_C_GUEST_MODULE_H
#define MOCKET_HOSTS_C_GUEST_MODULE_H

#include <mocket_abi.h>

#include "../engine/cache.h"

enum guest_export {
#define GUEST_EXPORT_INDEX(id, ...) GUEST_##id,
    MOCKET_ABI_EXPORTS(GUEST_EXPORT_INDEX)
#undef GUEST_EXPORT_INDEX
        GUEST_EXPORT_COUNT,
    GUEST_OUTSIDE = GUEST_EXPORT_COUNT /* no export is running, or the module's start section is */
};

struct guest_module {
    struct engine *engine;
    struct engine_module *code;
    const char *name; /* of the file, for messages and argv[0]; borrowed */
    bool has[GUEST_EXPORT_COUNT];
    bool direct_style; /* imports await or await_any */
    bool asks_fields;  /* imports fields */
};

/* The name of an export, "the start section" for GUEST_OUTSIDE. */
const char *guest_export_name(enum guest_export which);

struct guest_file {
    const char *name;
    mocket_span bytes;
    struct engine_cache *cache; /* of compiled modules; NULL: none */
    uint64_t memory_bytes;      /* of an instance, at most */
};

/* 0, MOCKET_EINVAL (*why tells what is wrong with the file), MOCKET_ELIMIT (it is too large, or compiling it takes too
 * long), MOCKET_EIO (the compiler could not be started) or MOCKET_ENOMEM. */
int guest_module_open(struct engine *engine, const struct guest_file *file, struct guest_module **out,
                      struct mocket_buf *why);
void guest_module_close(struct guest_module *module);

#endif
