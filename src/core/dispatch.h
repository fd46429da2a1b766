/* The whole framework as one function: every backend calls it. */
#ifndef MOCKET_CORE_DISPATCH_H
#define MOCKET_CORE_DISPATCH_H

#include "app.h"
#include "request.h"
#include "response.h"

/* Finds the route, runs the middlewares and the handler, sends the answer to res->sink, and runs deferred drops. The
 * backend has filled in its part of both structs; all other members are zero. In every case the sink has been used when
 * this function returns. */
void mocket_dispatch(mocket_app *app, struct mocket_request *req, struct mocket_response *res);

#endif
