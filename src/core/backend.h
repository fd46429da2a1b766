/* What a backend provides, and what it receives from the core. A backend brings requests to an app and carries the
 * answers away: src/backend/native by sockets, src/backend/guest by the imports of a wasm host, src/backend/loopback
 * from memory to memory. A program is linked with one of them.
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
 * Functions have names, and are not rows of a table, where linking them costs: a call that waits is an import that
 * changes how a host calls a guest (docs/abi.md, section 2, `await`), so only apps that wait may link it. A backend
 * for which that is free compiles src/backend/by_table.c, which defines mocket_stop, mocket_sleep and the functions of
 * this page by the two tables below. What fetches gets checked plans from mocket__fetch_plan (fetch.h). A backend
 * without a network takes src/backend/no_fetch.c, in which every request answers MOCKET_ENOTSUP.
 *
 * The names that a backend does not define are undefined symbols of every app that uses them. */
#ifndef MOCKET_CORE_BACKEND_H
#define MOCKET_CORE_BACKEND_H

#include "dispatch.h"
#include "fetch.h"
#include "sink.h"
#include "socket.h"
#include "source.h"

/* The surroundings of a worker: clock, log, random bytes, time. In each request that the backend makes. */
struct mocket_env {
    /* Nanoseconds of a clock that never goes back. */
    uint64_t (*now_ns)(struct mocket_env *env);
    /* One line, without its end; may hold any bytes. level: enum mocket_log_level. */
    void (*log)(struct mocket_env *env, int level, mocket_span line);
    /* Fills buf with bytes that nobody can guess. 0 or below zero. NULL: there are none here. */
    int (*random)(struct mocket_env *env, void *buf, size_t len);
    /* For mocket_sleep of by_table.c: waits without keeping others waiting. 0, MOCKET_ECLOSED or below zero. NULL:
     * nobody can wait here. */
    int (*sleep)(struct mocket_env *env, mocket_event *e, uint32_t ms);
    void *worker;   /* what mocket__app_worker_start returned */
    bool can_fetch; /* the backend that this comes from has mocket_fetch; the test client beside it has not */
};

/* A backend that runs; the first member of its own struct. */
struct mocket_backend {
    /* For mocket_stop of by_table.c: ends mocket_listen. Any thread, signal-safe. */
    void (*stop)(struct mocket_backend *backend);
    /* For mocket__publish of by_table.c, from any thread that runs handlers; arguments are checked. NULL: there are no
     * sockets. */
    int (*publish)(struct mocket_backend *backend, mocket_span topic, int kind, mocket_span data);
};

/* Before the sink's begin, write and end are used: a backend for which streaming is a matter of linking sets them. */
void mocket__stream_prepare(struct mocket_response *res);
/* The same before a body is read as a stream. */
void mocket__body_prepare(struct mocket_request *req);
/* The same before a request can become a WebSocket. */
void mocket__ws_prepare(void);
/* Adds fields and peer to a message that came without them (MOCKET_MESSAGE_ON_DEMAND), and clears the flag. When they
 * cannot be had the arena has failed, so that the answer becomes a 500: an absent header is never a header that could
 * not be had. */
void mocket__request_complete(struct mocket_request *req);

/* mocket_publish with arguments that are checked. 0 or below zero; MOCKET_ENOTSUP: there are no sockets. */
int mocket__publish(mocket_app *app, mocket_span topic, int kind, mocket_span data);

#endif
