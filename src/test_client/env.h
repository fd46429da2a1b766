/* The environment of requests of the loopback and the test client: the system's clock, and standard error for the
 * log. */
#ifndef MOCKET_TEST_CLIENT_ENV_H
#define MOCKET_TEST_CLIENT_ENV_H

#include "../core/backend.h"

/* worker: what mocket_on_worker's start returned. */
void mocket__loopback_env(struct mocket_env *env, void *worker);

#endif
