/* What a backend provides, and what it receives from the core. A backend brings requests to an app and carries answers
 * to clients: src/backend/native through TCP and Unix sockets, src/backend/guest through the imports of a wasm host,
 * src/backend/loopback from standard input to standard output. A program is linked with one of them.
 *
 *     mocket_listen                          the backend's: its whole life
 *         mocket__app_freeze                 registration ends; a mistake of the app is an error here
 *         app->root->backend = its table     where mocket_stop and mocket_publish find it
 *         mocket__app_worker_start           once for each worker (a thread, an instance)
 *             for each request: fill in struct mocket_request and struct mocket_sink, then mocket_dispatch. Of the
 *             message (http/message.h) method, method_text and target at least; an arena that lives until it returns
 *         mocket__app_worker_stop
 *         app->root->backend = NULL, mocket__app_thaw
 *
 * It provides
 *
 *     functions of mocket.h, by their names     mocket_listen, mocket_stop, mocket_sleep, mocket_fetch_start,
 *                                               mocket_wait, mocket_wait_any, mocket_cancel
 *     functions of this page, by their names    mocket__stream_prepare, mocket__body_prepare, mocket__ws_prepare,
 *                                               mocket__request_complete, mocket__publish
 *     tables, with each request                 struct mocket_env, struct mocket_sink (sink.h), struct mocket_source
 *                                               (source.h) for a body, struct mocket_socket_ops (socket.h)
 *
 * Functions whose linking has a cost are found by name and not through a table. A function that waits is an import that
 * changes how a host calls a guest (docs/abi.md, section 2, `await`), so only apps that wait may link it. A backend
 * without this cost compiles src/backend/by_table.c, which defines mocket_stop, mocket_sleep and the functions of this
 * page with the two tables below. Functions that fetch get checked plans from mocket__fetch_plan (fetch.h). A backend
 * without a network uses src/backend/no_fetch.c, in which every outgoing request is MOCKET_ENOTSUP.
 *
 * If a backend does not define a name, the name is an undefined symbol of every app that uses it. */
#ifndef MOCKET_CORE_BACKEND_H
#define MOCKET_CORE_BACKEND_H

#include "dispatch.h"
#include "fetch.h"
#include "sink.h"
#include "socket.h"
#include "source.h"

/* The environment of a worker: clock, log, random bytes, sleep. Each request of the backend points to it. */
struct mocket_env {
    /* Returns the time of a monotonic clock in nanoseconds. */
    uint64_t (*now_ns)(struct mocket_env *env);
    /* Logs one line, given without its line end; it may contain any bytes. level: enum mocket_log_level. */
    void (*log)(struct mocket_env *env, int level, mocket_span line);
    /* Fills buf with random bytes of cryptographic quality. Returns 0 or below zero. NULL: not supported. */
    int (*random)(struct mocket_env *env, void *buf, size_t len);
    /* For mocket_sleep of by_table.c: suspends the handler. Returns 0, MOCKET_ECLOSED or below zero. NULL: handlers
     * cannot wait. */
    int (*sleep)(struct mocket_env *env, mocket_event *e, uint32_t ms);
    void *worker;   /* what mocket__app_worker_start returned */
    bool can_fetch; /* mocket_fetch works: true for a backend that has it, false for the test client */
};

/* A running backend. It is the first member of the backend's own struct. */
struct mocket_backend {
    /* For mocket_stop of by_table.c: ends mocket_listen. Called from any thread and from signal handlers. */
    void (*stop)(struct mocket_backend *backend);
    /* For mocket__publish of by_table.c. Called from any thread that runs handlers, with checked arguments. NULL: no
     * sockets. */
    int (*publish)(struct mocket_backend *backend, mocket_span topic, int kind, mocket_span data);
};

/* Called before the sink's begin, write and end are used. A backend that links streaming only on demand sets them
 * here. */
void mocket__stream_prepare(struct mocket_response *res);
/* Called before a body is read as a stream, for the same reason. */
void mocket__body_prepare(struct mocket_request *req);
/* Called before a request can become a WebSocket, for the same reason. */
void mocket__ws_prepare(void);
/* Adds fields and peer to a message that came without them (MOCKET_MESSAGE_ON_DEMAND), and clears the flag. If the host
 * cannot deliver them, the arena is marked as failed and the answer becomes a 500. So a handler never mistakes a
 * missing message for an absent header. */
void mocket__request_complete(struct mocket_request *req);

/* mocket_publish with checked arguments. Returns 0 or below zero; MOCKET_ENOTSUP: no sockets. */
int mocket__publish(mocket_app *app, mocket_span topic, int kind, mocket_span data);

#endif
