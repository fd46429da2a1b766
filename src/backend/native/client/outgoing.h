/* Outgoing requests of one loop, with libcurl and without a fiber. mocket_fetch and the wasm host use them. All
 * functions are called on the loop's thread, on any stack.
 *
 *     mocket__outgoing_start -> changed ... state: 0 -> status, fields; read until 0, or end
 *                               changed ... state: below zero -> end */
#ifndef MOCKET_NATIVE_CLIENT_OUTGOING_H
#define MOCKET_NATIVE_CLIENT_OUTGOING_H

#include <sys/socket.h>
#include <uv.h>

#include "../../../base/account.h"
#include "../../../base/deadline.h"
#include "../../../http/fields.h"

/* Kept connections, and what they share: TLS sessions, names that were looked up. */
struct mocket_pool;
struct mocket_outgoing;

#define MOCKET_USER_AGENT "mocket/" MOCKET_VERSION /* unless the fields hold another one */

/* NULL: no memory. connections_max: exchanges beyond it wait for a connection. SSL_CERT_FILE and SSL_CERT_DIR of the
 * environment name the authorities, else the system's are. */
struct mocket_pool *mocket__pool_new(uv_loop_t *loop, size_t connections_max);
/* Called with 1 for each name whose lookup begins, with -1 when a lookup is over: also when nobody waits for it. */
void mocket__pool_watch_lookups(struct mocket_pool *pool, void (*counted)(void *data, int change), void *data);
/* Returns a new number for an owner of requests. No other owner of the pool has had it. An address cannot be used
 * instead: lookups continue when their owner has left, and would be counted for the next owner at that address. */
uint64_t mocket__pool_new_owner(struct mocket_pool *pool);
/* Aborts and frees all exchanges without callbacks. The caller must have ended all its outgoing requests of this pool.
 * The loop must continue to run until the pool's handles are closed. pool may be NULL. */
void mocket__pool_free(struct mocket_pool *pool);

/* Texts and fields are copied. */
struct mocket_outgoing_opts {
    mocket_span method;                 /* any token but CONNECT */
    mocket_span url;                    /* absolute, http or https, without user information */
    const struct mocket_fields *fields; /* hop-by-hop ones and Content-Length are left out. NULL: none */
    mocket_span body;                   /* whole; must live until the end. ptr NULL: none */
    bool streams;                       /* the body comes by write and finish instead */
    int64_t body_len;                   /* of a streamed one; -1: unknown, in chunks */
    bool follow;                        /* redirects */
    bool retry; /* sent again when a kept connection breaks before any answer, though the method is not idempotent */
    uint64_t owner;           /* its owner, from mocket__pool_new_owner: limits the names that are looked up. 0: none */
    struct mocket_till *till; /* is charged with what is held, but for body. NULL: nothing is */
    /* Until the head, all hops and lookups together; a streamed body's bytes begin it anew. 0:
     * MOCKET_OUTGOING_TIMEOUT_MS. */
    uint32_t timeout_ms;
    uint32_t silence_ms; /* afterwards, without a byte either way while it is read. 0: the same */
    /* May it go there? Asked for each hop: first with address NULL, before anything is looked up, then with each
     * address before it is connected to; a kept connection was asked about. host: in lower case, an IPv6 address
     * without its brackets, numbers as the connection takes them (0x7f.1 is 127.0.0.1). Calls nothing of this header.
     * NULL: everywhere. */
    bool (*allow)(void *data, mocket_span host, uint16_t port, const struct sockaddr *address);
    /* Something may be possible now that was not before, or not. Called from the loop only, never from within a call of
     * this header; any outgoing request may be ended in it. */
    void (*changed)(void *data);
    void *data;
};

/* 0; MOCKET_EINVAL (method, URL, a field, HEAD with a body), MOCKET_EDENIED, MOCKET_ENOMEM, MOCKET_ELIMIT (no more may
 * be held). */
int mocket__outgoing_start(struct mocket_pool *pool, const struct mocket_outgoing_opts *opts,
                           struct mocket_outgoing **out);
/* MOCKET_EAGAIN: the head is not here yet; 0: it is; or why it will not come: MOCKET_EIO, MOCKET_ETIMEDOUT,
 * MOCKET_EDENIED (another hop, or every address), MOCKET_ELIMIT (redirects; a head above 64 KiB or 200 fields; too many
 * names wait for their lookup),
 * MOCKET_EINVAL (finish), MOCKET_ENOMEM. */
int mocket__outgoing_state(const struct mocket_outgoing *out);
/* Why it failed, in words for a log; "" when there are none. */
const char *mocket__outgoing_reason(const struct mocket_outgoing *out);
/* When the state is 0; they live until the end. */
int mocket__outgoing_status(const struct mocket_outgoing *out);
const struct mocket_fields *mocket__outgoing_fields(const struct mocket_outgoing *out); /* without hop-by-hop ones */

/* Of the answer's body: bytes, 0 at its end, MOCKET_EAGAIN, or why it broke off. While nobody reads, the server is held
 * back. Content codings are the reader's business. */
ptrdiff_t mocket__outgoing_read(struct mocket_outgoing *out, void *buf, size_t cap);
/* Would read answer anything but MOCKET_EAGAIN? */
bool mocket__outgoing_readable(const struct mocket_outgoing *out);
/* Of the request's: bytes taken (1..len; 0 when len is 0), MOCKET_EAGAIN, MOCKET_EINVAL (beyond body_len),
 * MOCKET_ESTATE (after finish, or it does not stream), MOCKET_ECLOSED when the server reads no more: its answer may
 * still come. */
ptrdiff_t mocket__outgoing_write(struct mocket_outgoing *out, mocket_span bytes);
/* Would write answer anything but MOCKET_EAGAIN? */
bool mocket__outgoing_writable(const struct mocket_outgoing *out);
/* No more of the request's body. 0, also twice; MOCKET_EINVAL when it is shorter than body_len: the exchange is over
 * then. */
int mocket__outgoing_finish(struct mocket_outgoing *out);

/* Ends it, in whatever state, and frees it. changed is not called any more. NULL is fine. */
void mocket__outgoing_end(struct mocket_outgoing *out);

#endif
