/* The destination of an answer: the connection, the host, a test. The backend fills it in and passes it with the
 * request. For each request the core calls either respond; or begin, write ..., then end or abort; or upgrade. */
#ifndef MOCKET_CORE_SINK_H
#define MOCKET_CORE_SINK_H

#include "../http/fields.h"

struct mocket_socket;

struct mocket_response_head {
    int status;
    const struct mocket_fields *fields;
};

struct mocket_sink {
    /* Sends the whole answer. The bytes must live until it returns. Returns 0 or below zero. */
    int (*respond)(struct mocket_sink *s, const struct mocket_response_head *head, mocket_span body);
    /* Sends the head. body_len -1: unknown. */
    int (*begin)(struct mocket_sink *s, const struct mocket_response_head *head, int64_t body_len);
    /* Sends all of the bytes. Waits while the client is slow. */
    int (*write)(struct mocket_sink *s, mocket_span bytes);
    int (*end)(struct mocket_sink *s);
    /* Makes the connection a WebSocket, instead of respond. head: 101, and fields beside those of the handshake.
     * Returns 0 when it has become one; socket->ops is set then. Returns below zero if nothing was sent; MOCKET_EINVAL:
     * the request is not a handshake for the backend. NULL: sockets are not supported. */
    int (*upgrade)(struct mocket_sink *s, const struct mocket_response_head *head, struct mocket_socket *socket);
    /* Ends an answer that cannot be completed, so that the client can see that (abi.md, section 5). */
    void (*abort)(struct mocket_sink *s);
};

#endif
