/* The chain: the middlewares that cover a request, then the handler (contract.md, section 2). */
#ifndef MOCKET_CORE_CHAIN_H
#define MOCKET_CORE_CHAIN_H

#include "coverage.h"
#include "event.h"

struct mocket_chain {
    struct mocket_selection middlewares;
    mocket_handler *handler; /* innermost */
    void *data;
};

/* Runs the chain and returns the result of the outermost middleware. */
int mocket__execute_middlewares(mocket_event *e, struct mocket_chain *chain);

#endif
