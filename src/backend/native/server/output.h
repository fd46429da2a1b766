/* Bytes to one peer, in their order. Nearly always the transport takes everything at once, so that is tried first. What
 * it did not take is kept in a queue and follows when the transport has room again.
 *
 * Functions that send return 0, or below zero: the transport is lost, or there is no memory to keep what must follow.
 * The connection is to be cut then. */
#ifndef MOCKET_NATIVE_SERVER_OUTPUT_H
#define MOCKET_NATIVE_SERVER_OUTPUT_H

#include <mocket.h>

#include "../../../base/account.h"
#include "transport.h"

struct mocket_published;

/* Bytes that the transport did not take yet. */
struct mocket_unsent {
    struct mocket_unsent *next;
    const char *at;
    size_t left;
    size_t room;                     /* behind the bytes, if the memory is the queue's own */
    size_t charged;                  /* for that memory, */
    enum mocket_charge part;         /* as this */
    struct mocket_published *shared; /* the message that the bytes belong to, or NULL */
    bool begun;                      /* some of the bytes were sent */
    bool lent;                       /* the bytes are a handler's, which waits */
    bool done;                       /* of lent bytes: the queue does not need them any more */
};

struct mocket_output {
    struct mocket_transport *transport;
    struct mocket_unsent *first, *last;
    size_t len;               /* bytes in the queue */
    uint64_t sent_len;        /* bytes that the transport took */
    struct mocket_till *till; /* what the queue holds is charged to it; NULL: to nobody */
    enum mocket_charge part;  /* as this */
};

/* Returns the number of bytes that were not sent: those in the queue, and those that the transport holds. */
static inline size_t mocket__output_unsent(const struct mocket_output *o)
{
    return o->len + o->transport->unsent;
}

/* Asserts what stays true. For tests. */
void mocket__output_check(const struct mocket_output *o);

/* Sends bytes; keeps a copy of what the transport does not take. */
int mocket__output_put(struct mocket_output *o, mocket_span bytes);

/* Sends bytes as put does, then the bytes of *lent: their memory is the caller's, and *lent too. They live until
 * lent->done is set. */
int mocket__output_lend(struct mocket_output *o, mocket_span bytes, struct mocket_unsent *lent);

/* Sends of the queue what the transport takes in one call. */
int mocket__output_continue(struct mocket_output *o);
/* Sends of the queue what the transport takes now. */
int mocket__output_push(struct mocket_output *o);

/* Returns a count that grows with what the peer has received. */
int64_t mocket__output_taken(const struct mocket_output *o);

/* Empties the queue. Nothing is sent any more. */
void mocket__output_drop(struct mocket_output *o);

/* ---- Frames of a WebSocket ---- */

/* Queues a copy of head and payload. Returns 0, MOCKET_ENOMEM, or MOCKET_ELIMIT when no more memory may be held. */
int mocket__output_queue(struct mocket_output *o, mocket_span head, mocket_span payload);
/* The same for a frame that must be sent, whatever else is held: never MOCKET_ELIMIT. */
int mocket__output_queue_owed(struct mocket_output *o, mocket_span head, mocket_span payload);
/* Queues the frame of a message, a large one without a copy. Returns as queue does. */
int mocket__output_share(struct mocket_output *o, struct mocket_published *p);
/* Removes frames from the queue that have not begun to be sent. */
void mocket__output_forget(struct mocket_output *o);

#endif
