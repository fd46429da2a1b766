/* An operation ends in a callback of the loop or below an import, and is delivered later: by `await`, which looks at it
 * when the guest is resumed, or by a job that calls mocket_done. So ending one never enters a guest: it only makes its
 * instance runnable.
 *
 * libuv keeps a timer until its close callback, which comes from the loop. A guest that begins and drops operations
 * does not let the loop run: so those with a timer are kept by their instance, to be used again. */
#include "operation.h"

#include "../../../src/base/container.h"
#include "../../../src/base/memory.h"
#include "outgoing.h"
#include "request.h"
#include "socket.h"
#include "worker.h"

#define OPS_EACH 1024u /* of one owner */

struct guest_owner *guest_owner_get(struct guest_instance *i, int32_t number)
{
    if (number == 0)
        return &i->owner;
    struct guest_request *r = guest_handle_get(&i->handles, number, GUEST_HANDLE_REQUEST);
    struct guest_socket *s = guest_handle_get(&i->handles, number, GUEST_HANDLE_SOCKET);
    return r ? &r->owner : s ? &s->owner : NULL;
}

void guest_owner_die(struct guest_owner *owner, int code)
{
    owner->death = code;
    guest_ops_end_all(owner->ops, code);
}

void guest_owner_release(struct guest_owner *owner)
{
    while (owner->ops)
        guest_op_drop(owner->ops);
    guest_fetches_drop(owner);
}

static void put_away(struct guest_op *op)
{
    struct guest_instance *i = op->instance;
    if (op->timed) {
        op->next = i->unused_ops;
        i->unused_ops = op;
    } else {
        mocket__till_give(i->log->till, MOCKET_CHARGE_INSTANCES, sizeof *op);
        mocket__free(op);
    }
}

/* NULL: no memory. */
static struct guest_op *unused_op(struct guest_instance *i)
{
    struct guest_op *op = i->unused_ops;
    if (op) {
        i->unused_ops = op->next;
        return op;
    }
    if (!mocket__till_take(i->log->till, MOCKET_CHARGE_INSTANCES, sizeof *op))
        return NULL;
    op = mocket__new(sizeof *op);
    if (op)
        op->instance = i;
    else
        mocket__till_give(i->log->till, MOCKET_CHARGE_INSTANCES, sizeof *op);
    return op;
}

/* NULL: it is none. */
static struct guest_request *request_of(struct guest_owner *owner)
{
    return owner->kind == GUEST_HANDLE_REQUEST ? MOCKET_CONTAINER_OF(owner, struct guest_request, owner) : NULL;
}

/* A request that has died, and has had its grace, begins nothing more: that would end at once, and the call that tells
 * the guest of it could begin the next one, for ever. */
static bool is_over(struct guest_owner *owner)
{
    const struct guest_request *r = request_of(owner);
    return r && owner->death && mocket__deadline_is_over(r->grace_ns, guest_now_ns());
}

int32_t guest_op_begin(struct guest_instance *i, struct guest_owner *owner, enum guest_op_kind kind,
                       struct guest_op **out)
{
    if (is_over(owner))
        return owner->death;
    if (owner->op_count >= OPS_EACH)
        return MOCKET_ELIMIT;
    struct guest_op *op = unused_op(i);
    if (!op)
        return MOCKET_ENOMEM;
    op->number = guest_handle_open(&i->handles, GUEST_HANDLE_OPERATION, op);
    if (op->number < 0) {
        int32_t code = op->number;
        put_away(op);
        return code;
    }
    op->job.kind = GUEST_JOB_DONE;
    op->owner = owner;
    op->subject = NULL;
    op->kind = kind;
    op->ended = false;
    op->result = 0;
    op->next = owner->ops;
    op->link = &owner->ops;
    if (op->next)
        op->next->link = &op->next;
    owner->ops = op;
    owner->op_count++;
    *out = op;
    guest_count(i->log->stats, GUEST_STAT_OPERATIONS, 1);
    return op->number;
}

static void on_closed(uv_handle_t *handle)
{
    mocket__free(handle->data);
}

void guest_ops_close(struct guest_instance *i)
{
    while (i->unused_ops) {
        struct guest_op *op = i->unused_ops;
        i->unused_ops = op->next;
        mocket__till_give(i->log->till, MOCKET_CHARGE_INSTANCES, sizeof *op);
        uv_close((uv_handle_t *)&op->timer, on_closed);
    }
}

static void on_time(uv_timer_t *timer)
{
    guest_op_end(timer->data, 0);
}

int guest_op_sleep(struct guest_op *op, uint32_t ms)
{
    if (!op->instance->loop)
        return MOCKET_ENOTSUP;
    if (!op->timed && uv_timer_init(op->instance->loop, &op->timer) < 0)
        return MOCKET_ENOMEM;
    op->timer.data = op;
    op->timed = true;
    uv_update_time(op->instance->loop);
    uv_timer_start(&op->timer, on_time, ms ? (uint64_t)ms + 1 : 0, 0); /* the loop's clock counts whole ones */
    return 0;
}

void guest_op_end(struct guest_op *op, int32_t result)
{
    if (op->ended)
        return;
    op->ended = true;
    op->result = result;
    if (op->timed)
        uv_timer_stop(&op->timer);
    if (!op->instance->program->module->direct_style)
        guest_instance_add(op->instance, &op->job);
    guest_worker_schedule(op->instance);
}

int32_t guest_op_take(struct guest_op *op)
{
    struct guest_outgoing *fetched = op->kind == GUEST_OP_FETCH && op->result == 0 ? op->subject : NULL;
    int32_t result = op->result;
    guest_op_drop(op);
    return fetched ? guest_fetch_answer(fetched) : result;
}

/* One that waited for nothing else has come to its end, also when the guest runs on behalf of another one. */
static void settle_later(struct guest_instance *i, struct guest_owner *owner)
{
    struct guest_request *r = request_of(owner);
    if (!r || owner->op_count > 0 || i->program->module->direct_style || !r->returned || i->current == r)
        return;
    r->job.kind = GUEST_JOB_SETTLE;
    guest_instance_add(i, &r->job);
}

void guest_op_drop(struct guest_op *op)
{
    op->owner->op_count--;
    settle_later(op->instance, op->owner);
    *op->link = op->next;
    if (op->next)
        op->next->link = op->link;
    if (op->job.queued)
        guest_instance_remove(op->instance, &op->job);
    guest_handle_end(&op->instance->handles, op->number);
    guest_count(op->instance->log->stats, GUEST_STAT_OPERATIONS, -1);
    if (op->timed)
        uv_timer_stop(&op->timer);
    put_away(op);
}

void guest_ops_end(struct guest_op *first, enum guest_op_kind kind, int32_t result)
{
    for (struct guest_op *op = first; op; op = op->next)
        if (op->kind == kind)
            guest_op_end(op, result);
}

void guest_ops_end_all(struct guest_op *first, int32_t result)
{
    for (struct guest_op *op = first; op; op = op->next)
        guest_op_end(op, result);
}
