/* Which middlewares cover a request (contract.md, section 2). */
#ifndef MOCKET_CORE_COVERAGE_H
#define MOCKET_CORE_COVERAGE_H

#include "app.h"

/* The path and the template of a request. A scope that covers one of the two covers the request. Routes match raw paths
 * and scopes match canonical paths, so a path such as /admin/../x, which reaches the route of a group, must not bypass
 * the middlewares of the group (D-7). */
struct mocket_place {
    mocket_span path;      /* raw */
    mocket_span canonical; /* M-04; "" when no scope needs it */
    mocket_span template;  /* of the route; absent when there is none */
};

/* Middlewares, in order of registration. */
struct mocket_selection {
    const struct mocket_middleware *const *rows;
    size_t count;
};

/* The middlewares whose scope covers the request; rows in a. 0 or MOCKET_ENOMEM. */
int mocket__coverage_select(const struct mocket_root *root, const struct mocket_place *place, struct mocket_arena *a,
                            struct mocket_selection *out);

/* What mocket_use gives to the app. */
struct mocket_coverage {
    /* The same, and canonical is made from path. A path without a canonical form (M-04) is MOCKET_EINVAL; then only
     * middlewares that cover everything are selected. */
    int (*select)(const struct mocket_root *root, struct mocket_place *place, struct mocket_arena *a,
                  struct mocket_selection *out);
    /* Selects them for each static route. Called when registration ends; without memory requests select them. */
    void (*prepare)(struct mocket_root *root);
};
extern const struct mocket_coverage mocket__coverage;

#endif
