/* A connection: a transport, the bytes that came and were not read, the bytes that were not sent, time limits, and a
 * protocol that says what the bytes mean. A connection knows neither HTTP nor WebSocket.
 *
 * The life of a connection only goes forward. Any state may go to CLOSING at once.
 *
 *     SERVING -> ENDING --------------------.
 *      ^ |          |                       v
 *      | '-----> DISCARDING -> LINGERING -> CLOSING -> CLOSED
 *      |                           ^
 *     HANDSHAKE -------------------'  the peer was sent why the handshake failed
 *
 * A plain connection begins in SERVING, a connection over TLS in HANDSHAKE. During the handshake no function of the
 * protocol is called but closed and left. The handshake chooses the protocol. */
#ifndef MOCKET_NATIVE_SERVER_CONNECTION_H
#define MOCKET_NATIVE_SERVER_CONNECTION_H

#include "../../../base/container.h"
#include "exchange.h"
#include "output.h"
#include "protocol.h"
#include "server.h"
#include "transport.h"

enum mocket_connection_state {
    MOCKET_CONNECTION_HANDSHAKE,  /* of TLS */
    MOCKET_CONNECTION_SERVING,    /* requests are read and answered */
    MOCKET_CONNECTION_ENDING,     /* no further request: it closes when the answer under way was sent */
    MOCKET_CONNECTION_DISCARDING, /* the same; nothing of the input is wanted, and what arrives is thrown away */
    MOCKET_CONNECTION_LINGERING,  /* the answer was sent and our side is shut; input is still thrown away */
    MOCKET_CONNECTION_CLOSING,    /* the transport is closed, libuv closes the handle */
    MOCKET_CONNECTION_CLOSED      /* so has libuv; the memory is freed when the session has ended */
};

/* What the client's sending side has come to; only goes forward. */
enum mocket_input_side {
    MOCKET_INPUT_OPEN,
    MOCKET_INPUT_HUNG_UP, /* the client sends no more; bytes from before that may still be read */
    MOCKET_INPUT_ENDED    /* they were read */
};

/* How the server counts the connection. */
enum mocket_admission {
    MOCKET_ADMISSION_NONE,
    MOCKET_ADMISSION_COUNTED,
    MOCKET_ADMISSION_REFUSED /* it is one too many, and waits for the answer that says so */
};

/* Times of a connection that lingers, in milliseconds. They wrap around: only differences count. */
struct mocket_linger {
    uint32_t began;
    uint32_t discarded; /* when the last input came */
};

/* Every idle client has one of these, so small fields take a byte each, and the text takes what it needs. */
struct mocket_connection {
    uv_poll_t poll;
    struct mocket_native_worker *worker;
    struct mocket_timeout timeout;
    struct mocket_transport transport;
    struct mocket_job again; /* reads what the transport has, although the descriptor shows nothing */
    const struct mocket_arrival *arrival;
    const struct mocket_protocol *protocol;
    void *session; /* the protocol's */
    struct mocket_input in;
    struct mocket_output out;
    union {
        int64_t taken_then;           /* before LINGERING: of mocket__output_taken, when the time of writing began */
        struct mocket_linger lingers; /* LINGERING */
    };
    struct mocket_address address;
    enum mocket_connection_state state : 8;
    enum mocket_input_side input_side : 8;
    enum mocket_admission admission : 8;
    uint8_t polled; /* events that are waited for: UV_READABLE ... */
    bool heard;     /* input came since the time limit was looked at */
    bool trusted;   /* the peer is a proxy that may speak for others */
    uint8_t peer_len;
    char peer[]; /* the text of its address; "" for a local client */
};

static inline struct mocket_connection *mocket__connection_of_timeout(struct mocket_timeout *t)
{
    return MOCKET_CONTAINER_OF(t, struct mocket_connection, timeout);
}

/* To a later state; does nothing if it is reached already. */
static inline void mocket__connection_advance(struct mocket_connection *c, enum mocket_connection_state state)
{
    if (c->state < state)
        c->state = state;
}

static inline bool mocket__connection_is_closing(const struct mocket_connection *c)
{
    return c->state >= MOCKET_CONNECTION_CLOSING;
}

/* Is input thrown away that arrives now? */
static inline bool mocket__connection_discards(const struct mocket_connection *c)
{
    return c->state == MOCKET_CONNECTION_DISCARDING || c->state == MOCKET_CONNECTION_LINGERING;
}

/* What an exchange of this connection is to know of its client. */
static inline enum mocket_presence mocket__connection_client(const struct mocket_connection *c)
{
    return mocket__connection_is_closing(c)     ? MOCKET_CLIENT_GONE
           : c->input_side != MOCKET_INPUT_OPEN ? MOCKET_CLIENT_SILENT
                                                : MOCKET_CLIENT_HERE;
}

/* Asserts what stays true. For tests. */
void mocket__connection_check(const struct mocket_connection *c);

/* Takes a connection that was accepted. fd belongs to it from now on. from: NULL for a Unix socket. *arrival outlives
 * the connection. */
void mocket__connection_accept(struct mocket_native_worker *w, int fd, const struct sockaddr *from,
                               const struct mocket_arrival *arrival);
/* The server stops: what is idle closes, what is under way ends soon. */
void mocket__connection_stop(struct mocket_connection *c);
/* The time of its class is up. */
void mocket__connection_timeout(struct mocket_connection *c);

/* ---- For protocols ---- */

/* Nothing can be done now: ends the connection if it is over, else decides what to wait for. */
void mocket__connection_settle(struct mocket_connection *c);
/* Waits for input if there is room for it, and for room to send if something is unsent. */
void mocket__connection_update_polling(struct mocket_connection *c);
/* Sends the worker's buffer. What the transport does not take follows. Either stack. */
void mocket__connection_flush(struct mocket_connection *c);
/* Closes: the client sees an end. Nothing is under way. */
void mocket__connection_close(struct mocket_connection *c);
/* Closes: the client sees an error. What waits for the client learns that it is gone. Either stack. */
void mocket__connection_cut(struct mocket_connection *c);
/* Another protocol takes over; its session is the connection's from now on. */
void mocket__connection_hand_over(struct mocket_connection *c, const struct mocket_protocol *protocol, void *session);
/* The session has ended. Returns true if the connection is gone: it was closed before. */
bool mocket__connection_end_session(struct mocket_connection *c);

#endif
