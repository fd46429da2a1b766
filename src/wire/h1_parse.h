/* Parses HTTP/1.x requests (RFC 9112): llhttp, with stricter checks around it (contract.md, section 11).
 *
 * One parser per connection. Bytes of a head must lie together in memory: keep them, call again with more. Bodies may
 * be fed in any pieces.
 *
 *     used = mocket__h1_head(&p, &msg, &arena, input)      > 0 a whole head; 0 more; < 0 refuse with status -used
 *     used = mocket__h1_body(&p, input, &data)             until p.body_done
 *     mocket__h1_reset(&p)                                 for the next request of the connection
 * / */
#ifndef MOCKET_HTTP_H1_PARSE_H
#define MOCKET_HTTP_H1_PARSE_H

#include <llhttp.h>

#include "h1_chunk.h"
#include "../http/message.h"

struct mocket_h1_limits {
    size_t head_len;
    size_t target_len;
    size_t field_count;
};

struct mocket_h1 {
    llhttp_t llhttp;
    struct mocket_h1_limits limits;
    size_t scanned; /* bytes of an unfinished head that hold no end of head */
    size_t blank;   /* of these, empty lines before the request line */
    size_t line;    /* of the request line, without its end */
    struct mocket_h1_chunk chunk;
    unsigned char host_len;
    char host[31]; /* the last valid Host, unless it was longer: clients repeat it, and it is not checked again */
    /* valid after the head: */
    bool keep_alive;      /* whether the client wants the connection to stay open */
    bool expect_continue; /* RFC 9110, section 10.1.1 */
    bool chunked;
    bool body_done; /* also true for requests without a body */
    /* while parsing: */
    int refuse; /* status to refuse with, 0 */
    struct mocket_message *msg;
    struct mocket_arena *arena;
};

/* limits with zeroes: 32768, 8192, 100. */
void mocket__h1_init(struct mocket_h1 *p, const struct mocket_h1_limits *limits);
void mocket__h1_reset(struct mocket_h1 *p);

/* Bytes used by the head (also of empty lines before it); 0: more bytes are needed; < 0: refuse with HTTP status
 * -result and close. msg's spans are views into in; its rows lie in arena. */
ptrdiff_t mocket__h1_head(struct mocket_h1 *p, struct mocket_message *msg, struct mocket_arena *arena, mocket_span in);

/* Bytes used; *data is a view into in of the body bytes among them (may be empty). Call until in is used up or
 * p->body_done. < 0: refuse with HTTP status -result and close. */
ptrdiff_t mocket__h1_body(struct mocket_h1 *p, mocket_span in, mocket_span *data);

/* Asserts that everything in msg is a view into in, or absent. For tests. */
void mocket__h1_check(const struct mocket_message *msg, mocket_span in);

#endif
