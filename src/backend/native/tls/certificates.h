/* Certificates, keys and the certificates of client authorities, as one set that does not change. Connections that use
 * an old set keep it alive. */
#ifndef MOCKET_NATIVE_TLS_CERTIFICATES_H
#define MOCKET_NATIVE_TLS_CERTIFICATES_H

#include <openssl/ssl.h>
#include <stdatomic.h>

#include "tickets.h"
#include "tls.h"

#define MOCKET_TLS_HASH 32

struct mocket_certificates {
    atomic_int users;
    size_t count;
    unsigned char hash[MOCKET_TLS_HASH]; /* of the files' contents */
    SSL_CTX *contexts[];                 /* one for each certificate; clients that name no other host get the first */
};

/* The contents of all files, as they are now. */
struct mocket_certificate_files {
    struct mocket_tls_file {
        const char *path;
        char *bytes;
        size_t len;
        int error; /* of reading the file; 0 */
    } *all;
    size_t count;
    unsigned char hash[MOCKET_TLS_HASH]; /* of names, contents and errors */
};

/* Reads the files. *f is overwritten; release is due either way. Returns 0 or MOCKET_ENOMEM. */
int mocket__certificate_files_read(struct mocket_certificate_files *f, const struct mocket_native_tls *names);
void mocket__certificate_files_release(struct mocket_certificate_files *f);

/* Makes a set of the files with one user. *tickets lives as long as the set. NULL after writing the reason to
 * problem. */
struct mocket_certificates *mocket__certificates_new(const struct mocket_certificate_files *f,
                                                     const struct mocket_tls_opts *opts, struct mocket_tickets *tickets,
                                                     char problem[MOCKET_TLS_PROBLEM_LEN]);
void mocket__certificates_keep(struct mocket_certificates *set);
void mocket__certificates_drop(struct mocket_certificates *set);

#endif
