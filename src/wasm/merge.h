/* Joins an app and an adapter, which is a host of the guest ABI, to one module with one memory.
 *
 *     0                                 B                                   end
 *     | the app's memory, up to B bytes | the adapter's data, stack and heap |
 *
 * The adapter is linked at the address B, which it exports as the global __global_base. The new module's memory has as
 * many pages as the adapter's own. Untouched pages cost an engine no memory. In the app, memory.size and memory.grow
 * become calls of functions that count the app's own pages, up to B or the app's own maximum. So the app's memory is
 * contiguous as under any host, whatever its allocator, and the adapter can be called from the start section on. Only
 * the adapter's own memory.grow makes the memory larger.
 *
 * Functions are bound by name:
 * - The app's import `name` of `module` to the adapter's export `module.name`. Imports of the module `host` that the
 *   adapter does not export stay. Any other import is refused.
 * - The adapter's import `name` of the module `app` to that export of the app. Without the export the function does
 *   nothing and returns 0; `_start` does so too if the app has `mocket_start`. Two names are not exports: `traits`
 *   returns a number that the caller gives, `memory_pages` the app's pages. Other imports of the adapter stay.
 *
 * The new module exports `memory` and those functions of the adapter whose name has no dot. It has the app's start
 * section, and no custom sections. */
#ifndef MOCKET_WASM_MERGE_H
#define MOCKET_WASM_MERGE_H

#include "../base/buf.h"

struct mocket_wasm_merge {
    mocket_span app, adapter;
    mocket_span host; /* the module whose imports the platform provides */
    uint32_t traits;  /* of the app, for the adapter */
};

/* Appends the new module to *out. Returns 0; MOCKET_EINVAL for a module that cannot be merged, MOCKET_ELIMIT for an app
 * whose memory begins above B, with the reason in *why; MOCKET_ENOMEM. An app that is not valid may give a module that
 * is not valid, but no function of the app can name a member of the adapter that is not bound. */
int mocket__wasm_merge(const struct mocket_wasm_merge *merge, struct mocket_buf *out, struct mocket_buf *why);

#endif
