/* Where an answer goes: the connection, the host, a test. The backend fills it in and passes it in with the request.
 * For each request exactly one of: respond; or begin, write ..., then end or abort. */
#ifndef MOCKET_CORE_SINK_H
#define MOCKET_CORE_SINK_H

#include "../http/fields.h"

struct mocket_socket;

struct mocket_response_head {
    int status;
    const struct mocket_fields *fields;
};

struct mocket_sink {
    /* The whole answer. The bytes need to live until it returns. 0 or below zero. */
    int (*respond)(struct mocket_sink *s, const struct mocket_response_head *head, mocket_span body);
    /* The head; body_len -1: unknown. */
    int (*begin)(struct mocket_sink *s, const struct mocket_response_head *head, int64_t body_len);
    /* All of the bytes; waits while the client is slow. */
    int (*write)(struct mocket_sink *s, mocket_span bytes);
    int (*end)(struct mocket_sink *s);
    /* Instead of respond: the connection becomes a WebSocket; head: 101, and fields beside those of the handshake. 0:
     * it is one now, and socket->ops is set; below zero: nothing was sent, MOCKET_EINVAL: the backend knows better, it
     * is no handshake. NULL: there are none here. */
    int (*upgrade)(struct mocket_sink *s, const struct mocket_response_head *head, struct mocket_socket *socket);
    /* The answer cannot be completed: the client must be able to tell (abi.md, section 5). */
    void (*abort)(struct mocket_sink *s);
};

#endif
