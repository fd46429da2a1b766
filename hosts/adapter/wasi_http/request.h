/* The one request that the component handles, and its answer, as handles of WASI. */
#ifndef MOCKET_HOSTS_ADAPTER_WASI_HTTP_REQUEST_H
#define MOCKET_HOSTS_ADAPTER_WASI_HTTP_REQUEST_H

#include "../wasi2/body.h"

struct http_request {
    uint32_t request, outparam;
    http_handle fields;
    struct http_input input;
    struct http_output output;
    mocket_span early; /* bytes of the body that were read while looking whether there is one */
};

/* Reads the head to x->message. */
void http_request_read(struct adapter_exchange *x);

#endif
