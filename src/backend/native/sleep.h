/* What mocket_sleep does on a native worker. */
#ifndef MOCKET_NATIVE_SLEEP_H
#define MOCKET_NATIVE_SLEEP_H

#include "../../core/backend.h"

/* As struct mocket_env's sleep. */
int mocket__native_sleep(struct mocket_env *env, mocket_event *e, uint32_t ms);

#endif
