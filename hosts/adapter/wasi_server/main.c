/* The entry: wasi:cli/run. */
#include "../../../src/base/deadline.h"
#include "../../../src/base/span.h"
#include "../../../src/http/date.h"
#include "../core/log.h"
#include "../wasi/landing.h"
#include "conn.h"
#include "sockets.h"

#define STOP_GRACE_NS (10 * MOCKET_SECOND_NS) /* for requests under way */

static struct server server; /* port_wait has no argument for it */

struct server *server_here(void)
{
    return &server;
}

void server_log(int level, mocket_span line)
{
    port_log(level, line);
}

mocket_span server_date(struct server *s)
{
    if (s->now_ns >= s->date_until_ns) {
        uint64_t wall_ns = port_now_ns(MOCKET_ABI_WALL);
        mocket__http_date(s->date, (int64_t)(wall_ns / MOCKET_SECOND_NS));
        s->date_until_ns = s->now_ns + MOCKET_SECOND_NS - wall_ns % MOCKET_SECOND_NS;
    }
    return (mocket_span){ s->date, sizeof s->date - 1 };
}

/* ---- Memory ---- */

static bool open_account(struct server *s)
{
    mocket__account_init(&s->account, s->options.max_memory);
    s->till = s->adapter->till = mocket__account_till(&s->account);
    return s->till;
}

static void tell_refusals(struct server *s)
{
    uint64_t refused = mocket__account_refusals(&s->account);
    if (refused == s->refused || s->now_ns < s->refused_ns)
        return;
    s->refused = refused;
    s->refused_ns = s->now_ns + MOCKET_SECOND_NS;
    server_log(MOCKET_LOG_WARN, MOCKET_SPAN("the server has reached its memory limit (--max-memory-total)"));
}

/* ---- The loop ---- */

/* Passes requests to the core, and goes on with connections whose requests have ended. */
static void work_due(struct server *s)
{
    struct server_conn *c;
    while ((c = s->due) != NULL) {
        s->due = c->next_due;
        if (!s->due)
            s->due_end = &s->due;
        c->is_due = false;
        if (c->request == CONN_DUE && c->state == CONN_CLOSED) {
            conn_finish(c);
        } else if (c->request == CONN_DUE) {
            c->request = CONN_OPEN;
            adapter_submit(c->x);
        } else {
            conn_work(c);
        }
    }
    conn_sweep(s);
}

void server_stop(struct server *s)
{
    s->stop_ns = mocket__deadline_after(s->now_ns, STOP_GRACE_NS);
    server_unlisten(s);
    for (struct server_conn *c = s->conns; c; c = c->next)
        if (c->state != CONN_CLOSED)
            conn_work(c);
}

static bool goes_on(const struct server *s)
{
    return !server_stops(s) || (s->conn_count > 0 && !mocket__deadline_is_over(s->stop_ns, s->now_ns));
}

/* An app that may not be entered again: a supervisor starts the process again. */
static void stop_if_broken(struct server *s)
{
    if (s->adapter->state != ADAPTER_BROKEN || server_stops(s))
        return;
    server_log(MOCKET_LOG_ERROR, MOCKET_SPAN("the app may not be entered again: the server ends"));
    server_stop(s);
}

static void serve(struct server *s)
{
    while (goes_on(s)) {
        work_due(s);
        stop_if_broken(s);
        tell_refusals(s);
        landing_reset(); /* nothing that has landed is kept from one turn to the next */
        if (goes_on(s))
            adapter_turn(s->adapter, true);
    }
}

/* ---- The start ---- */

static bool check_app(const struct server *s)
{
    if (s->adapter->state == ADAPTER_BROKEN)
        return false;
    if (s->adapter->declared.reuse != MOCKET_REUSE_NONE)
        return true;
    server_log(MOCKET_LOG_ERROR,
               MOCKET_SPAN("the app declares reuse `none`: an instance for each request. This server has one instance. "
                           "Bundle the app with --target wasi-http, for `wasmtime serve`"));
    return false;
}

static void open_input(struct server *s)
{
    if (!s->options.until_eof)
        return;
    uint32_t input = wasi_stdin();
    s->input.stream = input + 1;
    s->input_pollable = wasi_in_subscribe(input) + 1;
}

static bool start(struct server *s)
{
    s->due_end = &s->due;
    s->stop_ns = MOCKET_NEVER;
    s->now_ns = port_now_ns(MOCKET_ABI_MONOTONIC);
    if (!server_options_read(&s->options))
        return false;
    s->adapter = adapter_open();
    if (!s->adapter || !check_app(s) || !open_account(s))
        return false;
    int64_t *max_body = &s->adapter->declared.max_body;
    if (s->options.max_body <= INT64_MAX && (*max_body < 0 || (uint64_t)*max_body > s->options.max_body))
        *max_body = (int64_t)s->options.max_body;
    s->always = wasi_subscribe_instant(0) + 1;
    open_input(s);
    return server_listen(s);
}

__attribute__((export_name("wasi:cli/run@0.2.0#run"))) uint32_t server_run(void);
uint32_t server_run(void)
{
    struct server *s = &server;
    landing_reset();
    if (!start(s))
        return 1;
    landing_reset();
    serve(s);
    server_conns_free(s);
    return s->adapter->state == ADAPTER_BROKEN;
}
