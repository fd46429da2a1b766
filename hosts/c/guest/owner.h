/* Who operations, outgoing requests and fetched responses belong to (docs/abi.md, section 3): a request, a socket, or
 * the instance itself. When an owner ends, what it owns is dropped; when it dies, what it waits for ends. Part of what
 * it is for. */
#ifndef MOCKET_HOSTS_C_GUEST_OWNER_H
#define MOCKET_HOSTS_C_GUEST_OWNER_H

#include "../../../src/base/list.h"
#include "handle.h"

struct guest_op;

struct guest_owner {
    enum guest_handle_kind kind; /* GUEST_HANDLE_REQUEST, _SOCKET; _NONE: the instance */
    int32_t number;              /* its handle; 0: the instance, or none yet */
    int death;                   /* why it waits no longer: MOCKET_ECLOSED, MOCKET_ETIMEDOUT, or 0 */
    struct guest_op *ops;
    uint32_t op_count;
    struct mocket_list outgoing; /* requests and their responses: struct guest_outgoing */
    uint32_t outgoing_count;
    uint64_t outgoing_owner; /* its number for the worker's pool; 0: none yet */
};

#endif
