/* The wasm host: serves a guest module over HTTP, as an app of the framework. */
#ifndef MOCKET_HOSTS_C_SERVE_H
#define MOCKET_HOSTS_C_SERVE_H

#include <mocket.h>

struct mocket_host_opts {
    const char *path;             /* of the module; "-" is standard input */
    const char *const *addresses; /* none: the guest's wish, else :4000 */
    size_t address_count;
    int workers;         /* at least 1 */
    int reuse;           /* the laxest enum mocket_reuse that is allowed; -1: what the guest says */
    uint64_t timeout_ms; /* of a request in the guest, and of a start; 0: none */
    uint64_t max_memory; /* bytes of linear memory of an instance */
    int64_t max_body;    /* bytes of a request body; -1: what the guest says */
    bool quiet;          /* no word of its own but warnings and errors */
    bool verbose;        /* debug lines too */
};

/* Serves until SIGINT or SIGTERM. 0, or below zero after a line on standard error that says why. */
int mocket__host_serve(const struct mocket_host_opts *opts);

#endif
