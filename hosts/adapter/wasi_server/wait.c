/* Waiting: one call of poll for listeners, connections, outgoing requests and the time. Pollables of connections live
 * as long as these; those of outgoing requests are made for each wait.
 *
 * Nothing here calls the app. Connections whose requests are ready go into the list of the loop. */
#include "../../../src/base/deadline.h"
#include "../../../src/base/memory.h"
#include "../wasi2/fetch.h"
#include "../wasi/landing.h"
#include "conn.h"
#include "sockets.h"

enum polled_kind { POLLED_OTHER, POLLED_LISTENER, POLLED_INPUT, POLLED_OUTPUT, POLLED_ROW, POLLED_STOP };

/* What a pollable of the list stands for. */
struct server_polled {
    enum polled_kind kind;
    bool is_temporary; /* the pollable is dropped after the wait */
    uint32_t pollable;
    union {
        struct server_listener *listener;
        struct server_conn *conn;
        struct adapter_awaited *row;
    } of;
};

struct wait {
    struct server *server;
    struct adapter_awaited *rows;
    size_t count;
    uint64_t until_ns;
    bool some_ready;
};

static void add(struct wait *w, const struct server_polled *p)
{
    mocket__buf_add(&w->server->polled, p, sizeof *p);
    mocket__buf_add(&w->server->pollables, &p->pollable, sizeof p->pollable);
}

/* ---- What is waited for ---- */

static struct server_conn *conn_of(const struct adapter_awaited *row)
{
    return row->exchange ? row->exchange->port : NULL;
}

static bool is_ready(const struct adapter_awaited *row)
{
    if (row->kind == ADAPTER_WAIT_READ)
        return conn_is_readable(conn_of(row));
    return row->kind == ADAPTER_WAIT_WRITE && port_room(row->exchange) != 0;
}

static void add_row(struct wait *w, struct adapter_awaited *row)
{
    if (row->kind == ADAPTER_WAIT_READ)
        conn_watch_body(conn_of(row), &w->until_ns);
    if (row->exchange) {
        w->some_ready |= is_ready(row);
        return;
    }
    uint32_t pollable = http_call_subscribe(row);
    if (pollable == UINT32_MAX)
        w->some_ready = row->ready = true;
    else
        add(w, &(struct server_polled){ POLLED_ROW, true, pollable, { .row = row } });
}

static void add_conn(struct wait *w, struct server_conn *c)
{
    if (c->state != CONN_CLOSED && (conn_unsent(c) > 0 || c->busy)) {
        conn_flush(c);
        conn_work(c);
        w->some_ready |= c->state == CONN_CLOSED; /* the app learns it now */
    }
    if (c->state == CONN_CLOSED)
        return;
    if (conn_wants_input(c))
        add(w, &(struct server_polled){ POLLED_INPUT, false, c->readable - 1, { .conn = c } });
    if (c->busy)
        add(w, &(struct server_polled){ POLLED_OUTPUT, false, c->writable - 1, { .conn = c } });
    w->until_ns = mocket__deadline_first(w->until_ns, c->limit_ns);
}

static void add_listeners(struct wait *w)
{
    struct server *s = w->server;
    if (s->accept_ns > s->now_ns) {
        w->until_ns = mocket__deadline_first(w->until_ns, s->accept_ns);
        return;
    }
    for (size_t i = 0; i < s->listener_count; i++)
        add(w, &(struct server_polled){
                   POLLED_LISTENER, false, s->listeners[i].pollable, { .listener = &s->listeners[i] } });
}

static void add_time(struct wait *w)
{
    struct server *s = w->server;
    /* Sending may have made room for the next request of a pipeline. While a handler waits, the loop cannot take it. */
    bool has_work = s->due && !s->adapter->current;
    if (w->some_ready || has_work || w->until_ns <= s->now_ns)
        add(w, &(struct server_polled){ POLLED_OTHER, false, s->always - 1, { NULL } });
    else if (w->until_ns != MOCKET_NEVER)
        add(w, &(struct server_polled){ POLLED_OTHER, true, wasi_subscribe_instant(w->until_ns), { NULL } });
}

static void add_all(struct wait *w)
{
    struct server *s = w->server;
    mocket__buf_reset(&s->polled);
    mocket__buf_reset(&s->pollables);
    add_listeners(w);
    for (struct server_conn *c = s->conns; c; c = c->next)
        add_conn(w, c);
    for (size_t i = 0; i < w->count; i++)
        add_row(w, &w->rows[i]);
    if (s->input_pollable && !server_stops(s))
        add(w, &(struct server_polled){ POLLED_STOP, false, s->input_pollable - 1, { NULL } });
    w->until_ns = mocket__deadline_first(w->until_ns, s->stop_ns);
    add_time(w);
}

/* ---- What happened ---- */

/* Standard input is read to its end. */
static void read_input(struct server *s)
{
    char bytes[512];
    if (http_input_read(&s->input, bytes, sizeof bytes) == 0 || s->input.ended)
        s->stop_wanted = true;
}

static void handle(struct server *s, const struct server_polled *p)
{
    struct server_conn *c = p->of.conn;
    switch (p->kind) {
    case POLLED_LISTENER:
        server_accept(s, p->of.listener);
        break;
    case POLLED_INPUT:
        if (c->state != CONN_CLOSED)
            conn_read(c);
        break;
    case POLLED_OUTPUT:
        if (c->state != CONN_CLOSED)
            conn_work(c);
        break;
    case POLLED_ROW:
        p->of.row->ready = true;
        break;
    case POLLED_STOP:
        read_input(s);
        break;
    case POLLED_OTHER:
        break;
    }
}

static void poll_all(struct server *s)
{
    size_t count = s->polled.len / sizeof(struct server_polled);
    const struct server_polled *polled = (const struct server_polled *)s->polled.ptr;
    char *room = mocket__buf_room(&s->pollables, count * sizeof(uint32_t)); /* for the indexes */
    if (!room || mocket__buf_status(&s->polled) < 0)
        __builtin_trap(); /* no memory to wait with: the process ends, and its supervisor starts it again */
    struct wasi_list ready;
    struct landing_area before = landing_at(room, count * sizeof(uint32_t));
    wasi_poll((const uint32_t *)s->pollables.ptr, count, &ready);
    landing_restore(before);
    s->now_ns = port_now_ns(MOCKET_ABI_MONOTONIC);
    const uint32_t *indexes = (const uint32_t *)(uintptr_t)ready.ptr;
    for (size_t i = 0; i < count; i++)
        if (polled[i].is_temporary)
            wasi_pollable_drop(polled[i].pollable);
    for (size_t i = 0; i < ready.len; i++)
        handle(s, &polled[indexes[i]]);
}

static void expire(struct server *s)
{
    for (struct server_conn *c = s->conns; c; c = c->next)
        if (c->state != CONN_CLOSED && mocket__deadline_is_over(c->limit_ns, s->now_ns))
            conn_time_is_up(c);
}

/* Clients that left while the app works on their requests. */
static void tell_gone(struct server *s)
{
    for (struct server_conn *c = s->conns; c; c = c->next)
        if (c->request == CONN_OPEN && (c->broken || (c->eof && c->x->call >= ADAPTER_CALLED)))
            c->x->left = true;
}

void port_wait(struct adapter_awaited *rows, size_t count, uint64_t until_ns)
{
    struct wait w = { server_here(), rows, count, until_ns, false };
    struct server *s = w.server;
    s->now_ns = port_now_ns(MOCKET_ABI_MONOTONIC);
    add_all(&w);
    poll_all(s);
    if (s->stop_wanted && !server_stops(s))
        server_stop(s);
    expire(s);
    for (size_t i = 0; i < count; i++) {
        uint64_t until = MOCKET_NEVER;
        if (rows[i].kind == ADAPTER_WAIT_READ)
            conn_watch_body(conn_of(&rows[i]), &until);
        if (rows[i].exchange && is_ready(&rows[i])) {
            rows[i].ready = true;
            if (rows[i].kind == ADAPTER_WAIT_READ)
                conn_unwatch_body(conn_of(&rows[i]));
        }
    }
    tell_gone(s);
}
