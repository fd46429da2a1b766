/* A WebSocket that a guest accepted (docs/abi.md, section 7): what the client does are jobs of the guest's instance,
 * what the guest does goes to the native server's socket.
 *
 * Like a request it has two sides, of which either may leave first; the memory goes with the last. Its inside is the
 * instance, from ws_accept until the call that told of the end has returned. Its outside is the native server, or,
 * before that, the front of the request that became it. */
#ifndef MOCKET_HOSTS_C_GUEST_SOCKET_H
#define MOCKET_HOSTS_C_GUEST_SOCKET_H

#include "../../../src/base/container.h"
#include "../../../src/base/deadline.h"
#include "../../../src/abi/codec.h"
#include "../../../src/core/socket.h"
#include "request.h"

#define GUEST_EVENTS_MAX 16u /* of one socket that wait for the guest: then it is not read from */

/* One call of mocket_ws. */
struct guest_event {
    struct guest_job job;
    struct guest_socket *socket;
    int kind; /* enum mocket_ws_kind */
    uint32_t len;
    const char *data;
};

struct guest_socket {
    struct guest_owner owner; /* its handle; what it waits for */
    struct guest_worker *worker;
    struct guest_instance *instance;      /* NULL: the inside has left */
    struct guest_socket *next, *previous; /* of the instance */
    bool outside;                         /* is there */
    struct mocket_socket *native;         /* between MOCKET_WS_OPEN and MOCKET_WS_CLOSED */
    bool closing;                         /* by the guest, or for its failure */
    bool closed;                          /* the client left, or never came */
    int failure;                          /* the code that it closes with; 0: none */
    bool full;                            /* no more can be sent until the server tells */
    bool held;                            /* it is not read from */
    uint64_t kind;                        /* of its messages, in the pace */
    size_t event_count, event_bytes;      /* messages that wait */
    uint64_t end_ns;                      /* of the time for the call under way; MOCKET_NEVER: none */
    bool overdue;                         /* that was, and the grace has begun */
    struct mocket_buf queued;             /* what the guest did before it was open, and what did not fit */
    size_t topics_queued;
    struct guest_event open, last; /* kind 0 and kind 4: for these there is always memory */
    char last_data[MOCKET_ABI_CLOSED_LEN(MOCKET_CLOSE_REASON_MAX)];
};

/* ---- For the front ---- */

/* The front of the request that became a socket hands it to the native server as the event's answer. 0 or
 * MOCKET_ENOMEM. */
int guest_socket_hand_over(struct guest_socket *socket, mocket_event *e);
/* There is no front that could. */
void guest_socket_disown(struct guest_socket *socket);

/* ---- For instances ---- */

/* A call begins, or has returned. */
void guest_socket_begin(struct guest_event *event);
void guest_socket_end(struct guest_event *event);
/* Writes the event's data to where mocket_alloc said. False: there is nothing to call mocket_ws with. */
bool guest_socket_pass_in(struct guest_instance *instance, struct guest_event *event, uint32_t at);
/* The time of the call under way is up: what it waits for ends, for as long as it lasts. */
void guest_socket_overdue(struct guest_socket *socket);
/* The instance ends: its sockets are closed with this code. */
void guest_sockets_abandon(struct guest_instance *instance, int code);

/* ---- Imports ---- */

static inline struct guest_socket *guest_socket_of(struct guest_owner *owner)
{
    return MOCKET_CONTAINER_OF(owner, struct guest_socket, owner);
}

/* `ready` of a socket's handle: an operation, or a code. */
int32_t guest_socket_ready(struct guest_instance *instance, int32_t number, uint32_t direction);

#endif
