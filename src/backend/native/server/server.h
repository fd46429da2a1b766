/* A running server: what its workers share, and what each of them has. */
#ifndef MOCKET_NATIVE_SERVER_H
#define MOCKET_NATIVE_SERVER_H

#include <stdatomic.h>
#include <uv.h>

#include "../../../base/buf.h"
#include "../../../core/dispatch.h"
#include "../../../http/forwarded.h"
#include "../../../wire/h1_parse.h"
#include "../fiber/fiber.h"
#include "../native.h"
#include "addresses.h"
#include "input.h"
#include "listener.h"
#include "socket.h"
#include "timeouts.h"

struct mocket_conn;
struct mocket_exchange;

struct mocket_server {
    mocket_app *app;
    const struct mocket_native_opts *opts;
    struct mocket_h1_limits limits;
    int64_t grace_ms;
    int64_t body_silence_ms, body_total_ms; /* below zero: no limit */
    size_t max_connections;
    struct mocket_descriptors descriptors;
    atomic_size_t connections;          /* of all workers */
    struct mocket_addresses *addresses; /* how many each client has; NULL: nobody counts */
    struct mocket_listener *listeners;
    size_t listener_count;
    struct mocket_native_worker *workers;
    int worker_count;
};

struct mocket_conn_list {
    struct mocket_conn *first, *last;
};

/* One thread and its loop. */
struct mocket_native_worker {
    struct mocket_server *server;
    int number;
    uv_thread_t thread;
    uv_loop_t loop;
    uv_async_t stop_async, mail_async;
    uv_timer_t timeout_timer, grace_timer, accept_timer;
    uv_idle_t hurry;               /* runs while somebody waits for a turn */
    struct mocket_accept *accepts; /* one per listener */
    int reserve_fd;                /* given up to accept and refuse when there are no descriptors */
    void *app_worker;              /* of mocket_on_worker */
    atomic_int stops_wanted;       /* how often a stop was asked for */
    int stops_seen;
    bool loop_open, started;

    struct mocket_timeouts timeouts;
    uint64_t timer_due_ms;
    int64_t linger_silence_ms, linger_total_ms; /* less once the worker stops */
    size_t conn_count;
    size_t refused_count;   /* of these, the ones that are one too many */
    uint64_t complained_ms; /* when the last problem of accepting was logged */

    struct mocket_till *till;           /* of opts->account; NULL: nothing is charged */
    struct mocket_native_client client; /* made by the first who needs it */
    struct mocket_fibers fibers;
    struct mocket_input_pool inputs;
    struct mocket_exchange *idle_exchanges;
    size_t idle_exchange_count;
    struct mocket_buf out;         /* answers of the connection that runs; empty between two of the loop's callbacks */
    struct mocket_conn_list ready; /* handlers to be resumed */
    struct mocket_conn_list turns; /* handlers to be resumed when others had their turn */
    struct mocket_ws_list sockets, due_sockets;
    struct mocket_ws_machines ws_machines;
    struct mocket_topics topics;
    bool busy; /* somebody drains the ready list */

    char date[30];
    int64_t date_s;
    char discard[65536]; /* input that is thrown away goes here */
};

/* A listening handle of a worker. */
struct mocket_accept {
    uv_poll_t poll;
    int fd;
    bool open, local;
};

static inline bool mocket__worker_stopping(const struct mocket_native_worker *w)
{
    return w->stops_seen > 0;
}

/* The loop and its handles, listening. 0 or below zero; closing is due either way. */
int mocket__worker_open(struct mocket_native_worker *w);
/* Serves until it was stopped and the last connection is gone. */
void mocket__worker_run(struct mocket_native_worker *w);
void mocket__worker_close(struct mocket_native_worker *w);
/* Any thread, signal-safe. Asked twice: at once. */
void mocket__worker_stop(struct mocket_native_worker *w);

/* A line to the log of the server. */
void mocket__server_log(const struct mocket_server *s, int level, mocket_span line);

/* The date as text, brought up to date. */
mocket_span mocket__worker_date(struct mocket_native_worker *w);

/* Begins the time of a class anew for a connection, and keeps the timer early enough. */
void mocket__worker_limit(struct mocket_native_worker *w, struct mocket_timeout *m, enum mocket_timeout_class class);

/* The loop will not sleep before mocket__conn_turns has run. */
void mocket__worker_hurry(struct mocket_native_worker *w);

/* A place for one more connection, by the limits in all and per address (NULL: it has none). False: there is none. */
bool mocket__server_enter(struct mocket_server *s, const struct mocket_address *from);
void mocket__server_leave(struct mocket_server *s, const struct mocket_address *from);

/* Answers 503 as well as that goes without any memory, and closes. */
void mocket__refuse_socket(int fd);

/* A connection is gone. */
void mocket__worker_conn_gone(struct mocket_native_worker *w);

#endif
