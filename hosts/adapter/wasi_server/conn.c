/* The life of a connection. conn_work tries everything that may be possible now: the end of a request, the next head,
 * sending. What is left decides what limits its time. The behaviour is that of the native server
 * (src/backend/native/server/connection.c, h1.c). */
#include "conn.h"

#include "../../../src/base/deadline.h"
#include "../../../src/base/memory.h"
#include "../../../src/base/span.h"
#include "sockets.h"

enum {
    IN_SMALL = 4096,
    IN_LARGE = 65536, /* for bodies, and for pipelines */
    REFUSED_MAX = 64, /* connections above the limit that get an answer */
    OUT_FULL = 65536  /* no further request while so much waits for the client */
};
#define LINGER_NS (5 * MOCKET_SECOND_NS)        /* silence of a client whose input is discarded */
#define LINGER_TOTAL_NS (30 * MOCKET_SECOND_NS) /* and how long that goes on at most */

/* ---- Beginning and end ---- */

void conn_new(struct server *s, uint32_t socket, uint32_t input, uint32_t output)
{
    bool flood = s->conn_count >= s->options.max_connections + REFUSED_MAX;
    struct server_conn *c = flood ? NULL : mocket__new(sizeof *c);
    if (!c) {
        wasi_in_drop(input);
        wasi_write_drop(output);
        wasi_tcp_drop(socket);
        return;
    }
    c->server = s;
    c->socket = socket;
    c->input.stream = input + 1;
    c->output = output + 1;
    c->in = (struct mocket_buf){ .till = s->till, .part = MOCKET_CHARGE_REQUESTS };
    c->out = (struct mocket_buf){ .till = s->till, .part = MOCKET_CHARGE_ANSWERS };
    c->next = s->conns;
    s->conns = c;
    s->conn_count++;
    c->readable = wasi_in_subscribe(input) + 1;
    c->writable = wasi_write_subscribe(output) + 1;
    mocket__h1_init(&c->h1, &(struct mocket_h1_limits){ .head_len = s->options.max_head });
    if (s->conn_count > s->options.max_connections)
        conn_refuse(c, 503);
    conn_work(c);
}

static void drop_head(struct server_conn *c)
{
    if (c->x && !conn_is_active(c)) {
        adapter_exchange_free(c->x);
        c->x = NULL;
        mocket__h1_reset(&c->h1);
    }
}

/* Children are dropped before what they belong to. */
void conn_close(struct server_conn *c)
{
    if (c->state == CONN_CLOSED)
        return;
    if (conn_is_active(c))
        conn_learn_peer(c); /* the app may still ask for it */
    c->state = CONN_CLOSED;
    c->broken = true;
    wasi_pollable_drop(c->readable - 1);
    wasi_pollable_drop(c->writable - 1);
    wasi_in_drop(c->input.stream - 1);
    wasi_write_drop(c->output - 1);
    wasi_tcp_drop(c->socket);
    mocket__buf_release(&c->out);
    c->out_at = 0;
    drop_head(c);
    conn_become_due(c);
}

void conn_break(struct server_conn *c)
{
    conn_close(c);
}

void conn_sweep(struct server *s)
{
    for (struct server_conn **at = &s->conns; *at;) {
        struct server_conn *c = *at;
        if (c->state != CONN_CLOSED || conn_is_active(c) || c->is_due) {
            at = &c->next;
            continue;
        }
        *at = c->next;
        mocket__buf_release(&c->in);
        mocket__buf_release(&c->out); /* what was answered after the connection was closed */
        mocket__free(c);
        s->conn_count--;
    }
}

void conn_become_due(struct server_conn *c)
{
    if (c->is_due)
        return;
    c->is_due = true;
    c->next_due = NULL;
    *c->server->due_end = c;
    c->server->due_end = &c->next_due;
}

/* The last answer was sent. If the client may still be sending, closing now would reset the connection, and the client
 * could lose the answer. So our end is shut, and input is discarded for a while (RFC 9112, section 9.6). */
static void end(struct server_conn *c)
{
    union wasi_result ret = { { 1 } };
    if (c->state == CONN_DISCARDING && !c->eof)
        wasi_tcp_shutdown(c->socket, WASI_SHUT_SEND, &ret);
    if (ret.bytes[0] != 0) {
        conn_close(c);
        return;
    }
    c->state = CONN_LINGERING;
    c->shut_ns = c->heard_ns = c->server->now_ns;
}

/* ---- Time ---- */

static enum conn_limit limit_of(const struct server_conn *c)
{
    if (c->state == CONN_LINGERING)
        return CONN_LIMIT_LINGER;
    if (conn_unsent(c) > 0 || c->busy)
        return CONN_LIMIT_WRITE;
    if (conn_is_active(c))
        return CONN_NO_LIMIT;
    return conn_unread(c) > 0 ? CONN_LIMIT_HEAD : CONN_LIMIT_IDLE;
}

static uint64_t linger_end(const struct server_conn *c)
{
    return mocket__deadline_first(c->heard_ns + LINGER_NS, c->shut_ns + LINGER_TOTAL_NS);
}

/* The time of a head is one span, whatever arrives; the others are times of silence. */
static void update_limit(struct server_conn *c)
{
    const struct server_options *o = &c->server->options;
    enum conn_limit limit = limit_of(c);
    uint64_t now = c->server->now_ns;
    bool goes_on = limit == c->limit && (limit == CONN_LIMIT_HEAD || (limit == CONN_LIMIT_WRITE && !c->progressed));
    c->progressed = false;
    c->limit = limit;
    if (limit == CONN_LIMIT_LINGER)
        c->limit_ns = linger_end(c);
    else if (limit == CONN_NO_LIMIT)
        c->limit_ns = MOCKET_NEVER;
    else if (!goes_on)
        c->limit_ns = mocket__deadline_after(now, limit == CONN_LIMIT_HEAD    ? o->head_ns
                                                  : limit == CONN_LIMIT_WRITE ? o->write_ns
                                                                              : o->idle_ns);
}

void conn_time_is_up(struct server_conn *c)
{
    if (c->limit == CONN_LIMIT_HEAD) {
        conn_refuse(c, 408);
        drop_head(c);
        conn_work(c);
    } else {
        conn_close(c);
    }
}

/* ---- Requests ---- */

/* The head is complete: the loop passes the request to the core. */
static void begin_request(struct server_conn *c, mocket_span head)
{
    struct mocket_message *msg = &c->x->message;
    c->in_at += head.len;
    if (!mocket__message_keep(msg, &c->x->arena, head)) {
        conn_refuse(c, 503);
        drop_head(c);
        return;
    }
    msg->flags &= ~(unsigned)MOCKET_MESSAGE_UPGRADE; /* no WebSockets: the app answers 426 */
    c->fields = msg->fields;
    msg->fields = (struct mocket_fields){ 0 };
    c->x->fields_later = true;
    c->deadline_ns = mocket__deadline_after(c->server->now_ns, c->server->options.answer_ns);
    c->x->deadline_ns = c->deadline_ns;
    c->keep_alive = c->h1.keep_alive;
    c->begun = c->continued = c->chunked = c->send_body = false;
    c->body_error = 0;
    c->body_in = c->body_silent_ns = c->body_waited_ns = 0;
    c->request = CONN_DUE;
    conn_become_due(c);
}

static void next_request(struct server_conn *c)
{
    if (c->state != CONN_SERVING || conn_is_active(c) || conn_unread(c) == 0 || conn_unsent(c) >= OUT_FULL || c->busy)
        return;
    if (!c->x)
        c->x = adapter_exchange_new(c->server->adapter, c);
    if (!c->x) {
        conn_refuse(c, 503);
        return;
    }
    mocket_span in = { c->in.ptr + c->in_at, conn_unread(c) };
    ptrdiff_t used = mocket__h1_head(&c->h1, &c->x->message, &c->x->arena, in);
    if (used > 0) {
        begin_request(c, mocket__span_slice(in, 0, (size_t)used));
    } else if (used < 0) {
        conn_refuse(c, (int)-used);
        drop_head(c);
    }
}

void conn_finish(struct server_conn *c)
{
    bool complete = c->x->answer == ADAPTER_COMPLETE || c->x->answer == ADAPTER_REFUSED;
    bool sends = !c->h1.body_done || conn_unread(c) > 0;
    if (!complete || !c->keep_alive)
        conn_advance(c, sends ? CONN_DISCARDING : CONN_ENDING);
    c->request = CONN_HEAD;
    drop_head(c);
}

/* ---- Bytes ---- */

bool conn_wants_input(const struct server_conn *c)
{
    if (c->eof || c->broken || (c->body_error == MOCKET_ENOMEM && !conn_discards(c)))
        return false;
    return conn_discards(c) || !(conn_is_active(c) || conn_unsent(c) > 0) || conn_unread(c) < IN_LARGE;
}

static void on_end(struct server_conn *c, ptrdiff_t code)
{
    c->eof = true;
    if (code < 0)
        conn_break(c);
    else if (c->state == CONN_LINGERING)
        conn_close(c);
}

/* There is no memory for what arrives: the request gets 503. */
static void refuse_input(struct server_conn *c)
{
    c->in.status = 0;
    if (conn_is_active(c)) {
        conn_fail_body(c, MOCKET_ENOMEM);
    } else {
        conn_refuse(c, 503);
        drop_head(c);
    }
}

/* Reads once. False: there was nothing, or the end. */
static bool read_some(struct server_conn *c, size_t want)
{
    static char discarded[IN_LARGE];
    char *room = conn_discards(c) ? discarded : mocket__buf_room(&c->in, want);
    if (!room) {
        refuse_input(c);
        return false;
    }
    ptrdiff_t n = http_input_read(&c->input, room, want);
    if (n == MOCKET_EAGAIN)
        return false;
    if (n <= 0) {
        on_end(c, n);
        return false;
    }
    c->heard_ns = c->server->now_ns;
    if (!conn_discards(c))
        c->in.len += (size_t)n;
    return (size_t)n == want;
}

void conn_read(struct server_conn *c)
{
    size_t want = c->body_silent_ns || c->in.cap >= IN_LARGE || conn_discards(c) ? IN_LARGE : IN_SMALL;
    if (c->in_at > 0) {
        mocket__buf_consume(&c->in, c->in_at);
        c->in_at = 0;
    }
    if (read_some(c, want) && conn_wants_input(c))
        read_some(c, IN_LARGE);
    conn_work(c);
}

static void tidy(struct server_conn *c)
{
    if (conn_discards(c) && !conn_is_active(c))
        c->in_at = c->in.len;
    if (conn_unread(c) > 0 || (conn_is_active(c) && c->in.cap < IN_LARGE))
        return;
    c->in_at = 0;
    mocket__buf_release(&c->in);
    drop_head(c);
}

void conn_work(struct server_conn *c)
{
    if (c->request == CONN_OVER)
        conn_finish(c);
    if (conn_unsent(c) >= OUT_FULL || c->busy)
        conn_flush(c);
    next_request(c);
    if (c->state == CONN_CLOSED)
        return;
    if (c->request != CONN_DUE) /* answers of a pipeline are sent together */
        conn_flush(c);
    if (c->state == CONN_CLOSED)
        return;
    tidy(c);
    if (c->state < CONN_LINGERING && !conn_is_active(c) && conn_unsent(c) == 0 && !c->busy) {
        if (c->state > CONN_SERVING)
            end(c);
        else if (c->eof || (server_stops(c->server) && conn_unread(c) == 0))
            conn_close(c);
    }
    if (c->state != CONN_CLOSED)
        update_limit(c);
}

void server_conns_free(struct server *s)
{
    for (struct server_conn *c = s->conns; c; c = c->next)
        conn_close(c);
}
