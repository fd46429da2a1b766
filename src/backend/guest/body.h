/* Streamed request bodies of a guest. Linked only if the app uses mocket_body_source. */
#ifndef MOCKET_GUEST_BODY_H
#define MOCKET_GUEST_BODY_H

#include "../../core/backend.h"

struct mocket_guest_body {
    /* Gives req a source for a body that the host still has. 0 or MOCKET_ENOMEM. */
    int (*open)(struct mocket_request *req, int32_t handle);
};

/* Weak: its address is NULL in an app that reads no body as a stream. */
extern const struct mocket_guest_body mocket__guest_body __attribute__((weak));

#endif
