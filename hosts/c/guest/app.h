/* What a module is, as far as its bytes tell without an engine: the checks of docs/abi.md, section 1, that need no
 * types, and what the app uses. Results are 0, or MOCKET_EINVAL with the reason appended to `why`. */
#ifndef MOCKET_HOSTS_C_GUEST_APP_H
#define MOCKET_HOSTS_C_GUEST_APP_H

#include "module.h"

struct guest_app {
    bool has[GUEST_EXPORT_COUNT];
    bool waits;   /* imports await or await_any: its handlers suspend their stack */
    bool sockets; /* accepts WebSockets */
    bool fetches; /* sends requests */
};

/* All of it for the bytes of a file. Imports are checked as far as they are the guest ABI's. */
int guest_app_read(mocket_span wasm, struct guest_app *app, struct mocket_buf *why);

/* ---- Its parts, for a host that has an engine ---- */

/* What the first bytes say. */
int guest_app_format(mocket_span wasm, struct mocket_buf *why);
int guest_app_memory(bool found, struct mocket_buf *why);
/* Checks that every export is there that an app needs. Returns 0 or MOCKET_EINVAL. */
int guest_app_complete(const bool has[GUEST_EXPORT_COUNT], struct mocket_buf *why);
/* An import that nobody provides. Returns MOCKET_EINVAL. */
int guest_app_refuse_import(mocket_span module, mocket_span name, struct mocket_buf *why);
/* Appends pieces until NULL. Returns MOCKET_EINVAL. */
int guest_app_refuse(struct mocket_buf *why, const char *piece, ...) __attribute__((sentinel));

#endif
