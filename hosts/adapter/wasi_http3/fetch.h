/* An outgoing request as handles of WASI. */
#ifndef MOCKET_HOSTS_ADAPTER_WASI_HTTP3_FETCH_H
#define MOCKET_HOSTS_ADAPTER_WASI_HTTP3_FETCH_H

#include "body.h"

struct http3_call {
    struct http3_waitable waitable; /* the subtask of `send` */
    bool is_sent;                   /* `send` has returned: its result is in `reply` */
    bool is_taken;                  /* the response in it was taken */
    uint32_t request;               /* ours until `send` has started */
    union wasi_result reply;
    struct http3_output output;
    struct http3_input input;
};

/* state: of the subtask. */
void http3_call_event(struct http3_call *c, uint32_t state);
/* Is the row, which waits for an outgoing request, ready? */
bool http3_call_is_ready(const struct adapter_awaited *row);

#endif
