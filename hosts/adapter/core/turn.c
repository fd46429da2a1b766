/* What is due, one thing at a time. Ends of operations are delivered before new requests, so that an event-driven app
 * finishes what it has begun. */
#include "../../../src/base/span.h"
#include "exchange.h"
#include "log.h"
#include "operation.h"

static void settle_all(struct adapter *a)
{
    for (struct adapter_exchange *x = a->exchanges, *next; x; x = next) {
        next = x->next;
        adapter_exchange_settle(x);
    }
}

static bool deliver_gone(struct adapter *a)
{
    for (struct adapter_exchange *x = a->exchanges; x; x = x->next) {
        if (!x->gone_due || x->call != ADAPTER_RETURNED)
            continue;
        x->gone_due = false;
        a->state = ADAPTER_RUNNING;
        a->running = "mocket_gone";
        app_left(x->owner.number);
        a->state = ADAPTER_IDLE;
        settle_all(a);
        return true;
    }
    return false;
}

static bool deliver_end(struct adapter *a)
{
    struct adapter_operation *op = a->ended;
    if (!op)
        return false;
    int32_t number = op->number, result = adapter_operation_take(a, op);
    a->state = ADAPTER_RUNNING;
    a->running = "mocket_done";
    app_done(number, result);
    a->state = ADAPTER_IDLE;
    settle_all(a);
    return true;
}

static bool enter_next(struct adapter *a)
{
    for (struct adapter_exchange *x = a->exchanges; x; x = x->next)
        if (x->call == ADAPTER_DUE) {
            adapter_exchange_enter(x);
            adapter_log_flush(a);
            return true;
        }
    return false;
}

bool adapter_turn(struct adapter *a, bool block)
{
    if (deliver_gone(a) || deliver_end(a) || enter_next(a))
        return true;
    adapter_wait(a, block);
    return false;
}

void adapter_serve(struct adapter_exchange *x)
{
    adapter_submit(x);
    while (!adapter_is_over(x))
        adapter_turn(x->adapter, true);
}
