/* Operations (docs/abi.md, section 6): begun by an import, ended once with one result, delivered once.
 *
 *     PENDING --end--> ENDED --deliver--> (gone)
 *        \----------drop--------------------^                                                                       */
#ifndef MOCKET_HOSTS_ADAPTER_CORE_OPERATION_H
#define MOCKET_HOSTS_ADAPTER_CORE_OPERATION_H

#include "port.h"

struct adapter_operation {
    struct adapter_operation *next, **link; /* of the owner */
    struct adapter_operation *next_ended;
    struct adapter_owner *owner;
    struct adapter_awaited wait; /* what it waits for; of SLEEP nothing */
    uint64_t until_ns;           /* of SLEEP; else MOCKET_NEVER */
    int32_t number, result;
    bool ended, queued;
};

/* The owner that a handle names: a live request, or the instance; NULL: none. */
struct adapter_owner *adapter_owner_get(struct adapter *a, int32_t number);
/* Ends all operations of the owner with the code. */
void adapter_owner_die(struct adapter *a, struct adapter_owner *owner, int code);
/* Drops everything that the owner owns. */
void adapter_owner_release(struct adapter *a, struct adapter_owner *owner);

/* Begins an operation. Returns its number, or ELIMIT, ENOMEM, or the code of an owner that is dead and has had its
 * grace. *out is set if it is above 0. */
int32_t adapter_operation_begin(struct adapter *a, struct adapter_owner *owner, struct adapter_operation **out);
void adapter_operation_end(struct adapter *a, struct adapter_operation *op, int32_t result);
/* Takes the result of an ended operation. The operation is gone. */
int32_t adapter_operation_take(struct adapter *a, struct adapter_operation *op);
void adapter_operation_drop(struct adapter *a, struct adapter_operation *op);
struct adapter_operation *adapter_operation_get(struct adapter *a, int32_t number);

/* Waits, once, for the operations of all owners and for bodies that are collected, and ends what came to its end. Does
 * not block unless `block` is set. */
void adapter_wait(struct adapter *a, bool block);

#endif
