/* The chunked coding (RFC 9112, section 7.1), byte ranges in, byte ranges out. Sizes, extensions and trailers are
 * bounded; extensions are read as far as their shape goes and ignored, trailers are checked as fields and dropped. */
#ifndef MOCKET_HTTP_H1_CHUNK_H
#define MOCKET_HTTP_H1_CHUNK_H

#include <mocket.h>

struct mocket_h1_chunk {
    int state;        /* 0: the beginning of a body */
    bool has_digit;   /* of the size */
    uint64_t left;    /* of the size that is read, or of the data */
    size_t extra;     /* bytes of framing that the data do not make up for */
    size_t extra_max; /* how much of that is bearable */
    bool done;
};

/* A new body. */
void mocket__h1_chunk_init(struct mocket_h1_chunk *c, size_t extra_max);

/* Bytes used; *data is a view into in of the body bytes among them, in one piece, which may be empty. Call until in is
 * used up or done. Below zero: malformed, or too much framing. */
ptrdiff_t mocket__h1_chunk(struct mocket_h1_chunk *c, mocket_span in, mocket_span *data);

#endif
