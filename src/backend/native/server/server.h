/* The data of a running server: what its workers share, and what each worker has. Functions that many parts of the
 * server use; they call none of these parts. */
#ifndef MOCKET_NATIVE_SERVER_H
#define MOCKET_NATIVE_SERVER_H

#include <stdatomic.h>
#include <uv.h>

#include "../../../base/buf.h"
#include "../../../core/backend.h"
#include "../../../core/dispatch.h"
#include "../../../http/forwarded.h"
#include "../../../wire/h1_parse.h"
#include "../../../wire/ws_codec.h"
#include "../fiber/fiber.h"
#include "../native.h"
#include "../topics.h"
#include "addresses.h"
#include "clock.h"
#include "input.h"
#include "listener.h"
#include "schedule.h"

struct mocket_h1_exchange;

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
    struct mocket_tls *tls;   /* of the listeners that are secure; NULL: there are none */
    bool trusts_client_cert;  /* the app or the operator has named authorities of clients: the field is the server's */
    struct mocket_door *door; /* what plain listeners answer themselves; NULL: nothing */
    struct mocket_native_worker *workers;
    int worker_count;
};

/* One thread and its loop. */
struct mocket_native_worker {
    struct mocket_server *server;
    int number;
    uv_thread_t thread;
    uv_loop_t loop;
    uv_async_t stop_async, mail_async;
    uv_timer_t grace_timer, accept_timer;
    struct mocket_accept *accepts; /* one per listener */
    int reserve_fd;                /* given up to accept and refuse when there are no descriptors */
    struct mocket_env env;         /* of its exchanges */
    void *app_worker;              /* of mocket_on_worker */
    atomic_int stops_wanted;       /* how often a stop was asked for */
    int stops_seen;
    bool loop_open, started;

    struct mocket_clock clock;
    int64_t linger_silence_ms, linger_total_ms; /* less once the worker stops */
    size_t connection_count;
    size_t refused_count;                               /* of these, the ones that are one too many */
    void (*when_empty)(struct mocket_native_worker *w); /* called when the last connection is gone */
    uint64_t complained_ms;                             /* when the last problem of accepting was logged */

    struct mocket_till *till;           /* of opts->account; NULL: nothing is charged */
    struct mocket_native_client client; /* made when an exchange first needs it */
    struct mocket_fibers fibers;
    struct mocket_input_pool inputs;
    struct mocket_tls_lane *tls_lane; /* NULL: no listener is secure */
    struct mocket_h1_exchange *idle_exchanges;
    size_t idle_exchange_count;
    struct mocket_buf out; /* answers of the connection that runs; empty between two of the loop's callbacks */
    struct mocket_schedule schedule;
    struct mocket_ws_machines ws_machines;
    struct mocket_topics topics;

    char date[30];
    int64_t date_s;
    uint64_t dated_ms;   /* by the loop's clock: when date was looked at */
    char discard[65536]; /* input that is thrown away goes here */
};

struct mocket_protocol;

/* What is common to the connections of one listener. */
struct mocket_arrival {
    /* The last one is NULL. A plain connection has the first one; in a handshake the client chooses by their names, and
     * gets the first one if it does not choose. */
    const struct mocket_protocol *const *protocols;
    struct mocket_tls *tls; /* NULL: plain */
    bool redirects;         /* every request is answered with a redirect to https */
};

/* A listening handle of a worker. */
struct mocket_accept {
    uv_poll_t poll;
    struct mocket_arrival arrival;
    int fd;
    bool open, local;
};

static inline bool mocket__worker_stopping(const struct mocket_native_worker *w)
{
    return w->stops_seen > 0;
}

/* Writes a line to the log of the server. */
void mocket__server_log(const struct mocket_server *s, int level, mocket_span line);

/* Takes a place for one more connection, within the limits in all and of its address. from: NULL if the connection does
 * not count for an address. Returns false if there is no place. */
bool mocket__server_enter(struct mocket_server *s, const struct mocket_address *from);
/* Gives the place back. */
void mocket__server_leave(struct mocket_server *s, const struct mocket_address *from);

/* Answers 503, as far as that works without memory and without a handshake, and closes. */
void mocket__server_refuse(int fd, const struct mocket_arrival *arrival);

/* Returns the present date as an HTTP date. Valid until the next call. */
mocket_span mocket__worker_date(struct mocket_native_worker *w);

#endif
