/* The chunked coding (RFC 9112, section 7.1), byte ranges in, byte ranges out. Sizes, extensions and trailers are
 * bounded; extensions are checked for their shape and ignored; trailers are checked as fields and dropped. */
#ifndef MOCKET_HTTP_H1_CHUNK_H
#define MOCKET_HTTP_H1_CHUNK_H

#include <mocket.h>

struct mocket_h1_chunk {
    int state;      /* 0: the beginning of a body */
    bool has_digit; /* of the size */
    bool done;
    uint64_t left;    /* of the size that is read, or of the data */
    size_t extra;     /* bytes of framing beyond the budget of the data */
    size_t extra_max; /* the limit of extra */
};

/* A new body. */
void mocket__h1_chunk_init(struct mocket_h1_chunk *c, size_t extra_max);

/* Returns the number of bytes used. *data is a view of the body bytes among them, in one piece, which may be empty.
 * Call it until in is used up or done is set. Returns below zero if the input is malformed or has too much framing. */
ptrdiff_t mocket__h1_chunk(struct mocket_h1_chunk *c, mocket_span in, mocket_span *data);

#endif
