/* The start section of a module names a function that runs while the module is instantiated. An import that this
 * function calls cannot reach the module's memory in a component: the memory is exported when the instance is complete.
 * So a component gets the module without the section, and with the start function as one more export, which the adapter
 * calls first. Every other byte of the module stays, and a custom section keeps what was removed: the module can be
 * restored byte for byte. */
#ifndef MOCKET_WASM_START_H
#define MOCKET_WASM_START_H

#include "module.h"

/* The name of that export. A module of an app must not have an export of this name. */
#define MOCKET_WASM_START_EXPORT "mocket:start-section"
/* The name of the custom section: the start section and the head of the export section, each behind its length. A
 * module of an app must not have one. */
#define MOCKET_WASM_START_SECTION "mocket.start"

/* Checks the start section and the reserved names. Returns 0, or MOCKET_EINVAL with the reason appended to why. */
int mocket__wasm_start_check(const struct mocket_wasm_module *module, struct mocket_buf *why);
bool mocket__wasm_has_start(mocket_span wasm);
/* Appends a module that has a start section, with its start function as an export. The module was read and checked. */
void mocket__wasm_start_export(mocket_span wasm, struct mocket_buf *out);
/* Appends the module that mocket__wasm_start_export was given to make this one. Returns false if there is none. */
bool mocket__wasm_start_restore(mocket_span wasm, struct mocket_buf *out);

#endif
