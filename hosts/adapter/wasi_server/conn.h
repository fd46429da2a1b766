/* A connection, and the request under way on it. Requests of a connection are served one after the other.
 *
 *     SERVING -> ENDING ---------------------------> CLOSED
 *            \-> DISCARDING -> LINGERING ----------/
 *
 * Any state may go to CLOSED at once. The request:
 *
 *     HEAD -> DUE -> OPEN -> OVER -> HEAD                                                                            */
#ifndef MOCKET_HOSTS_ADAPTER_WASI_SERVER_CONN_H
#define MOCKET_HOSTS_ADAPTER_WASI_SERVER_CONN_H

#include "../core/port.h"
#include "server.h"

enum conn_state {
    CONN_SERVING,    /* requests are read and answered */
    CONN_ENDING,     /* no further request: the connection closes when its answer was sent */
    CONN_DISCARDING, /* the same, and input is discarded */
    CONN_LINGERING,  /* the answer was sent and our end is shut; input is still discarded */
    CONN_CLOSED      /* its sockets are closed; it is freed when the core has finished its request */
};

enum conn_request {
    CONN_HEAD, /* none: its head is not complete */
    CONN_DUE,  /* to be passed to the core */
    CONN_OPEN, /* the core has it */
    CONN_OVER  /* the core has finished it */
};

/* What limits the time of a connection now. */
enum conn_limit { CONN_NO_LIMIT, CONN_LIMIT_IDLE, CONN_LIMIT_HEAD, CONN_LIMIT_WRITE, CONN_LIMIT_LINGER };

struct server_conn {
    struct server_conn *next, *next_due;
    struct server *server;
    uint32_t socket;
    struct http_input input;
    http_handle output;
    http_handle readable, writable; /* pollables */
    enum conn_state state;
    enum conn_request request;
    enum conn_limit limit;
    uint64_t limit_ns;          /* when the time is up */
    uint64_t shut_ns, heard_ns; /* LINGERING: its beginning; the last input */
    bool is_due;                /* in the server's list */
    bool eof;                   /* the client sends no more */
    bool broken;                /* nothing can be sent or read */
    bool progressed;            /* the client took bytes */
    bool busy;                  /* the output stream takes no bytes now */
    struct mocket_buf in, out;
    size_t in_at, out_at; /* bytes that were used, and sent */
    struct mocket_h1 h1;
    struct adapter_exchange *x;  /* NULL: the connection is idle */
    struct mocket_fields fields; /* of the request, until the core asks for them */
    uint64_t deadline_ns;        /* of the request, as the server set it */
    /* The answer: */
    bool keep_alive, chunked, send_body;
    bool begun;     /* its head was written */
    bool continued; /* 100 Continue was sent */
    /* The request's body: */
    int body_error;
    uint64_t body_in;
    uint64_t body_silent_ns; /* since when the core waits for more; 0: it does not wait */
    uint64_t body_waited_ns; /* the waits before, together */
    char peer[SERVER_ADDRESS_TEXT];
    mocket_span peer_text;
};

static inline size_t conn_unread(const struct server_conn *c)
{
    return c->in.len - c->in_at;
}
static inline size_t conn_unsent(const struct server_conn *c)
{
    return c->out.len - c->out_at;
}
static inline bool conn_is_active(const struct server_conn *c)
{
    return c->request != CONN_HEAD;
}
static inline bool conn_discards(const struct server_conn *c)
{
    return c->state == CONN_DISCARDING || c->state == CONN_LINGERING;
}
static inline void conn_advance(struct server_conn *c, enum conn_state state)
{
    if (c->state < state)
        c->state = state;
}

/* ---- conn.c ---- */

/* Takes an accepted socket and its streams. */
void conn_new(struct server *s, uint32_t socket, uint32_t input, uint32_t output);
/* Goes on with whatever there is to do: the end of a request, the next head, the next wait. */
void conn_work(struct server_conn *c);
/* Puts the connection into the list of the loop. */
void conn_become_due(struct server_conn *c);
/* Frees the request that is over. */
void conn_finish(struct server_conn *c);
bool conn_wants_input(const struct server_conn *c);
/* Its stream has input, or its end. */
void conn_read(struct server_conn *c);
void conn_time_is_up(struct server_conn *c);
/* The client is gone, or is treated so. */
void conn_break(struct server_conn *c);
void conn_close(struct server_conn *c);
/* Frees closed connections. */
void conn_sweep(struct server *s);

/* ---- output.c ---- */

/* Sends what the stream takes. */
void conn_flush(struct server_conn *c);
/* An answer that the core does not see, the last one of the connection. */
void conn_refuse(struct server_conn *c, int status);

/* ---- request.c ---- */

/* Asks for the client's address, once. The socket must be open. */
void conn_learn_peer(struct server_conn *c);
/* Looks at the body of which more is waited for: is its time up? *until_ns: when to look again. */
void conn_watch_body(struct server_conn *c, uint64_t *until_ns);
/* The body cannot be read on; the connection ends behind the answer. Returns the code. */
ptrdiff_t conn_fail_body(struct server_conn *c, int code);
/* No read of the body waits any more. The next wait begins with conn_watch_body. */
void conn_unwatch_body(struct server_conn *c);
/* Would port_read return something? */
bool conn_is_readable(const struct server_conn *c);
/* Discards what arrived of a body that is not read. Is all of it done? */
bool conn_skip_body(struct server_conn *c);

#endif
