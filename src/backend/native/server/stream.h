/* The bytes to and from one peer. A stream knows nothing of HTTP. It never waits: the connection that owns the stream
 * waits for its descriptor.
 *
 * A kind of stream is a table of functions. stream_plain.c has the one for TCP and Unix sockets. */
#ifndef MOCKET_NATIVE_SERVER_STREAM_H
#define MOCKET_NATIVE_SERVER_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/uio.h>

#define MOCKET_STREAM_ENDED (-1) /* the peer has ended its sending side in an orderly way */
#define MOCKET_STREAM_LOST (-2)  /* nothing can be received or sent any more */

struct mocket_stream {
    const struct mocket_stream_ops *ops;
    int fd;
    bool local; /* a Unix socket */
};

struct mocket_stream_ops {
    /* Reads up to cap > 0 bytes. Returns their number, 0 if there are none now, MOCKET_STREAM_ENDED or
     * MOCKET_STREAM_LOST. */
    ptrdiff_t (*read)(struct mocket_stream *s, void *buf, size_t cap);
    /* Sends what the stream takes at once. Returns the number of bytes, 0 if it takes none now, or
     * MOCKET_STREAM_LOST. */
    ptrdiff_t (*write)(struct mocket_stream *s, struct iovec *parts, size_t count);
    /* Returns how many of the bytes written have not reached the peer yet. */
    size_t (*pending)(const struct mocket_stream *s);
    /* Ends our sending side: the peer sees the end of our bytes. Returns false if the stream is lost. */
    bool (*shut)(struct mocket_stream *s);
    /* Closes the descriptor. reset: the peer sees an error, not an end, and bytes that are still pending are lost. */
    void (*close)(struct mocket_stream *s, bool reset);
};

/* fd is connected, does not block, and belongs to the stream from now on. local: it is a Unix socket. */
void mocket__stream_plain(struct mocket_stream *s, int fd, bool local);

#endif
