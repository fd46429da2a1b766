/* A connection that has become a WebSocket. Files of this folder only.
 *
 *     answer.c: sink->upgrade -> mocket__socket_upgrade; when the handler of the handshake has returned, conn.c goes on
 *     with mocket__socket_work instead of requests, until the socket has ended and the connection is an ordinary one
 *     again, which closes. */
#ifndef MOCKET_NATIVE_SERVER_SOCKET_H
#define MOCKET_NATIVE_SERVER_SOCKET_H

#include "../../../core/socket.h"
#include "../../../wire/ws_codec.h"
#include "../topics.h"

struct mocket_conn;

/* An event that waits for its handler. */
struct mocket_ws_note {
    struct mocket_ws_note *next;
    int kind; /* MOCKET_WS_OPEN ... */
    int code;
    struct mocket_buf bytes;
};

struct mocket_ws_link {
    struct mocket_ws_conn *prev, *next;
};

struct mocket_ws_list {
    struct mocket_ws_conn *first, *last;
};

struct mocket_ws_conn {
    struct mocket_conn *conn;
    struct mocket_socket *socket;
    struct mocket_ws_codec codec;
    struct mocket_subscriber subscriber;
    struct mocket_ws_link all, due; /* of the worker */
    struct mocket_ws_note *first, *last;
    size_t note_count, note_len;
    struct mocket_ws_note *current;  /* its handler runs */
    struct mocket_ws_note open, end; /* MOCKET_WS_OPEN, MOCKET_WS_CLOSED */
    void (*tell)(struct mocket_socket *s);
    bool opened;
    bool held;
    bool working; /* mocket__socket_work runs */
    bool is_due;  /* in the worker's list */
    bool heard;   /* since the time of silence began */
    bool pinged;  /* in this time of silence */
    bool close_sent;
    bool orderly; /* there was a close frame of each side */
    bool over;    /* nothing more comes from the client, nothing more goes to it: only end is to come */
};

/* As struct mocket_sink's upgrade. */
int mocket__socket_upgrade(struct mocket_conn *c, const struct mocket_response_head *head, struct mocket_socket *s);
/* Whatever can be done: reads, runs handlers, sends. Loop's stack. The connection may be gone afterwards. */
void mocket__socket_work(struct mocket_conn *c);
/* A handler that had waited has returned. True: that was the end of the socket, and perhaps of the connection. */
bool mocket__socket_returned(struct mocket_conn *c);
/* Work is to be done soon; never at once. Any stack of this thread. */
void mocket__socket_schedule(struct mocket_ws_conn *ws);
/* Is there so much that nothing more should be read? */
bool mocket__socket_is_full(const struct mocket_ws_conn *ws);
/* Nothing came for half of the limit. Only schedules. */
void mocket__socket_silent(struct mocket_conn *c);
/* No more may be held of what its client sends. */
void mocket__socket_full(struct mocket_ws_conn *ws);
/* Bytes have come. */
void mocket__socket_heard(struct mocket_ws_conn *ws);

struct mocket_native_worker;
/* Work on those that were scheduled. */
void mocket__sockets_due(struct mocket_native_worker *w);
/* Brings what was published to those who subscribed. */
void mocket__sockets_mail(struct mocket_native_worker *w);
/* A stop: each is told 1001. */
void mocket__sockets_stop(struct mocket_native_worker *w);

#endif
