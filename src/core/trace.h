/* A debug line about each request: the route that was found, and the middlewares that cover it. */
#ifndef MOCKET_CORE_TRACE_H
#define MOCKET_CORE_TRACE_H

#include "chain.h"

/* For `trace` of mocket_root. route: NULL when the framework answers. */
void mocket__trace(mocket_event *e, const struct mocket_route *route, const struct mocket_selection *middlewares);

#endif
