/* One request through a guest: its message into the guest's memory, the call, the answer out of it. */
#ifndef MOCKET_HOSTS_C_GUEST_REQUEST_H
#define MOCKET_HOSTS_C_GUEST_REQUEST_H

#include "../../../src/http/message.h"
#include "instance.h"

struct guest_request {
    /* in: */
    const struct mocket_message *message;
    mocket_span body;           /* whole */
    struct mocket_arena *arena; /* the answer is copied to it */
    /* out: */
    unsigned tries; /* of respond: what it refused has used memory too */
    bool answered;
    int status;
    struct mocket_fields fields; /* without hop-by-hop fields */
    mocket_span answer;
};

/* Enters the guest. 0 when it answered; else the status that the host answers instead: 413 (the request does not fit in
 * 32 bits), 500 (it trapped, or returned without an answer), 503 (it has no memory for the request), 504 (it was too
 * late). Why is in the log. */
int guest_request_run(struct guest_instance *instance, struct guest_request *request);

/* The import `respond`: keeps a copy of the answer. 0 or a code for the guest. */
struct guest_answer {
    uint32_t head, head_len, body, body_len;
};
int guest_request_answer(struct guest_instance *instance, struct guest_request *request,
                         const struct guest_answer *answer);

#endif
