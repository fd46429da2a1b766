/* The whole framework as one function: every backend calls it. */
#ifndef MOCKET_CORE_DISPATCH_H
#define MOCKET_CORE_DISPATCH_H

#include "app.h"
#include "request.h"
#include "response.h"

/* Finds the route, runs middlewares and handler, answers by res->sink, runs what was deferred. The backend has filled
 * in its part of both structs; everything else is zero. Whatever happens, the sink has been used when this returns. */
void mocket_dispatch(mocket_app *app, struct mocket_request *req, struct mocket_response *res);

#endif
