/* The onion: the middlewares that cover a request, then the handler (contract.md, section 2). */
#ifndef MOCKET_CORE_CHAIN_H
#define MOCKET_CORE_CHAIN_H

#include "event.h"

struct mocket_chain {
    const struct mocket_middleware **middlewares; /* in order */
    size_t count;
    mocket_handler *handler; /* innermost */
    void *data;
};

/* The middlewares whose scope covers the canonical path. 0 or MOCKET_ENOMEM. */
int mocket__chain_select(struct mocket_chain *chain, const struct mocket_root *root, mocket_span canonical,
                         struct mocket_arena *a);

/* Runs it from the outermost; the result of the outermost. */
int mocket__execute_middlewares(mocket_event *e, struct mocket_chain *chain);

#endif
