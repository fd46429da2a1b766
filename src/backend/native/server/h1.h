/* HTTP/1.x on a connection. One request at a time: a pipeline is served in order.
 *
 *     h1.c          is the protocol: parses heads, starts handlers, and says what follows
 *     h1_request.c  is the session: an exchange, and the input that its request points into
 *     h1_body.c     is the source that a handler reads the request's body from
 *     h1_answer.c   is the sink that the core leaves the answer in
 *
 * The session of a connection is a struct mocket_h1_exchange from the first bytes of a head until the answer was
 * handed over. */
#ifndef MOCKET_NATIVE_SERVER_H1_H
#define MOCKET_NATIVE_SERVER_H1_H

#include "../../../wire/h1_parse.h"
#include "connection.h"

enum mocket_answer_state {
    MOCKET_ANSWER_NONE,
    MOCKET_ANSWER_OPEN, /* begun */
    MOCKET_ANSWER_DONE,
    MOCKET_ANSWER_CUT /* the client must see that it is not complete */
};

/* How a body ends for the client. */
enum mocket_framing {
    MOCKET_FRAMING_NONE, /* no body is sent: to HEAD, or with 204 and 304 */
    MOCKET_FRAMING_LENGTH,
    MOCKET_FRAMING_CHUNKED,
    MOCKET_FRAMING_CLOSE /* with the connection */
};

struct mocket_h1_exchange {
    struct mocket_exchange ex;
    union {
        struct mocket_connection *connection;
        struct mocket_h1_exchange *next_idle; /* in the worker's pool */
    };
    struct mocket_h1 parser;
    struct mocket_sink sink;
    struct mocket_source source;
    struct mocket_input pinned; /* the buffer that the request's spans point into; may be the connection's own */
    int saved;                  /* the byte behind a whole body, where a NUL is now; -1: there is none */
    /* the answer: */
    enum mocket_answer_state answer : 8;
    enum mocket_framing framing : 8;
    bool keep_alive;
    bool continued;    /* 100 Continue was sent */
    int64_t body_left; /* of the length that was announced; -1: none was */
    /* the body of the request: */
    uint64_t body_wait_ms;   /* when the wait for more of it began */
    uint64_t body_waited_ms; /* the waits before that, together */
    int body_error;          /* the body cannot be read on */
};

extern const struct mocket_protocol mocket__h1;

/* ---- h1_request.c ---- */

/* Returns a session for the connection, or NULL when out of memory. */
struct mocket_h1_exchange *mocket__h1_exchange_new(struct mocket_connection *c);
/* The head is parsed; used bytes of the input are it. Sets everything that a handler needs. Returns false when out of
 * memory. */
bool mocket__h1_exchange_begin(struct mocket_h1_exchange *hx, size_t used);
/* The answer was handed over: ready for the next request. */
void mocket__h1_exchange_reset(struct mocket_h1_exchange *hx);
/* To the worker's pool. It was reset, or has not begun. Returns true if the connection is gone: it was closed
 * before. */
bool mocket__h1_exchange_free(struct mocket_h1_exchange *hx);
/* Before more bytes are read: the spans of the request stay where they are. Returns false when out of memory. */
bool mocket__h1_exchange_unshare(struct mocket_h1_exchange *hx);
/* Frees the pool. */
void mocket__h1_exchanges_release(struct mocket_native_worker *w);

/* ---- h1_body.c ---- */

/* A source's read. */
ptrdiff_t mocket__h1_body_read(struct mocket_source *s, void *buf, size_t cap);
/* Returns how often to look whether the time of a body is up; below zero: never. */
int64_t mocket__h1_body_look_ms(int64_t silence_ms, int64_t total_ms);
/* The handler waits for more of the body. Returns whether it has waited for too long. */
bool mocket__h1_body_is_late(const struct mocket_h1_exchange *hx);
/* Throws away what has arrived of a body that nobody read. Returns whether that is all of it. */
bool mocket__h1_body_skip(struct mocket_h1_exchange *hx);

/* ---- h1_answer.c ---- */

void mocket__h1_answer_init(struct mocket_sink *sink);
/* Answers what no handler sees: the reason of the status as text. It is the last answer of the connection. */
void mocket__h1_answer_refuse(struct mocket_connection *c, int status);

#endif
