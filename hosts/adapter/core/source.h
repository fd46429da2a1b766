/* A body that arrives in pieces: of a request, or of a fetched response. */
#ifndef MOCKET_HOSTS_ADAPTER_CORE_SOURCE_H
#define MOCKET_HOSTS_ADAPTER_CORE_SOURCE_H

#include "port.h"

/* limit: bytes in all, after which the body is MOCKET_ETOOBIG; MOCKET_UNLIMITED: none. declared: the length that the
 * sender declared, -1 unknown; if it is above the limit, nothing is read. A body of another length is MOCKET_EINVAL (a
 * request's) or MOCKET_EIO (a response's): some platforms report the end of a body that was cut short as that of a
 * complete one. till: its bytes are charged to it; NULL: not charged. */
void adapter_source_init(struct adapter_source *s, int64_t limit, int64_t declared, struct mocket_till *till);
void adapter_source_release(struct adapter_source *s);
/* The body can be read no further. Bytes that arrived are still read first. */
void adapter_source_fail(struct adapter_source *s, int code);

/* Where bytes come from: one of the two. */
struct adapter_origin {
    struct adapter_exchange *exchange;
    struct adapter_outgoing *outgoing;
};
/* Gets bytes if there are none. Returns MOCKET_EAGAIN if there are none yet; 0 for bytes and for the end; else the code
 * that the next read returns. */
int adapter_source_fill(struct adapter_source *s, struct adapter_origin from);
/* Copies up to cap bytes to the app's memory. Their number, 0 at the end, MOCKET_EAGAIN or another code. */
int32_t adapter_source_read(struct adapter_source *s, struct adapter_origin from, uint32_t at, uint32_t cap);
/* Reads on, and keeps all bytes. 0: the body is complete; MOCKET_EAGAIN; or why it cannot be read. */
int adapter_source_collect(struct adapter_source *s, struct adapter_origin from);

#endif
