/* An outgoing request as handles of WASI. */
#ifndef MOCKET_HOSTS_ADAPTER_WASI2_FETCH_H
#define MOCKET_HOSTS_ADAPTER_WASI2_FETCH_H

#include "body.h"

struct http_call {
    http_handle future, reply;
    struct http_output output;
    struct http_input input;
    mocket_span body; /* whole: the part that is not sent yet */
};

/* The pollable of a row that waits for an outgoing request; UINT32_MAX: it need not wait. */
uint32_t http_call_subscribe(const struct adapter_awaited *row);

#endif
