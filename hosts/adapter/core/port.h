/* What a port owes: the functions of this header, which the core calls. They are linked, not passed in a table, so that
 * an adapter needs no table of functions in an app's module.
 *
 * Rules for all of them:
 * - They never call the app, and never a function of adapter.h.
 * - Only port_respond and port_wait may block. The others return MOCKET_EAGAIN when they cannot go on.
 * - A result below 0 is a MOCKET_E... code. MOCKET_ECLOSED means that the other side has left.
 * - What a platform cannot do returns MOCKET_ENOTSUP (docs/abi.md, section 9).
 * - `x->port` and `o->port` are the port's: whatever it needs for a request, and for an outgoing request.
 * Memory comes from src/base/memory.h and src/base/arena.h. */
#ifndef MOCKET_HOSTS_ADAPTER_CORE_PORT_H
#define MOCKET_HOSTS_ADAPTER_CORE_PORT_H

#include <string.h>

#include "adapter.h"
#include "app.h"
#include "outgoing.h"

/* Bytes to send: in the adapter's memory, or in the app's. adapter_copy copies a part of them. */
struct adapter_bytes {
    const void *ptr; /* NULL: they are at app_at in the app's memory */
    uint32_t app_at;
    size_t len;
};
/* Copies len of the bytes, beginning with the byte `from`. */
static inline void adapter_copy(void *to, const struct adapter_bytes *bytes, size_t from, size_t len)
{
    if (bytes->ptr)
        memcpy(to, (const char *)bytes->ptr + from, len);
    else
        app_load(to, bytes->app_at + (uint32_t)from, len);
}

/* ---- Surroundings ---- */

/* Nanoseconds of MOCKET_ABI_WALL or MOCKET_ABI_MONOTONIC. */
uint64_t port_now_ns(int clock);
void port_random(void *to, size_t len);
/* Writes a line of the log: the text is one escaped line of at most 4 KiB. level is enum mocket_log_level, or one of
 * the two below for what the app writes to its descriptors 1 and 2. */
enum { ADAPTER_OUTPUT = MOCKET_LOG_DEBUG + 1, ADAPTER_ERRORS };
void port_log(int level, mocket_span line);
/* Takes more memory: at least *len bytes, 16-aligned, sets *len to what there is. It is never given back. If it begins
 * where the last piece ended, the core joins the two. NULL: there is none. */
void *port_grow(size_t *len);

/* ---- A request ---- */

/* Adds fields and peer to x->message. Called at most once, for exchanges with fields_later, while the request is
 * open. 0, or MOCKET_ENOMEM. */
int port_fields(struct adapter_exchange *x);
/* Reads up to cap > 0 bytes of the request's body. Returns their number, 0 at its end, MOCKET_EAGAIN, MOCKET_EINVAL for
 * a body that is malformed or cut short, MOCKET_ETIMEDOUT, MOCKET_ECLOSED or MOCKET_EIO. */
ptrdiff_t port_read(struct adapter_exchange *x, void *to, size_t cap);

/* ---- Its answer: one port_respond; or port_begin, port_write..., and port_end or port_cut ---- */

struct adapter_answer {
    int status;                  /* 200 to 599 */
    struct mocket_fields fields; /* as the app spelled them, no hop-by-hop fields. With Content-Length if the answer has
                                    one (section 5, "The host frames the answer") */
    int64_t len;                 /* bytes of the body that will follow; -1: unknown */
    bool bodyless;               /* HEAD, 204, 205, 304: no byte follows, and len is 0 */
};

/* Sends a whole answer. The bytes may be in the app's memory, and must be copied or sent when it returns; it may block
 * until the client has taken them. 0, or MOCKET_ENOMEM if nothing was sent. A client that left is 0. */
int port_respond(struct adapter_exchange *x, const struct adapter_answer *answer, struct adapter_bytes body);
/* Sends the head of a streamed answer. 0, or MOCKET_ENOMEM or MOCKET_ENOTSUP if nothing was sent. */
int port_begin(struct adapter_exchange *x, const struct adapter_answer *answer);
/* Bytes that port_write would take now; 0: none; below 0: what port_write would return. */
ptrdiff_t port_room(struct adapter_exchange *x);
/* Takes some of the bytes, at least 1. MOCKET_EAGAIN, MOCKET_ECLOSED. */
ptrdiff_t port_write(struct adapter_exchange *x, struct adapter_bytes bytes);
/* The body is complete. */
void port_end(struct adapter_exchange *x);
/* The body will not be complete: the client must be able to see that. */
void port_cut(struct adapter_exchange *x);
/* The request is over: nothing of it is used from now on. Called exactly once for each submitted request. */
void port_close(struct adapter_exchange *x);

/* ---- Outgoing requests (struct adapter_outgoing in outgoing.h) ----
 * The core follows redirects, repeats, limits times, and calls port_fetch again for each of these. */

/* Begins o->request. A whole body is in o->body; a body that streams is written by port_fetch_write. 0, or
 * MOCKET_ENOTSUP, MOCKET_EDENIED, MOCKET_EINVAL, MOCKET_ENOMEM. */
int port_fetch(struct adapter_outgoing *o);
ptrdiff_t port_fetch_room(struct adapter_outgoing *o);
ptrdiff_t port_fetch_write(struct adapter_outgoing *o, struct adapter_bytes bytes);
int port_fetch_end(struct adapter_outgoing *o);
/* Has the head of the response arrived? Then 0, and o->status and o->fields are set, texts in o->arena. MOCKET_EAGAIN,
 * MOCKET_EIO, MOCKET_ETIMEDOUT, MOCKET_EDENIED, MOCKET_ELIMIT, MOCKET_ENOMEM. MOCKET_ECLOSED: a kept connection broke
 * before any byte of the response, so that the request may be repeated. */
int port_fetch_head(struct adapter_outgoing *o);
/* As port_read, for the body of the response. */
ptrdiff_t port_fetch_read(struct adapter_outgoing *o, void *to, size_t cap);
/* Ends the exchange, whatever its state, and releases o->port. May be called when port_fetch has failed. */
void port_fetch_drop(struct adapter_outgoing *o);

/* ---- Waiting ---- */

enum adapter_wait_kind {
    ADAPTER_WAIT_READ,       /* port_read would not return MOCKET_EAGAIN */
    ADAPTER_WAIT_WRITE,      /* port_room would not return 0 */
    ADAPTER_WAIT_HEAD,       /* port_fetch_head would not return MOCKET_EAGAIN */
    ADAPTER_WAIT_FETCH_READ, /* port_fetch_read ... */
    ADAPTER_WAIT_FETCH_WRITE /* port_fetch_room ... */
};
struct adapter_awaited {
    enum adapter_wait_kind kind;
    struct adapter_exchange *exchange;   /* of READ and WRITE */
    struct adapter_outgoing *outgoing;   /* of the others */
    struct adapter_operation *operation; /* the core's; NULL: the core waits itself */
    bool ready;                          /* the port sets it, also when it is not sure */
};
/* Blocks until at least one row is ready, or until_ns of the monotonic clock has come (MOCKET_NEVER: never), or until
 * the port has something else to do, and marks what is ready. It may return early. There may be no rows at all. */
void port_wait(struct adapter_awaited *rows, size_t count, uint64_t until_ns);

#endif
