/* WebSocket as a protocol (RFC 6455). HTTP/1 hands the connection over when a handshake was answered, and gets it back
 * when the socket has ended; the connection then closes like any other whose last answer is being sent.
 *
 * The session keeps the exchange of the handshake, because its event lives on. The life of a socket:
 *
 *     TALKING -> CLOSE_SENT -> OVER
 *            '-----------------'
 *
 * TALKING goes to OVER at once when the client closes, does something wrong, is silent for too long or is gone. */
#ifndef MOCKET_NATIVE_SERVER_SOCKET_H
#define MOCKET_NATIVE_SERVER_SOCKET_H

#include "../../../core/socket.h"
#include "../../../wire/ws_codec.h"
#include "../topics.h"
#include "connection.h"

enum mocket_socket_state {
    MOCKET_SOCKET_TALKING,
    MOCKET_SOCKET_CLOSE_SENT, /* our close frame is on its way: the client's is waited for, some seconds */
    MOCKET_SOCKET_OVER        /* nothing comes from the client, nothing goes to it; only MOCKET_WS_CLOSED is to come */
};

/* An event that waits for its handler. */
struct mocket_ws_note {
    struct mocket_ws_note *next;
    int kind; /* MOCKET_WS_OPEN ... */
    int code;
    struct mocket_buf bytes;
};

struct mocket_ws_session {
    struct mocket_connection *connection;
    const struct mocket_protocol *before; /* the protocol that handed the connection over, and its session */
    void *before_session;
    struct mocket_exchange *exchange;
    struct mocket_socket *socket;
    struct mocket_ws_codec codec;
    struct mocket_subscriber subscriber;
    struct mocket_job job; /* work is to be done soon */
    enum mocket_socket_state state;
    struct mocket_ws_note *first, *last;
    size_t note_count, note_len;
    struct mocket_ws_note *current;  /* its handler runs */
    struct mocket_ws_note open, end; /* MOCKET_WS_OPEN, MOCKET_WS_CLOSED */
    void (*tell)(struct mocket_socket *s);
    bool opened;  /* MOCKET_WS_OPEN was handed to the handler */
    bool held;    /* by the host: no message is delivered */
    bool working; /* work runs */
    bool pinged;  /* our ping is not answered: nothing came since */
    bool orderly; /* each side sent a close frame */
};

extern const struct mocket_protocol mocket__websocket;

/* Asserts what stays true. For tests. */
void mocket__socket_check(const struct mocket_ws_session *ws);

/* A sink's upgrade, for an exchange of the connection. */
int mocket__socket_upgrade(struct mocket_connection *c, struct mocket_exchange *ex,
                           const struct mocket_response_head *head, struct mocket_socket *s);
/* Brings a portion of what was published to the sockets of a worker that subscribed: a schedule's bring_mail. */
enum mocket_mail_state mocket__sockets_mail(struct mocket_schedule *s);

#endif
