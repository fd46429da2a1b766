/* TLS in a build without OpenSSL: says how to get one. The build chooses between this file and the others. */
#include "tls.h"

#include <stdio.h>

struct mocket_tls *mocket__tls_new(const struct mocket_tls_opts *opts, char problem[MOCKET_TLS_PROBLEM_LEN])
{
    (void)opts;
    snprintf(problem, MOCKET_TLS_PROBLEM_LEN,
             "https: this build has no TLS. Install OpenSSL's headers (libssl-dev), then build with -DMOCKET_TLS=ON");
    return NULL;
}

void mocket__tls_free(struct mocket_tls *tls)
{
    (void)tls;
}

void mocket__tls_reload(struct mocket_tls *tls)
{
    (void)tls;
}

struct mocket_tls_lane *mocket__tls_lane_new(struct mocket_till *till)
{
    (void)till;
    return NULL;
}

void mocket__tls_lane_free(struct mocket_tls_lane *lane)
{
    (void)lane;
}

bool mocket__transport_tls(struct mocket_transport *s, struct mocket_tls *tls, struct mocket_tls_lane *lane, int fd)
{
    (void)s, (void)tls, (void)lane, (void)fd;
    return false;
}

mocket_span mocket__transport_tls_client(const struct mocket_transport *s)
{
    (void)s;
    return (mocket_span){ "", 0 };
}
