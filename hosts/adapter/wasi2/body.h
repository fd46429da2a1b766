/* Bodies in both directions, as handles of WASI 0.2. */
#ifndef MOCKET_HOSTS_ADAPTER_WASI2_BODY_H
#define MOCKET_HOSTS_ADAPTER_WASI2_BODY_H

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

/* Bytes, 0 at the end, MOCKET_EAGAIN or MOCKET_EIO. */
ptrdiff_t http_input_read(struct http_input *in, void *to, size_t cap);
void http_input_close(struct http_input *in);

/* The room for more bytes; 0: none; MOCKET_ECLOSED. */
ptrdiff_t http_output_room(struct http_output *out);
/* Bytes taken, MOCKET_EAGAIN or MOCKET_ECLOSED. */
ptrdiff_t http_output_write(struct http_output *out, const struct adapter_bytes *bytes, size_t from);
/* Writes all bytes; blocks while the stream has no room. False: the reader closed the stream. */
bool http_output_write_all(struct http_output *out, const struct adapter_bytes *bytes, size_t from);
/* complete: the body ends as it should; else the other side sees that it is cut. */
void http_output_close(struct http_output *out, bool complete);

#endif
