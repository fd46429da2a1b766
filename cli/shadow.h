/* Which routes can never match (contract.md, R-01 to ). */
#ifndef MOCKET_CLI_SHADOW_H
#define MOCKET_CLI_SHADOW_H

#include <mocket.h>

struct cli_route {
    mocket_span method; /* "*" for every method */
    mocket_span template;
    mocket_span handler;
};

enum cli_shadow_kind {
    CLI_SHADOW_NONE,    /* it can match */
    CLI_SHADOW_BEFORE,  /* an earlier route takes every request */
    CLI_SHADOW_BEHIND,  /* a later route with the same text replaces it */
    CLI_SHADOW_START,   /* its template does not begin with a slash */
    CLI_SHADOW_BYTES,   /* its template has a byte that no path has */
    CLI_SHADOW_CONNECT, /* CONNECT is always 405 */
    CLI_SHADOW_MEMORY,  /* out of memory */
    CLI_SHADOW_WORK     /* not known: the work is at its end */
};

struct cli_shadow {
    enum cli_shadow_kind kind;
    size_t by; /* the other route */
};

#define CLI_SHADOW_STEPS ((int64_t)1 << 28) /* of the comparisons of all routes of an app, about a second */

/* Why routes[i] never matches, if so. The routes are in order of registration. What comparisons cost is taken from
 * *steps; below zero nothing is compared. */
struct cli_shadow mocket__cli_shadow(const struct cli_route *routes, size_t count, size_t i, int64_t *steps);

#endif
