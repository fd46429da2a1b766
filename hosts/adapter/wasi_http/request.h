/* The one request that the component handles, and its answer, as handles of WASI. */
#ifndef MOCKET_HOSTS_ADAPTER_WASI_HTTP_REQUEST_H
#define MOCKET_HOSTS_ADAPTER_WASI_HTTP_REQUEST_H

#include "../core/port.h"

/* Handles are 0 when they are not open: WASI's own begin with 0, so each is kept plus 1. */
typedef uint32_t http_handle;

/* A body that is read: of a request, or of a response. */
struct http_input {
    http_handle body, stream;
    bool ended, failed;
};

/* A body that is written: of an answer, or of an outgoing request. */
struct http_output {
    http_handle body, stream;
    uint64_t room; /* that check-write has granted */
};

struct http_request {
    uint32_t request, outparam;
    http_handle fields;
    struct http_input input;
    struct http_output output;
    mocket_span early; /* bytes of the body that were read while looking whether there is one */
};

/* Reads the head to x->message. */
void http_request_read(struct adapter_exchange *x);

/* Bytes, 0 at the end, MOCKET_EAGAIN or MOCKET_EIO. */
ptrdiff_t http_input_read(struct http_input *in, void *to, size_t cap);
void http_input_close(struct http_input *in);
/* Rows of fields, in the area for results; texts lie there too. 0 or MOCKET_ENOMEM. */
int http_fields_read(uint32_t fields, struct mocket_fields *out, struct mocket_arena *a);

/* Fields from rows; rows that the platform does not accept are left out. */
uint32_t http_fields_make(const struct mocket_fields *fields);
/* The room for more bytes; 0: none; MOCKET_ECLOSED. */
ptrdiff_t http_output_room(struct http_output *out);
/* Bytes taken, MOCKET_EAGAIN or MOCKET_ECLOSED. */
ptrdiff_t http_output_write(struct http_output *out, const struct adapter_bytes *bytes, size_t from);
/* Writes all, and waits while there is no room. False: the other side has left. */
bool http_output_write_all(struct http_output *out, const struct adapter_bytes *bytes, size_t from);
/* complete: the body ends as it should; else the other side sees that it is cut. */
void http_output_close(struct http_output *out, bool complete);

#endif
