/* Reading the request body, inside the core. */
#ifndef MOCKET_CORE_BODY_H
#define MOCKET_CORE_BODY_H

#include "event.h"

/* As mocket_read on mocket_body_source. */
ptrdiff_t mocket__body_take(mocket_event *e, void *buf, size_t cap);
/* Stores the reason why the body cannot be read, 400 to 599 or below zero, and returns it. */
int mocket__body_failed(mocket_event *e, int status);
bool mocket__body_over_limit(const struct mocket_request *req, int64_t len);

#endif
