/* The bytes to and from one peer. A transport knows nothing of HTTP. It never waits: the connection that owns the
 * transport waits for its descriptor.
 *
 * A kind of transport is a table of functions. transport_plain.c has the one for TCP and Unix sockets. */
#ifndef MOCKET_NATIVE_SERVER_TRANSPORT_H
#define MOCKET_NATIVE_SERVER_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/uio.h>

#define MOCKET_TRANSPORT_ENDED (-1) /* the peer has ended its sending side in an orderly way */
#define MOCKET_TRANSPORT_LOST (-2)  /* nothing can be received or sent any more */

struct mocket_transport {
    const struct mocket_transport_ops *ops;
    int fd;
    bool local; /* a Unix socket */
};

struct mocket_transport_ops {
    /* Reads up to cap > 0 bytes. Returns their number, 0 if there are none now, MOCKET_TRANSPORT_ENDED or
     * MOCKET_TRANSPORT_LOST. */
    ptrdiff_t (*read)(struct mocket_transport *s, void *buf, size_t cap);
    /* Sends what the transport takes at once. Returns the number of bytes, 0 if it takes none now, or
     * MOCKET_TRANSPORT_LOST. */
    ptrdiff_t (*write)(struct mocket_transport *s, struct iovec *parts, size_t count);
    /* Returns how many of the bytes written have not reached the peer yet. */
    size_t (*pending)(const struct mocket_transport *s);
    /* Ends our sending side: the peer sees the end of our bytes. Returns false if the transport is lost. */
    bool (*shut)(struct mocket_transport *s);
    /* Closes the descriptor. reset: the peer sees an error, not an end, and bytes that are still pending are lost. */
    void (*close)(struct mocket_transport *s, bool reset);
};

/* fd is connected, does not block, and belongs to the transport from now on. local: it is a Unix socket. */
void mocket__transport_plain(struct mocket_transport *s, int fd, bool local);

#endif
