/* A request of a guest: the core's request, and the host's handle. */
#ifndef MOCKET_GUEST_REQUEST_H
#define MOCKET_GUEST_REQUEST_H

#include "../../core/request.h"

struct mocket_guest_request {
    struct mocket_request request;
    int32_t req; /* the host's handle */
};

/* Adds a `host` field, the authority, if there is none (docs/abi.md, section 4). 0 or MOCKET_ENOMEM. */
int mocket__guest_add_host(struct mocket_message *msg, struct mocket_arena *a);

#endif
