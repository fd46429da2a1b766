/* Path templates to handlers (contract.md, section 1).
 *
 * Static templates lie in a hash table by method and text. Dynamic ones lie in one tree of segments per method; every
 * node knows the smallest registration number below it, so that a search visits only branches that can still win: the
 * first registered match counts, at a cost that does not grow with the number of routes. */
#ifndef MOCKET_CORE_ROUTER_H
#define MOCKET_CORE_ROUTER_H

#include <mocket.h>

#include "../http/fields.h"
#include "../http/method.h"

struct mocket_route {
    mocket_span method;   /* "*" for any */
    mocket_span template; /* full: base path and path */
    mocket_handler *fn;
    void *data;
    size_t number;                            /* of registration */
    struct mocket_route *next_static;         /* same bucket */
    struct mocket_route *next_registered;     /* of all, also of those that can no longer be reached */
    const struct mocket_selection *selection; /* of middlewares, once registration has ended (coverage.h); or NULL */
};

struct mocket_node;

/* Routes of one method. */
struct mocket_method_routes {
    mocket_span method;
    enum mocket_http_method known;
    struct mocket_node *tree; /* dynamic ones */
    size_t static_count;
};

struct mocket_router {
    struct mocket_arena *arena;
    struct mocket_method_routes *methods;
    size_t method_count, method_cap;
    struct mocket_route **buckets; /* static routes */
    size_t bucket_count, static_count;
    size_t route_count;
    struct mocket_route *first, *last; /* in order of registration */
};

/* Texts are copied into the router's arena. 0, or MOCKET_ENOMEM. */
int mocket__router_add(struct mocket_router *r, mocket_span method, mocket_span template, mocket_handler *fn,
                       void *data);

/* Asserts that every static route is in the bucket of its text, that they are as many as counted, and that every node
 * of the trees knows the smallest number below it. For tests. */
void mocket__router_check(const struct mocket_router *r);

/* The route for a method and a path, or NULL. as_get: HEAD also looks at GET routes. Parameters go to *params,
 * rows in a; values are views into path. */
const struct mocket_route *mocket__router_find(const struct mocket_router *r, mocket_span method, mocket_span path,
                                               bool as_get, struct mocket_arena *a, struct mocket_fields *params);

/* "GET, HEAD, POST": the methods under which path has a route, in order of registration, HEAD behind GET when
 * as_get. ptr NULL when there is none. with_options: OPTIONS is added when it is missing. */
mocket_span mocket__router_allow(const struct mocket_router *r, mocket_span path, bool as_get, bool with_options,
                                 struct mocket_arena *a);

#endif
