/* A running server: what its workers share, and what each of them has. */
#ifndef MOCKET_NATIVE_SERVER_H
#define MOCKET_NATIVE_SERVER_H

#include <stdatomic.h>
#include <uv.h>

#include "../../base/buf.h"
#include "../../core/dispatch.h"
#include "../../http/h1_parse.h"
#include "../fiber/fiber.h"
#include "../native.h"
#include "input.h"
#include "listener.h"
#include "timeouts.h"

struct mocket_conn;
struct mocket_exchange;

struct mocket_server {
    mocket_app *app;
    const struct mocket_native_opts *opts;
    struct mocket_h1_limits limits;
    int64_t grace_ms;
    size_t max_connections; /* per worker */
    struct mocket_listener *listeners;
    size_t listener_count;
    struct mocket_worker *workers;
    int worker_count;
};

/* One thread and its loop. */
struct mocket_worker {
    struct mocket_server *server;
    int number;
    uv_thread_t thread;
    uv_loop_t loop;
    uv_async_t stop_async;
    uv_timer_t timeout_timer, grace_timer;
    struct mocket_accept *accepts; /* one per listener */
    void *app_worker;              /* of mocket_on_worker */
    atomic_int stops_wanted;       /* how often a stop was asked for */
    int stops_seen;
    bool loop_open, started;

    struct mocket_timeouts timeouts;
    uint64_t timer_due_ms;
    size_t conn_count;
    uint64_t complained_ms; /* when the last problem of accepting was logged */

    struct mocket_fibers fibers;
    struct mocket_input_pool inputs;
    struct mocket_exchange *idle_exchanges;
    size_t idle_exchange_count;
    struct mocket_buf out; /* answers of the connection that runs; empty between two of the loop's callbacks */
    struct mocket_conn *ready_first, *ready_last; /* handlers to be resumed */
    bool busy;                                    /* somebody drains the ready list */

    char date[30];
    int64_t date_s;
    char discard[16384]; /* what nobody wants to read */
};

/* A listening handle of a worker. */
struct mocket_accept {
    union {
        uv_stream_t stream;
        uv_tcp_t tcp;
        uv_pipe_t pipe;
    } handle;
    bool open, local;
};

static inline bool mocket__worker_stopping(const struct mocket_worker *w)
{
    return w->stops_seen > 0;
}

/* The loop and its handles, listening. 0 or below zero; closing is due either way. */
int mocket__worker_open(struct mocket_worker *w);
/* Serves until it was stopped and the last connection is gone. */
void mocket__worker_run(struct mocket_worker *w);
void mocket__worker_close(struct mocket_worker *w);
/* Any thread, signal-safe. Asked twice: at once. */
void mocket__worker_stop(struct mocket_worker *w);

/* A line to the log of the server. */
void mocket__server_log(const struct mocket_server *s, int level, mocket_span line);

/* The date as text, brought up to date. */
mocket_span mocket__worker_date(struct mocket_worker *w);

/* Begins the time of a class anew for a connection, and keeps the timer early enough. */
void mocket__worker_limit(struct mocket_worker *w, struct mocket_timeout *m, enum mocket_timeout_class class);

/* A connection is gone. */
void mocket__worker_conn_gone(struct mocket_worker *w);

#endif
