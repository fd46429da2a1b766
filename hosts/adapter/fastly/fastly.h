/* A request of Fastly Compute, and a request to another server. Handles are the platform's; FASTLY_INVALID: none. */
#ifndef MOCKET_HOSTS_ADAPTER_FASTLY_FASTLY_H
#define MOCKET_HOSTS_ADAPTER_FASTLY_FASTLY_H

#include "../core/port.h"
#include "hostcalls.h"

/* The port data of an exchange. */
struct fastly_request {
    uint32_t request, body; /* of the client */
    uint32_t answer;        /* the body of a streamed answer, until it is closed or abandoned */
    bool answered;
};

/* The port data of an outgoing request. */
struct fastly_call {
    uint32_t sent;     /* the body that streams to the server */
    uint32_t pending;  /* until the head of the response is here */
    uint32_t response; /* head and body of the response */
    uint32_t body;
};

/* Fills the message of an exchange from the platform. 0 or MOCKET_ENOMEM. */
int fastly_request_read(struct adapter_exchange *x);

/* Reads the fields of a request, or of a response. 0 or MOCKET_ENOMEM. */
enum fastly_head { FASTLY_REQUEST, FASTLY_RESPONSE };
int fastly_fields_read(enum fastly_head kind, uint32_t handle, struct mocket_fields *out, struct mocket_arena *arena);

/* Can the body be read, or written, without waiting? */
bool fastly_ready(uint32_t item);
/* Reads a body: bytes, 0 at the end, MOCKET_EAGAIN, or MOCKET_EINVAL if it is cut short. */
ptrdiff_t fastly_read(uint32_t body, void *to, size_t cap);
/* Writes to a body that streams: bytes, MOCKET_EAGAIN, or MOCKET_ECLOSED. */
ptrdiff_t fastly_write(uint32_t body, struct adapter_bytes bytes);

/* Answers with a status and its text, unless the request is answered. */
void fastly_answer(struct fastly_request *f, int status);

#endif
