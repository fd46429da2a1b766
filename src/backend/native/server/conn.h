/* A connection, and the request on its way on it. Files of this folder only.
 *
 *     accept -> conn.c reads, parses heads, starts fibers -> the fiber runs mocket_dispatch
 *                       body.c   is what the handler reads from
 *                       answer.c is what it answers into
 *                       output.c brings bytes to the client
 *
 * One request at a time: a pipeline is served in order. The loop's side calls mocket__conn_work, the fiber's side
 * mocket__conn_wait; nothing else changes stacks. */
#ifndef MOCKET_NATIVE_CONN_H
#define MOCKET_NATIVE_CONN_H

#include "../../../base/arena.h"
#include "../../../base/buf.h"
#include "../../../base/container.h"
#include "../../../base/span.h"
#include "server.h"

/* What a fiber waits for. */
enum mocket_wait_kind {
    MOCKET_WAIT_NOTHING, /* it runs, or there is none */
    MOCKET_WAIT_READY,   /* in the ready list */
    MOCKET_WAIT_BODY,
    MOCKET_WAIT_WRITE,
    MOCKET_WAIT_TURN, /* for the others to have theirs */
    MOCKET_WAIT_PARK
};

enum mocket_answer_state {
    MOCKET_ANSWER_NONE,
    MOCKET_ANSWER_OPEN, /* begun */
    MOCKET_ANSWER_DONE,
    MOCKET_ANSWER_CUT /* the client must see that it is not complete */
};

/* The life of a connection; it only goes forward.
 *
 *     SERVING -> ENDING ---------------------------> CLOSING -> CLOSED
 *            \-> DISCARDING -> LINGERING ----------/
 *
 * Any state may go to CLOSING at once. */
enum mocket_conn_state {
    MOCKET_CONN_SERVING,    /* requests are read and answered */
    MOCKET_CONN_ENDING,     /* no further request: the connection closes when the answer under way was sent */
    MOCKET_CONN_DISCARDING, /* the same; nothing of the input is wanted, and what arrives is thrown away */
    MOCKET_CONN_LINGERING,  /* the answer was sent and our end is shut; input is still thrown away */
    MOCKET_CONN_CLOSING,    /* the descriptor is closed, libuv closes the handle */
    MOCKET_CONN_CLOSED      /* so has libuv; the memory is freed when the handler has returned */
};

struct mocket_park {
    struct mocket_conn *conn;
    void (*begin)(void *arg, struct mocket_park *park);
    void (*gone)(void *arg, struct mocket_park *park);
    void *arg;
};

/* Bytes that the socket did not take yet, in their order. */
struct mocket_unsent {
    struct mocket_unsent *next;
    const char *at;
    size_t left;
    size_t room;                     /* behind the bytes, of memory of ours */
    size_t charged;                  /* for that memory, */
    enum mocket_charge part;         /* as this */
    struct mocket_published *shared; /* whose bytes they are, or NULL */
    bool begun;                      /* some of it is out */
    bool lent;                       /* the handler's memory, and it waits; else ours */
    bool done;                       /* nobody looks at the bytes any more */
};

struct mocket_exchange {
    struct mocket_exchange *next_idle;
    struct mocket_conn *conn;
    struct mocket_h1 h1;
    struct mocket_arena arena;
    struct mocket_request req;
    struct mocket_response res;
    struct mocket_sink sink;
    struct mocket_source source;
    struct mocket_park park;
    struct mocket_fiber *fiber; /* NULL: the head is not complete yet */
    struct mocket_input pinned; /* the buffer that req's spans point into; may be the connection's own */
    char saved;                 /* the byte behind a whole body, where a NUL is now */
    bool has_saved;
    bool continued;    /* 100 Continue was sent */
    int body_error;    /* the body cannot be read on */
    bool peer_unknown; /* fields of trusted proxies contradict each other */
    /* the answer: */
    enum mocket_answer_state answer;
    bool keep_alive;
    bool send_body;
    bool chunked;
    bool until_close;  /* the end of the connection is the end of the body */
    int64_t body_left; /* of the length that was announced; -1: none was */
    /* what on_done is told: */
    int status;
    uint64_t began_ns, body_in, body_out;
    uint64_t body_wait_ms;   /* when the wait for more of the body began */
    uint64_t body_waited_ms; /* the waits before that, together */
    size_t turn_len;         /* bytes that went out since the handler was resumed */
};

struct mocket_conn {
    uv_poll_t poll;
    struct mocket_env env; /* what finds the connection of an event */
    struct mocket_native_worker *worker;
    struct mocket_timeout timeout;
    int fd;
    int polled; /* events that are waited for: UV_READABLE ... */
    enum mocket_conn_state state;
    struct mocket_input in;
    struct mocket_exchange *ex; /* NULL: idle */
    struct mocket_ws_conn *ws;  /* NULL: it speaks HTTP */
    struct mocket_conn *next_ready;
    enum mocket_wait_kind wait;
    int wait_result;
    struct mocket_unsent *unsent_first, *unsent_last;
    size_t unsent_len;
    uint64_t sent_len;  /* bytes that the kernel got */
    int64_t taken_then; /* of mocket__output_taken, when the time of writing began */
    uint64_t shut_ms;   /* when it began to linger */
    uint64_t heard_ms;  /* when the last input came since then */
    struct mocket_address address;
    bool local;
    bool trusted; /* a proxy that may speak for others */
    bool counted; /* among the server's connections */
    bool refused; /* one too many */
    bool eof;     /* the client sends no more */
    bool left;    /* the socket is over */
    bool hung_up; /* the client says no more; there may be bytes before that */
    bool broken;  /* nothing goes out any more */
    char peer[MOCKET_ADDRESS_TEXT];
};

static inline struct mocket_conn *mocket__conn_of_timeout(struct mocket_timeout *t)
{
    return MOCKET_CONTAINER_OF(t, struct mocket_conn, timeout);
}

static inline void mocket__conn_advance(struct mocket_conn *c, enum mocket_conn_state state)
{
    if (c->state < state)
        c->state = state;
}

static inline bool mocket__conn_is_closing(const struct mocket_conn *c)
{
    return c->state >= MOCKET_CONN_CLOSING;
}

/* Is input thrown away that arrives now? */
static inline bool mocket__conn_discards(const struct mocket_conn *c)
{
    return c->state == MOCKET_CONN_DISCARDING || c->state == MOCKET_CONN_LINGERING;
}

/* Its client will hear or say no more. */
static inline bool mocket__conn_has_left(const struct mocket_conn *c)
{
    return c->eof || c->broken || c->left || c->hung_up;
}

/* ---- conn.c ---- */

/* A connection that was accepted; fd is its own from now on. from: NULL for a Unix socket. */
void mocket__conn_accept(struct mocket_native_worker *w, int fd, const struct sockaddr *from);
/* Those whose turn it is again. */
void mocket__conn_turns(struct mocket_native_worker *w);
/* The time of its class is up. */
void mocket__conn_timeout(struct mocket_conn *c);
/* A stop: it is idle and closes now. */
void mocket__conn_stop(struct mocket_conn *c);
/* No more of it: reset, waits end with MOCKET_ECLOSED. */
void mocket__conn_break(struct mocket_conn *c);
/* Goes on with whatever there is to do. Loop's stack. */
void mocket__conn_work(struct mocket_conn *c);
/* The handler may run again. Any stack of this thread. */
void mocket__conn_wake(struct mocket_conn *c, int result);
/* Handler's stack: until wake; returns its result. */
int mocket__conn_wait(struct mocket_conn *c, enum mocket_wait_kind what);
/* Runs the handler until it waits (false) or has returned (true). Loop's stack. */
bool mocket__conn_step(struct mocket_conn *c);
/* The client will hear or say no more: what waits for it learns that. */
void mocket__conn_tell_gone(struct mocket_conn *c);
/* Decides what to wait for. */
void mocket__conn_settle(struct mocket_conn *c);
/* The socket has ended, its exchange was reset: the connection closes. It may be gone afterwards. */
void mocket__conn_end_socket(struct mocket_conn *c);
/* Handlers that may go on, sockets that have work, and the mail. */
void mocket__conn_drain(struct mocket_native_worker *w);
/* Waits for what there is room to read, and to write. */
void mocket__conn_update_polling(struct mocket_conn *c);

/* ---- exchange.c ---- */

struct mocket_exchange *mocket__exchange_new(struct mocket_conn *c); /* NULL: no memory */
/* The head is parsed and used bytes of the input are it: everything a handler needs. */
void mocket__exchange_begin(struct mocket_exchange *ex, size_t used);
/* The handler has returned: tells who wants to know. */
void mocket__exchange_tell(const struct mocket_exchange *ex);
/* The answer is out: ready for the next request. */
void mocket__exchange_reset(struct mocket_exchange *ex);
/* To the pool. It was reset, or has not begun. */
void mocket__exchange_free(struct mocket_exchange *ex);
void mocket__exchanges_release(struct mocket_native_worker *w);
/* Before more bytes are read: the spans of the request stay where they are. False when there is no memory. */
bool mocket__exchange_unshare(struct mocket_exchange *ex);

/* ---- body.c ---- */

ptrdiff_t mocket__body_read(struct mocket_source *s, void *buf, size_t cap);
/* How often to look whether the time of a body is up: below zero: never. */
int64_t mocket__body_look_ms(int64_t silence_ms, int64_t total_ms);
/* A handler that waits for more of the body: has it waited for too long? */
bool mocket__body_is_late(const struct mocket_exchange *ex);
/* Throws away what is here of a body that nobody read. Is all of it done? */
bool mocket__body_skip(struct mocket_exchange *ex);

/* ---- answer.c ---- */

void mocket__answer_init(struct mocket_sink *sink);
/* For what no handler sees: a plain answer with the status's reason as text, the last one of the connection. */
void mocket__answer_refuse(struct mocket_conn *c, int status);

/* ---- output.c ---- */

/* Sends the worker's out. What the socket does not take is kept and follows. Either stack. */
void mocket__output_flush(struct mocket_conn *c);
/* Handler's stack: sends out and these bytes, and waits until they need not live any more. 0 or MOCKET_ECLOSED. */
int mocket__output_send(struct mocket_conn *c, mocket_span bytes);
/* Handler's stack: waits while there are unsent bytes, and now and then for others to have their turn. */
int mocket__output_wait(struct mocket_conn *c);
/* The socket takes bytes again. */
void mocket__output_continue(struct mocket_conn *c);
/* A count that grows with what the client takes out of the kernel. */
int64_t mocket__output_taken(const struct mocket_conn *c);
/* Nothing will go out any more. */
void mocket__output_drop(struct mocket_conn *c);

/* Frames of a socket; either stack. Queues a copy of head and payload. 0, MOCKET_ENOMEM, or MOCKET_ELIMIT when no more
 * may be held (never for a close frame). */
int mocket__output_queue(struct mocket_conn *c, mocket_span head, mocket_span payload);
/* Queues the frame of a message, a large one without a copy. The same. */
int mocket__output_share(struct mocket_conn *c, struct mocket_published *p);
/* Sends of the queue what the socket takes now. */
void mocket__output_push(struct mocket_conn *c);
/* Drops what is queued and has not begun to go out. */
void mocket__output_forget(struct mocket_conn *c);

#endif
