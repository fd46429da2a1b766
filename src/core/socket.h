/* A WebSocket: the data that the core, a backend and the app's handler share.
 *
 *     GET, upgrade asked -> route handler of websocket.c: checks, chooses, sets the answer to MOCKET_BODY_UPGRADE
 *     mocket__response_send -> sink->upgrade(sink, head, socket): the backend answers 101 and sets socket->ops
 *     mocket_dispatch returns without ending the event: it belongs to the socket now
 *     for each event the backend calls mocket__socket_event, MOCKET_WS_OPEN first, MOCKET_WS_CLOSED last, one at a
 *     time and where a handler may wait; after the last one mocket__socket_end
 *
 * If upgrade returns below zero, the event ends as after any other answer. */
#ifndef MOCKET_CORE_SOCKET_H
#define MOCKET_CORE_SOCKET_H

#include "../http/websocket.h"
#include "event.h"

/* The arguments of a route's registration. Lives as long as the app. */
struct mocket_ws_route {
    mocket_ws_handler *fn;
    void *data;
    const char *const *protocols, *const *origins; /* end with NULL; NULL: none */
};

/* The backend's side. Called with checked arguments, on any stack of the socket's thread. */
struct mocket_socket_ops {
    /* Queues the whole message: 0, MOCKET_EAGAIN (wait), MOCKET_ECLOSED, MOCKET_ENOMEM. */
    int (*send)(struct mocket_socket *s, int kind, mocket_span data);
    /* Waits, on the handler's stack, until send may be tried again. Returns 0, or the code that every further send
     * would return. */
    int (*wait)(struct mocket_socket *s);
    int (*close)(struct mocket_socket *s, int code, mocket_span reason);
    /* on: subscribe, else unsubscribe. 0, MOCKET_ELIMIT, MOCKET_ENOMEM. */
    int (*subscribe)(struct mocket_socket *s, mocket_span topic, bool on);
};

struct mocket_socket {
    mocket_event *event;
    const struct mocket_ws_route *route;
    const char *protocol;                /* NULL: none */
    const struct mocket_socket_ops *ops; /* by sink->upgrade */
    /* Of the wasm host, whose events come on the loop's stack; NULL: the route's handler, on a fiber. */
    void (*on_event)(struct mocket_socket *s, int kind, mocket_span data, int code);
    void *backend; /* the backend's own */
    bool closing;  /* by mocket_ws_close: nothing more is sent */
    bool closed;   /* MOCKET_WS_CLOSED has come */
    int code;      /* why; 0 before */
};

/* Calls the handler. When it returns, memory that it took from the event's arena is freed and its deferred drops run,
 * except for MOCKET_WS_OPEN. code: of MOCKET_WS_CLOSED. */
void mocket__socket_event(struct mocket_socket *s, int kind, mocket_span data, int code);
/* Called after MOCKET_WS_CLOSED: runs deferred drops. The event's memory then belongs to the backend again. */
void mocket__socket_end(struct mocket_socket *s);

#endif
