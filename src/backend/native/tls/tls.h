/* TLS for a server: certificates and keys from files, which are read again when they change, and transports that use
 * them. Only files of this folder know which library does it. A build without such a library has absent.c. */
#ifndef MOCKET_NATIVE_TLS_TLS_H
#define MOCKET_NATIVE_TLS_TLS_H

#include "../../../base/account.h"
#include "../native.h"
#include "../server/transport.h"

#define MOCKET_TLS_PROBLEM_LEN 1024

struct mocket_tls;
struct mocket_tls_lane;

struct mocket_tls_opts {
    const struct mocket_native_tls *files;
    /* Returns the name of a protocol that clients may choose (ALPN), the best one first; NULL behind the last. */
    const char *(*protocol)(size_t i);
    /* Lines about certificates that were read again. Any thread. */
    void (*log)(void *data, int level, mocket_span line);
    void *data;
};

/* Reads the files and begins to watch them. *opts and what it points to outlive the result. Returns NULL after writing
 * the reason, which names the file, to problem. */
struct mocket_tls *mocket__tls_new(const struct mocket_tls_opts *opts, char problem[MOCKET_TLS_PROBLEM_LEN]);
/* No transport uses it any more. NULL is allowed. */
void mocket__tls_free(struct mocket_tls *tls);
/* Reads the files again, on a thread of its own. What is wrong with them is logged, and nothing changes then. Any
 * thread. */
void mocket__tls_reload(struct mocket_tls *tls);

/* What the transports of one thread share. NULL when out of memory. */
struct mocket_tls_lane *mocket__tls_lane_new(struct mocket_till *till);
void mocket__tls_lane_free(struct mocket_tls_lane *lane);

/* fd is connected, does not block, and belongs to the transport from now on; s->local is set. Returns false when out of
 * memory, or when no more memory may be held; fd is the caller's then. */
bool mocket__transport_tls(struct mocket_transport *s, struct mocket_tls *tls, struct mocket_tls_lane *lane, int fd);
/* Returns the client's certificate as the value of a field `client-cert` (RFC 9440), an empty text without one.
 * It lives as long as the transport. */
mocket_span mocket__transport_tls_client(const struct mocket_transport *s);

#endif
