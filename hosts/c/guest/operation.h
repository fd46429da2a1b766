/* Operations (docs/abi.md, section 6): begun by an import, ended once, delivered once. */
#ifndef MOCKET_HOSTS_C_GUEST_OPERATION_H
#define MOCKET_HOSTS_C_GUEST_OPERATION_H

#include "instance.h"

enum guest_op_kind {
    GUEST_OP_SLEEP,
    GUEST_OP_READ, /* the owner's own body */
    GUEST_OP_WRITE,
    GUEST_OP_SEND,
    GUEST_OP_FETCH, /* an outgoing request of the owner, the operation's subject */
    GUEST_OP_FETCH_READ,
    GUEST_OP_FETCH_WRITE
};

struct guest_op {
    struct guest_job job; /* of one that ended, in an event-driven guest: mocket_done is due */
    struct guest_instance *instance;
    struct guest_owner *owner;
    struct guest_outgoing *subject; /* NULL: none, or it has ended */
    struct guest_op *next, **link;
    enum guest_op_kind kind;
    int32_t number; /* its handle */
    bool ended;
    int32_t result;
    bool timed; /* timer is open */
    uv_timer_t timer;
};

/* The live owner that a guest names by a handle, 0: the instance. NULL: there is none. */
struct guest_owner *guest_owner_get(struct guest_instance *instance, int32_t number);

/* Begins one; it has not ended yet. Its handle, or a code. */
int32_t guest_op_begin(struct guest_instance *instance, struct guest_owner *owner, enum guest_op_kind kind,
                       struct guest_op **out);
/* Lets it end after a time. 0, MOCKET_ENOMEM or MOCKET_ENOTSUP. */
int guest_op_sleep(struct guest_op *op, uint32_t ms);
/* Ends it, once. */
void guest_op_end(struct guest_op *op, int32_t result);
/* Delivers one that has ended: takes it away and answers its result. */
int32_t guest_op_take(struct guest_op *op);
/* Takes it away, ended or not. */
void guest_op_drop(struct guest_op *op);

/* The instance has no operation left: the timers that it kept go, as soon as the loop runs. */
void guest_ops_close(struct guest_instance *instance);

/* What an owner waits for ends, and will end at once from now on. */
void guest_owner_die(struct guest_owner *owner, int code);
/* What it owns is dropped. */
void guest_owner_release(struct guest_owner *owner);

/* For a list of an owner: those of a kind, or all. */
void guest_ops_end(struct guest_op *first, enum guest_op_kind kind, int32_t result);
void guest_ops_end_all(struct guest_op *first, int32_t result);

#endif
