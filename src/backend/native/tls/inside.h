/* What the files of this folder share. */
#ifndef MOCKET_NATIVE_TLS_INSIDE_H
#define MOCKET_NATIVE_TLS_INSIDE_H

#include "certificates.h"
#include "tickets.h"
#include "tls.h"
#include "watch.h"

struct mocket_tls {
    const struct mocket_tls_opts *opts;
    struct mocket_tickets tickets;
    BIO_METHOD *method; /* of the BIOs of transports */
    uv_mutex_t lock;
    struct mocket_certificates *present; /* under lock */
    struct mocket_watch watch;
    unsigned char refused[MOCKET_TLS_HASH]; /* of files that were refused last; of the watch's thread */
    const char **paths;
};

/* Returns the present certificates, with one user more. Any thread. */
struct mocket_certificates *mocket__tls_certificates(struct mocket_tls *tls);

/* Asserts what stays true. For tests. */
void mocket__transport_tls_check(const struct mocket_transport *s);

/* Returns the functions of a BIO whose data is a transport. NULL when out of memory. */
BIO_METHOD *mocket__transport_tls_method(void);

#endif
