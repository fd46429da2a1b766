/* The chain: the middlewares that cover a request, then the handler (contract.md, section 2). */
#ifndef MOCKET_CORE_CHAIN_H
#define MOCKET_CORE_CHAIN_H

#include "event.h"

struct mocket_chain {
    const struct mocket_middleware **middlewares; /* in order */
    size_t count;
    mocket_handler *handler; /* innermost */
    void *data;
};

/* The path and the template of a request. A scope that covers one of the two covers the request. Routes match raw paths
 * and scopes match canonical paths, so a path such as /admin/../x, which reaches the route of a group, must not bypass
 * the middlewares of the group (D-7). */
struct mocket_place {
    mocket_span canonical; /* M-04; "" when no scope needs it */
    mocket_span template;  /* of the route; absent when there is none */
};

/* The middlewares whose scope covers the request. 0 or MOCKET_ENOMEM. */
int mocket__chain_select(struct mocket_chain *chain, const struct mocket_root *root, const struct mocket_place *place,
                         struct mocket_arena *a);

/* Runs the chain and returns the result of the outermost middleware. */
int mocket__execute_middlewares(mocket_event *e, struct mocket_chain *chain);

#endif
