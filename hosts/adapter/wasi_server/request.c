/* What the core asks of a request: the functions of port.h. None of them blocks. */
#include "../../../src/base/deadline.h"
#include "../../../src/base/span.h"
#include "../../../src/wire/h1_write.h"
#include "conn.h"
#include "sockets.h"

enum {
    OUT_MAX = 65536, /* bytes of a streamed answer that wait for the client */
    FRAME = 32       /* more than the framing of a chunk */
};
#define BODY_BYTES_PER_S 1024u /* each KiB of a body that arrived gives it a second more */

/* ---- Fields and peer ---- */

void conn_learn_peer(struct server_conn *c)
{
    union wasi_result ret;
    struct server_address a = { .ipv6 = false };
    if (c->peer_text.ptr)
        return;
    wasi_tcp_remote(c->socket, &ret);
    c->peer_text = MOCKET_SPAN("");
    if (ret.bytes[0] != 0)
        return;
    a.ipv6 = ret.bytes[4] == WASI_IPV6;
    memcpy(a.bytes, ret.bytes + 10, 4);
    for (size_t i = 0; i < sizeof a.bytes && a.ipv6; i++)
        a.bytes[i] = ret.bytes[16 + (i ^ 1)]; /* little-endian words */
    c->peer_text = server_address_text(&a, c->peer);
}

int port_fields(struct adapter_exchange *x)
{
    struct server_conn *c = x->port;
    conn_learn_peer(c);
    x->message.peer = c->peer_text;
    x->message.fields = c->fields;
    return 0;
}

/* ---- The body ---- */

/* The time of a request limits the app's silence: it begins anew while the client sends its body, and with each part of
 * the answer. An app that chose a shorter time keeps it. */
static void renew_deadline(struct server_conn *c)
{
    if (c->x->deadline_ns != c->deadline_ns)
        return;
    c->deadline_ns = mocket__deadline_after(c->server->now_ns, c->server->options.answer_ns);
    c->x->deadline_ns = c->deadline_ns;
}

ptrdiff_t conn_fail_body(struct server_conn *c, int code)
{
    c->body_error = code;
    c->keep_alive = false;
    return code;
}

/* Decodes up to cap bytes of the input: their number, 0 if there were none, below 0. to NULL: they are discarded. */
static ptrdiff_t take_body(struct server_conn *c, void *to, size_t cap)
{
    while (conn_unread(c) > 0 && !c->h1.body_done) {
        mocket_span in = { c->in.ptr + c->in_at, conn_unread(c) < cap ? conn_unread(c) : cap }, data;
        ptrdiff_t used = mocket__h1_body(&c->h1, in, &data);
        if (used < 0)
            return conn_fail_body(c, MOCKET_EINVAL);
        if (to && data.len > 0)
            memcpy(to, data.ptr, data.len);
        c->in_at += (size_t)used;
        c->body_in += data.len;
        if (data.len > 0)
            return (ptrdiff_t)data.len;
    }
    return 0;
}

/* RFC 9110, section 10.1.1: the client waits for it before it sends the body. */
static void say_continue(struct server_conn *c)
{
    if (!c->h1.expect_continue || c->continued || c->begun)
        return;
    c->continued = true;
    mocket__buf_text(&c->out, "HTTP/1.1 100 Continue\r\n\r\n");
}

ptrdiff_t port_read(struct adapter_exchange *x, void *to, size_t cap)
{
    struct server_conn *c = x->port;
    if (c->body_error)
        return c->body_error;
    ptrdiff_t n = take_body(c, to, cap);
    if (n != 0 || c->h1.body_done)
        return n;
    if (c->broken || c->eof || conn_discards(c)) /* a client that only sends no more can still read why */
        return conn_fail_body(c, c->broken ? MOCKET_ECLOSED : MOCKET_EINVAL);
    say_continue(c);
    return MOCKET_EAGAIN;
}

bool conn_is_readable(const struct server_conn *c)
{
    return c->body_error || c->h1.body_done || conn_unread(c) > 0 || c->eof || c->broken || conn_discards(c);
}

bool conn_skip_body(struct server_conn *c)
{
    if (c->body_error == 0)
        while (take_body(c, NULL, SIZE_MAX) > 0)
            continue;
    return c->body_error == 0 && c->h1.body_done;
}

void conn_watch_body(struct server_conn *c, uint64_t *until_ns)
{
    uint64_t now = c->server->now_ns, limit = c->server->options.body_ns, total_until = MOCKET_NEVER;
    renew_deadline(c);
    if (c->body_silent_ns == 0)
        c->body_silent_ns = now;
    uint64_t silent_until = mocket__deadline_after(c->body_silent_ns, c->server->options.answer_ns);
    if (limit != MOCKET_NEVER) {
        uint64_t granted = limit + c->body_in * (MOCKET_SECOND_NS / BODY_BYTES_PER_S);
        uint64_t left = mocket__deadline_left(granted, c->body_waited_ns);
        total_until = mocket__deadline_after(c->body_silent_ns, left);
    }
    uint64_t until = mocket__deadline_first(silent_until, total_until);
    if (mocket__deadline_is_over(until, now) && !conn_is_readable(c))
        conn_fail_body(c, MOCKET_ETIMEDOUT);
    *until_ns = mocket__deadline_first(*until_ns, until);
}

void conn_unwatch_body(struct server_conn *c)
{
    if (c->body_silent_ns == 0)
        return;
    c->body_waited_ns += c->server->now_ns - c->body_silent_ns;
    c->body_silent_ns = 0;
}

/* ---- The answer ---- */

/* A body that was not read: what arrived of it is discarded. If that is not all of it, this is the last answer. */
static void discard_body(struct server_conn *c)
{
    if (c->h1.body_done || conn_skip_body(c))
        return;
    c->keep_alive = false;
    conn_advance(c, CONN_DISCARDING);
}

static void write_head(struct server_conn *c, const struct adapter_answer *answer)
{
    const struct mocket_message *msg = &c->x->message;
    struct mocket_h1_answer a = {
        .status = answer->status,
        .fields = &answer->fields,
        .body_len = answer->bodyless ? -1 : answer->len,
        .date = server_date(c->server),
        .method = msg->method,
        .http10 = msg->flags & MOCKET_MESSAGE_HTTP10,
        .keep_alive = c->keep_alive && !server_stops(c->server),
    };
    mocket__h1_write_head(&c->out, &a);
    c->keep_alive = a.keep_alive;
    c->chunked = a.chunked;
    c->send_body = a.send_body;
    c->begun = true;
}

static void put_body(struct server_conn *c, const struct adapter_bytes *bytes, size_t len)
{
    char *room = mocket__buf_room(&c->out, len);
    if (!room)
        return;
    adapter_copy(room, bytes, 0, len);
    c->out.len += len;
}

/* Removes what a failed append has left. */
static int undo(struct server_conn *c, size_t len)
{
    int rc = mocket__buf_status(&c->out);
    if (rc < 0) {
        c->out.len = len;
        c->out.status = 0;
        c->begun = false;
    }
    return rc < 0 ? MOCKET_ENOMEM : 0;
}

int port_respond(struct adapter_exchange *x, const struct adapter_answer *answer, struct adapter_bytes body)
{
    struct server_conn *c = x->port;
    size_t len = c->out.len;
    bool keep_alive = c->keep_alive;
    if (c->broken)
        return 0;
    discard_body(c);
    write_head(c, answer);
    if (c->send_body && body.len > 0)
        put_body(c, &body, body.len);
    int rc = undo(c, len);
    if (rc < 0)
        c->keep_alive = keep_alive && c->state == CONN_SERVING;
    else
        renew_deadline(c);
    return rc;
}

int port_begin(struct adapter_exchange *x, const struct adapter_answer *answer)
{
    struct server_conn *c = x->port;
    size_t len = c->out.len;
    if (!c->h1.body_done)
        c->keep_alive = false; /* the app may read on or not */
    write_head(c, answer);
    int rc = undo(c, len);
    if (rc == 0)
        renew_deadline(c);
    return rc;
}

ptrdiff_t port_room(struct adapter_exchange *x)
{
    const struct server_conn *c = x->port;
    if (c->broken)
        return MOCKET_ECLOSED;
    return conn_unsent(c) + FRAME < OUT_MAX ? (ptrdiff_t)(OUT_MAX - FRAME - conn_unsent(c)) : 0;
}

ptrdiff_t port_write(struct adapter_exchange *x, struct adapter_bytes bytes)
{
    struct server_conn *c = x->port;
    ptrdiff_t most = port_room(x);
    if (most <= 0)
        return most == 0 ? MOCKET_EAGAIN : most;
    size_t n = bytes.len < (size_t)most ? bytes.len : (size_t)most, len = c->out.len;
    if (c->chunked)
        mocket__h1_write_chunk_size(&c->out, n);
    put_body(c, &bytes, n);
    if (c->chunked)
        mocket__buf_text(&c->out, "\r\n");
    int rc = mocket__buf_status(&c->out);
    if (rc < 0) {
        c->out.len = len;
        c->out.status = 0;
        return MOCKET_ENOMEM;
    }
    renew_deadline(c);
    return (ptrdiff_t)n;
}

void port_end(struct adapter_exchange *x)
{
    struct server_conn *c = x->port;
    discard_body(c);
    if (c->chunked)
        mocket__buf_text(&c->out, "0\r\n\r\n");
    if (mocket__buf_status(&c->out) < 0)
        conn_break(c);
}

/* No last chunk, or fewer bytes than were announced, shows the client that the answer is not complete. */
void port_cut(struct adapter_exchange *x)
{
    struct server_conn *c = x->port;
    c->keep_alive = false;
}

void port_close(struct adapter_exchange *x)
{
    struct server_conn *c = x->port;
    c->request = CONN_OVER;
    conn_unwatch_body(c);
    conn_become_due(c);
}
