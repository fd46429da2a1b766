/* The answer that handlers and middlewares make. */
#ifndef MOCKET_CORE_RESPONSE_H
#define MOCKET_CORE_RESPONSE_H

#include "sink.h"
#include "source.h"

/*     NONE --> WHOLE <--> STREAM            the last answer counts until the head is sent
 *       |        |          |
 *       |        +----------+--> WRITTEN --> BROKEN       mocket_write
 *       +--> UPGRADE --> UPGRADED, or an error's WHOLE    a handshake
 *
 * What was sent is never taken back: from WRITTEN, BROKEN and UPGRADED no way leads to another answer. */
enum mocket_body_kind {
    MOCKET_BODY_NONE,    /* no answer yet */
    MOCKET_BODY_WHOLE,   /* body, may be empty */
    MOCKET_BODY_STREAM,  /* stream, pumped when the answer is sent */
    MOCKET_BODY_WRITTEN, /* mocket_write has sent the head and writes */
    MOCKET_BODY_BROKEN,  /* the head was sent, and the body cannot be completed */
    MOCKET_BODY_UPGRADE, /* the connection is to become a socket */
    MOCKET_BODY_UPGRADED /* it has become a socket */
};

struct mocket_response {
    struct mocket_sink *sink;   /* from the backend */
    struct mocket_arena *arena; /* the request's */
    int status;                 /* 0: not set; sent as 200 */
    enum mocket_body_kind kind;
    struct mocket_fields fields;
    mocket_span body;
    struct mocket_source *stream;
    int (*pump)(struct mocket_response *res, const struct mocket_response_head *head); /* sends stream; with it */
    struct mocket_socket *socket;
    int64_t stream_len;       /* of stream, when has_len */
    const char *own_type;     /* the Content-Type that an answer function chose: a later one may choose again */
    const char *problem_text; /* of problem, in words */
    int problem;              /* the first mistake of a setter, MOCKET_E... */
    bool has_len;
};

/* Asserts that the kind has what belongs to it. For tests. */
void mocket__response_check(const struct mocket_response *res);

/* Replaces the first row of that name, keeping its spelling, and removes the others. Views. 0 or
 * MOCKET_ENOMEM. */
int mocket__response_set(struct mocket_response *res, mocket_span name, mocket_span value);

/* Returns whether the head was sent to a client: changing it is a mistake then. */
static inline bool mocket__head_sent(const struct mocket_response *res)
{
    return res->kind == MOCKET_BODY_WRITTEN || res->kind == MOCKET_BODY_UPGRADED;
}

/* Sends the answer to the sink, once, and pumps a stream. Returns 0, or below zero if the client did not get a complete
 * answer. */
int mocket__response_send(struct mocket_response *res);

/* Called before a head is sent: removes the fields of the content from a 304, except those that caches need (RFC 9110,
 * section 15.4.5). */
void mocket__response_trim(struct mocket_response *res);

/* Called before another answer is set: closes the stream of an earlier one. Returns 0, or MOCKET_ESTATE if the head was
 * sent. */
int mocket__response_take_back(struct mocket_response *res);

/* Clears status, body and the headers that A-12 names, before an error is answered. Headers that are not about the
 * content stay. */
void mocket__response_clear(struct mocket_response *res);

#endif
