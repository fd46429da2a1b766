/* Outgoing requests of one loop, by libcurl, without a fiber: what mocket_fetch and the wasm host are made of. All of
 * it on the loop's thread, any stack. */
#ifndef MOCKET_NATIVE_CLIENT_OUTGOING_H
#define MOCKET_NATIVE_CLIENT_OUTGOING_H

#include <sys/socket.h>
#include <uv.h>

#include "../../http/fields.h"

/* Kept connections, and what they share: TLS sessions, names that were looked up. */
struct mocket_pool;
struct mocket_outgoing;

#define MOCKET_OUTGOING_TIMEOUT_MS 30000u
#define MOCKET_REDIRECTS_MAX 10

/* NULL: no memory. */
struct mocket_pool *mocket__pool_new(uv_loop_t *loop);
/* Ends what is under way, without a word to anybody; the loop must run on until its handles are closed. NULL is fine. */
void mocket__pool_free(struct mocket_pool *pool);

/* Texts and fields are copied. */
struct mocket_outgoing_opts {
    mocket_span method;
    mocket_span url; /* absolute, http or https */
    const struct mocket_fields *fields;
    mocket_span body;    /* whole; must live until the end. ptr NULL: none */
    bool streams;        /* the body comes by write and finish instead */
    int64_t body_len;    /* of a streamed one; -1: unknown, in chunks */
    bool follow;         /* redirects */
    uint32_t timeout_ms; /* until the head; 0: MOCKET_OUTGOING_TIMEOUT_MS */
    uint32_t silence_ms; /* afterwards, without a byte either way; 0: the same */
    /* May it go there? Asked for each hop: first with address NULL, before anything is looked up, then with each address
     * before it is connected to; a kept connection was asked about. NULL: everywhere. */
    bool (*allow)(void *data, mocket_span host, uint16_t port, const struct sockaddr *address);
    /* Something may be possible now that was not before. Called from the loop only, never from within a call of this
     * header; the outgoing request may be ended in it. */
    void (*changed)(void *data);
    void *data;
};

/* 0; MOCKET_EINVAL (method, URL, a field), MOCKET_EDENIED, MOCKET_ENOMEM. */
int mocket__outgoing_start(struct mocket_pool *pool, const struct mocket_outgoing_opts *opts,
                           struct mocket_outgoing **out);
/* MOCKET_EAGAIN: the head is not here yet; 0: it is; or why it will not come. */
int mocket__outgoing_state(const struct mocket_outgoing *out);
/* When the state is 0; they live until the end. */
int mocket__outgoing_status(const struct mocket_outgoing *out);
const struct mocket_fields *mocket__outgoing_fields(const struct mocket_outgoing *out); /* without hop-by-hop ones */

/* Of the answer's body: bytes, 0 at its end, MOCKET_EAGAIN, or why it broke off. While nobody reads, the server is held
 * back. */
ptrdiff_t mocket__outgoing_read(struct mocket_outgoing *out, void *buf, size_t cap);
/* Would read answer anything but MOCKET_EAGAIN? */
bool mocket__outgoing_readable(const struct mocket_outgoing *out);
/* Of the request's: bytes taken (1..len), MOCKET_EAGAIN, MOCKET_EINVAL (beyond body_len), MOCKET_ESTATE (after finish),
 * MOCKET_ECLOSED when the server reads no more: its answer may still come. */
ptrdiff_t mocket__outgoing_write(struct mocket_outgoing *out, mocket_span bytes);
bool mocket__outgoing_writable(const struct mocket_outgoing *out);
/* 0; MOCKET_EINVAL when it is shorter than body_len: the exchange is over then. */
int mocket__outgoing_finish(struct mocket_outgoing *out);

/* Ends it, in whatever state, and frees it. changed is not called any more. NULL is fine. */
void mocket__outgoing_end(struct mocket_outgoing *out);

#endif
