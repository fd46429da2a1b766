/* A debug line about each request, with its route and middlewares. Linked only by `mocket build --trace`, so that other
 * apps do not pay for it. */
#ifndef MOCKET_GUEST_TRACE_H
#define MOCKET_GUEST_TRACE_H

#include "../../core/trace.h"

struct mocket_guest_trace {
    void (*request)(mocket_event *e, const struct mocket_route *route, const struct mocket_selection *middlewares);
};

/* Weak: its address is NULL in an app that does not trace. */
extern const struct mocket_guest_trace mocket__guest_trace __attribute__((weak));

#endif
