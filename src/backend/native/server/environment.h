/* The environment of handlers on this server: clock, log, random bytes, sleep. */
#ifndef MOCKET_NATIVE_SERVER_ENVIRONMENT_H
#define MOCKET_NATIVE_SERVER_ENVIRONMENT_H

#include "server.h"

/* Returns the environment of a worker's exchanges. w->app_worker is set. */
struct mocket_env mocket__native_environment(const struct mocket_native_worker *w);

#endif
