/* What a module or a component declares about itself, for reports: exports, limits of memory, kinds of types, names of
 * sections, and the names that a component imports and exports. Reads are bounded as in sections.h. */
#ifndef MOCKET_WASM_CONTENTS_H
#define MOCKET_WASM_CONTENTS_H

#include "sections.h"

/* The name of a section by its id; "unknown" for an id that has none. */
const char *mocket__wasm_section_name(enum mocket_wasm_form form, uint32_t id);

/* An import or export of a module; kind is that of the format. */
struct mocket_wasm_export {
    mocket_span name;
    uint32_t kind;
};
/* "function", "table", "memory", "global" or "tag". */
const char *mocket__wasm_kind_name(uint32_t kind);
/* Takes the next export of the section, whose first number, the count, was taken. False when it cannot be read. */
bool mocket__wasm_next_export(struct mocket_wasm_bytes *rest, struct mocket_wasm_export *out);

/* Pages of the module's own memory. */
struct mocket_wasm_limits {
    uint64_t initial, maximum;
    bool has_maximum;
};
/* False when the module declares no memory, or one of another kind than a 32-bit memory that is not shared. */
bool mocket__wasm_memory_limits(mocket_span module, struct mocket_wasm_limits *limits);

/* Whether the module defines types other than functions: structs, arrays and recursive groups, which need an engine
 * with garbage collection. */
bool mocket__wasm_has_gc_types(mocket_span module);

/* Takes the name of the next import, or export, of a component's section, whose first number was taken. False when the
 * row cannot be read. */
bool mocket__wasm_next_component_import(struct mocket_wasm_bytes *rest, mocket_span *name);
bool mocket__wasm_next_component_export(struct mocket_wasm_bytes *rest, mocket_span *name);

#endif
