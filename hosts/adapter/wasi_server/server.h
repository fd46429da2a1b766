/* An HTTP server in a component: the port of hosts/adapter/core for hosts of wasi:sockets. Files of this folder only.
 *
 * One loop does everything (main.c): it passes requests whose heads are complete to the core, lets the core take a
 * turn, and the turn waits in port_wait (wait.c) for whatever is open: listeners, connections, clocks, outgoing
 * requests. While a handler of an app in direct style waits, port_wait accepts, reads and writes for all others; their
 * requests are passed on when that handler has returned.
 *
 *     listener.c  accept -> conn.c  reads, parses heads, limits times -> request.c  what the core asks of a request
 *                           output.c  brings bytes to the client                                                     */
#ifndef MOCKET_HOSTS_ADAPTER_WASI_SERVER_SERVER_H
#define MOCKET_HOSTS_ADAPTER_WASI_SERVER_SERVER_H

#include "../../../src/base/account.h"
#include "../core/adapter.h"
#include "../wasi2/body.h"
#include "options.h"

struct server_listener {
    uint32_t socket, pollable;
};

struct server {
    struct adapter *adapter;
    struct server_options options;
    struct server_listener listeners[SERVER_LISTENERS_MAX];
    size_t listener_count;
    struct server_conn *conns; /* all, the newest first */
    size_t conn_count;
    struct server_conn *due, **due_end; /* with something for the loop to do */
    struct mocket_account account;      /* of memory for requests, answers and outgoing requests */
    struct mocket_till *till;
    uint64_t refused, refused_ns; /* charges that were refused, as the log has said; when it may say it again */
    struct mocket_buf pollables;  /* of one wait: handles, and room for the result of poll */
    struct mocket_buf polled;     /* of one wait: struct server_polled for each */
    http_handle always;           /* a pollable that is always ready */
    struct http_input input;      /* standard input, if its end stops the server */
    http_handle input_pollable;
    bool stop_wanted;   /* it has ended */
    uint64_t now_ns;    /* monotonic, of the last wait */
    uint64_t accept_ns; /* no accepting before this */
    uint64_t date_until_ns;
    uint64_t stop_ns; /* when requests under way are cut; MOCKET_NEVER: the server does not stop */
    char date[30];
};

struct server *server_here(void);
/* A line of the log, before there is an adapter too. */
void server_log(int level, mocket_span line);
/* The date for an answer. */
mocket_span server_date(struct server *s);
static inline bool server_stops(const struct server *s)
{
    return s->stop_ns != UINT64_MAX;
}
/* No more connections; idle ones close. */
void server_stop(struct server *s);

/* ---- listener.c ---- */

/* Opens the listeners. False: the error was logged. */
bool server_listen(struct server *s);
void server_unlisten(struct server *s);
/* Accepts what there is, a bounded number. */
void server_accept(struct server *s, struct server_listener *l);

/* ---- Connections (conn.h) ---- */

void server_conns_free(struct server *s);

#endif
