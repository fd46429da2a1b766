/* A WebSocket: what the core, a backend and the app's handler share of it.
 *
 *     GET, upgrade asked -> route handler of websocket.c: checks, chooses, sets the answer to MOCKET_BODY_UPGRADE
 *     mocket__response_send -> sink->upgrade(sink, head, socket): the backend answers 101 and sets socket->ops
 *     mocket_dispatch returns without ending the event: it belongs to the socket now
 *     for each event the backend calls mocket__socket_event, MOCKET_WS_OPEN first, MOCKET_WS_CLOSED last, one at a
 *     time and where a handler may wait; after the last one mocket__socket_end
 *
 * If upgrade answers below zero, the event ends as after any other answer. */
#ifndef MOCKET_CORE_SOCKET_H
#define MOCKET_CORE_SOCKET_H

#include "../http/websocket.h"
#include "event.h"

/* What a route was registered with. Lives as long as the app. */
struct mocket_ws_route {
    mocket_ws_handler *fn;
    void *data;
    const char *const *protocols, *const *origins; /* end with NULL; NULL: none */
};

/* The backend's side; any stack of the socket's thread. Arguments are checked by then. */
struct mocket_socket_ops {
    /* Queues the whole message: 0, MOCKET_EAGAIN (wait), MOCKET_ECLOSED, MOCKET_ENOMEM. */
    int (*send)(struct mocket_socket *s, int kind, mocket_span data);
    /* Handler's stack: until send may be tried again. 0, or why it never may. */
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

/* Calls the handler. Memory that it takes from the event's arena is given back when it returns, but for
 * MOCKET_WS_OPEN, and runs what it deferred. code: of MOCKET_WS_CLOSED. */
void mocket__socket_event(struct mocket_socket *s, int kind, mocket_span data, int code);
/* After MOCKET_WS_CLOSED: runs what was deferred. The event's memory is the backend's again. */
void mocket__socket_end(struct mocket_socket *s);

#endif
