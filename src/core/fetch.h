/* An outgoing request as a backend gets it: checked, and in the event's memory. The functions that begin it and wait
 * for it are in backend.h. */
#ifndef MOCKET_CORE_FETCH_H
#define MOCKET_CORE_FETCH_H

#include "event.h"
#include "reply.h"

#define MOCKET_CALLS_MAX 256 /* under way, of one event */
#define MOCKET_FETCH_MAX_BODY (INT64_C(1) << 20)

struct mocket_fetch_plan {
    mocket_span method;
    mocket_span url;
    struct mocket_fields fields;
    struct mocket_fetch_opts opts; /* defaults filled in */
};

/* 0; MOCKET_EINVAL: the method is no token or is CONNECT, the URL is not absolute http or https or holds blanks,
 * control bytes or bytes above 0x7E, a header line is malformed or sets what belongs to the
 * connection (hop-by-hop fields, Content-Length), there are both a body and a source, or one of them with HEAD;
 * MOCKET_ENOMEM. */
int mocket__fetch_plan(mocket_event *e, const char *method, const char *url, const struct mocket_fetch_opts *opts,
                       struct mocket_fetch_plan *out);

#endif
