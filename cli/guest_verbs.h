/* The verbs that run guests, as the list of verbs names them: in serve.c, fetch.c and routes.c, and in serve_absent.c
 * for a build without the wasm host. */
#ifndef MOCKET_CLI_GUEST_VERBS_H
#define MOCKET_CLI_GUEST_VERBS_H

#include "verbs.h"

#define CLI_GUEST_GROUP "Run it"

#define CLI_SERVE_LISTED                                                                                               \
    .name = "serve", .group = CLI_GUEST_GROUP, .summary = "serve a wasm file over HTTP",                               \
    .also = "run start up dev listen"
#define CLI_SERVE_USAGE "usage: mocket serve [app.wasm] [options]\n"

#define CLI_FETCH_LISTED                                                                                               \
    .name = "fetch", .group = CLI_GUEST_GROUP, .summary = "send one request to a wasm file, without a port",           \
    .also = "get curl request"
#define CLI_FETCH_USAGE "usage: mocket fetch [app.wasm] [METHOD] PATH [options]\n"

#define CLI_ROUTES_LISTED                                                                                              \
    .name = "routes", .group = CLI_GUEST_GROUP,                                                                        \
    .summary = "list the routes of a wasm file, and those that never match", .also = "list"
#define CLI_ROUTES_USAGE "usage: mocket routes [app.wasm] [options]\n"

#endif
