/* The bytes to and from one peer. A transport knows nothing of HTTP. It never waits: the connection that owns the
 * transport waits for its descriptor.
 *
 * A kind of transport is a table of functions. transport_plain.c has the one for TCP and Unix sockets, transport_tls.c
 * the one for TLS on top of such a socket. */
#ifndef MOCKET_NATIVE_SERVER_TRANSPORT_H
#define MOCKET_NATIVE_SERVER_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/uio.h>

#include <mocket.h>

#define MOCKET_TRANSPORT_ENDED (-1)   /* the peer has ended its sending side in an orderly way */
#define MOCKET_TRANSPORT_LOST (-2)    /* nothing can be received or sent any more */
#define MOCKET_TRANSPORT_REFUSED (-3) /* the handshake has failed, and the peer was sent the reason: shut is due */

struct mocket_transport {
    const struct mocket_transport_ops *ops;
    void *state;   /* the kind's own; NULL: none */
    size_t unsent; /* bytes that write took and the system has not taken yet: push sends them */
    int fd;
    bool local;    /* a Unix socket */
    bool secure;   /* TLS */
    bool has_more; /* read has bytes to return although the descriptor may show none */
};

struct mocket_transport_ops {
    /* Goes on with the handshake. Returns 1 when the handshake is complete, 0 if it waits for the peer,
     * MOCKET_TRANSPORT_LOST or MOCKET_TRANSPORT_REFUSED. NULL: there is no handshake. */
    int (*begin)(struct mocket_transport *s);
    /* Returns the name of the protocol that the handshake has chosen, an empty text if it has chosen none. NULL: there
     * is no handshake. */
    mocket_span (*chosen)(const struct mocket_transport *s);
    /* Returns why the handshake failed. NULL: there is no handshake. */
    const char *(*problem)(const struct mocket_transport *s);
    /* Reads up to cap > 0 bytes. Returns their number, 0 if there are none now, MOCKET_TRANSPORT_ENDED or
     * MOCKET_TRANSPORT_LOST. */
    ptrdiff_t (*read)(struct mocket_transport *s, void *buf, size_t cap);
    /* Sends what the transport takes at once, nothing if bytes are unsent. Returns the number of bytes, 0 if it takes
     * none now, or MOCKET_TRANSPORT_LOST. */
    ptrdiff_t (*write)(struct mocket_transport *s, struct iovec *parts, size_t count);
    /* Sends unsent bytes. Returns false if the transport is lost. NULL: there never are any. */
    bool (*push)(struct mocket_transport *s);
    /* Returns how many of the bytes written have not reached the peer yet. */
    size_t (*pending)(const struct mocket_transport *s);
    /* Ends our sending side: the peer sees the end of our bytes. What is read from then on is to be thrown away.
     * Returns false if the transport is lost. */
    bool (*shut)(struct mocket_transport *s);
    /* Closes the descriptor and frees the state. reset: the peer sees an error, not an end, and bytes that are still
     * pending are lost. */
    void (*close)(struct mocket_transport *s, bool reset);
    /* Frees the state; the descriptor stays open. NULL: there is no state. */
    void (*forget)(struct mocket_transport *s);
};

/* fd is connected, does not block, and belongs to the transport from now on. local: it is a Unix socket. */
void mocket__transport_plain(struct mocket_transport *s, int fd, bool local);

#endif
