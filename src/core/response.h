/* The answer as handlers and middlewares leave it. */
#ifndef MOCKET_CORE_RESPONSE_H
#define MOCKET_CORE_RESPONSE_H

#include "sink.h"
#include "source.h"

enum mocket_body_kind {
    MOCKET_BODY_NONE,    /* nobody answered yet */
    MOCKET_BODY_WHOLE,   /* body, may be empty */
    MOCKET_BODY_STREAM,  /* stream, pumped by mocket__response_send */
    MOCKET_BODY_WRITTEN, /* mocket_write has sent the head and writes */
    MOCKET_BODY_BROKEN,  /* it had, and cannot go on */
    MOCKET_BODY_UPGRADE, /* the connection shall become socket */
    MOCKET_BODY_UPGRADED /* and has */
};

struct mocket_response {
    struct mocket_sink *sink;   /* from the backend */
    struct mocket_arena *arena; /* the request's */
    int status;                 /* 0: not set; sent as 200 */
    struct mocket_fields fields;
    enum mocket_body_kind kind;
    mocket_span body;
    struct mocket_source *stream;
    struct mocket_socket *socket;
    int64_t stream_len; /* of stream, when has_len */
    bool has_len;
    const char *own_type;     /* the Content-Type that an answer function chose: a later one may choose again */
    int problem;              /* the first mistake of a setter, MOCKET_E... */
    const char *problem_text; /* in words */
};

/* Replaces the first row of that name, keeping its spelling, and removes the others. Views. 0 or
 * MOCKET_ENOMEM. */
int mocket__response_set(struct mocket_response *res, mocket_span name, mocket_span value);

/* The head is out and there is somebody who got it: changing it is a mistake. */
static inline bool mocket__head_sent(const struct mocket_response *res)
{
    return res->kind == MOCKET_BODY_WRITTEN || res->kind == MOCKET_BODY_UPGRADED;
}

/* Sends it by the sink, once; pumps a stream. 0, or below zero when the client could not be given a complete answer. */
int mocket__response_send(struct mocket_response *res);

/* Before a head is sent: a 304 says nothing about the content but what caches need (RFC 9110, section 15.4.5). */
void mocket__response_trim(struct mocket_response *res);

/* Forgets status, body and what A-12 names, before an error is answered. Headers that are not about content stay. */
void mocket__response_clear(struct mocket_response *res);

#endif
