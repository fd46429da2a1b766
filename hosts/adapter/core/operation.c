/* An operation ends while the core waits (wait.c) or below an import. Its end never enters the app: an app in direct
 * style sees it in await, others get it by mocket_done in the next turn. */
#include "operation.h"

#include "../../../src/base/deadline.h"
#include "../../../src/base/memory.h"
#include "exchange.h"
#include "fetch.h"

#define OPERATIONS_EACH 1024u /* of one owner */

struct adapter_owner *adapter_owner_get(struct adapter *a, int32_t number)
{
    if (number == 0)
        return &a->owner;
    struct adapter_exchange *x = guest_handle_get(&a->handles, number, GUEST_HANDLE_REQUEST);
    return x ? &x->owner : NULL;
}

struct adapter_operation *adapter_operation_get(struct adapter *a, int32_t number)
{
    return guest_handle_get(&a->handles, number, GUEST_HANDLE_OPERATION);
}

void adapter_owner_die(struct adapter *a, struct adapter_owner *owner, int code)
{
    owner->death = code;
    for (struct adapter_operation *op = owner->operations; op; op = op->next)
        adapter_operation_end(a, op, code);
}

void adapter_owner_release(struct adapter *a, struct adapter_owner *owner)
{
    while (owner->operations)
        adapter_operation_drop(a, owner->operations);
    while (!mocket__list_is_empty(&owner->outgoing))
        adapter_fetch_release(MOCKET_LIST_FIRST(&owner->outgoing, struct adapter_outgoing, link));
}

int32_t adapter_operation_begin(struct adapter *a, struct adapter_owner *owner, struct adapter_operation **out)
{
    if (owner->operation_count >= OPERATIONS_EACH)
        return MOCKET_ELIMIT;
    struct adapter_operation *op = mocket__new(sizeof *op);
    if (!op)
        return MOCKET_ENOMEM;
    op->number = guest_handle_open(&a->handles, GUEST_HANDLE_OPERATION, op);
    if (op->number < 0) {
        int32_t code = op->number;
        mocket__free(op);
        return code;
    }
    op->owner = owner;
    op->until_ns = MOCKET_NEVER;
    op->wait.operation = op;
    op->next = owner->operations;
    op->link = &owner->operations;
    if (op->next)
        op->next->link = &op->next;
    owner->operations = op;
    owner->operation_count++;
    if (owner->death)
        adapter_operation_end(a, op, owner->death);
    *out = op;
    return op->number;
}

void adapter_operation_end(struct adapter *a, struct adapter_operation *op, int32_t result)
{
    if (op->ended)
        return;
    op->ended = true;
    op->result = result;
    if (a->traits & APP_DIRECT)
        return;
    op->queued = true;
    *a->ended_end = op;
    a->ended_end = &op->next_ended;
}

static void leave_queue(struct adapter *a, struct adapter_operation *op)
{
    struct adapter_operation **at = &a->ended;
    while (*at != op)
        at = &(*at)->next_ended;
    *at = op->next_ended;
    if (a->ended_end == &op->next_ended)
        a->ended_end = at;
}

void adapter_operation_drop(struct adapter *a, struct adapter_operation *op)
{
    if (op->queued)
        leave_queue(a, op);
    op->owner->operation_count--;
    *op->link = op->next;
    if (op->next)
        op->next->link = op->link;
    guest_handle_end(&a->handles, op->number);
    mocket__free(op);
}

int32_t adapter_operation_take(struct adapter *a, struct adapter_operation *op)
{
    int32_t result = op->result;
    struct adapter_outgoing *o = op->wait.kind == ADAPTER_WAIT_HEAD && op->wait.outgoing ? op->wait.outgoing : NULL;
    adapter_operation_drop(a, op);
    return o && result == 0 ? adapter_fetch_open(o) : result;
}
