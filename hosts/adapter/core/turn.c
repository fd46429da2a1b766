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

/* An app that did not declare concurrent reuse gets the next request when the last one is over. */
static bool is_busy(const struct adapter *a)
{
    for (const struct adapter_exchange *x = a->exchanges; x; x = x->next)
        if (x->call == ADAPTER_CALLED || x->call == ADAPTER_RETURNED)
            return a->declared.reuse != MOCKET_REUSE_CONCURRENT;
    return false;
}

static bool may_enter(const struct adapter *a, const struct adapter_exchange *x)
{
    return x->call == ADAPTER_DUE && (!a->only || a->only == x);
}

static bool enter_next(struct adapter *a)
{
    if (is_busy(a))
        return false;
    for (struct adapter_exchange *x = a->exchanges; x; x = x->next)
        if (may_enter(a, x)) {
            adapter_exchange_enter(x);
            settle_all(a); /* the app may have answered others, and dropped what they waited for */
            adapter_log_flush(a);
            return true;
        }
    return false;
}

/* No export of the app is called again. */
static bool end_broken(struct adapter *a)
{
    bool some = a->exchanges;
    while (a->exchanges)
        adapter_exchange_refuse(a->exchanges, 500);
    return some;
}

/* Has the wait made something due? */
static bool is_due(const struct adapter *a)
{
    bool is_request_due = false;
    if (a->state == ADAPTER_BROKEN)
        return a->exchanges;
    for (const struct adapter_exchange *x = a->exchanges; x; x = x->next) {
        if (x->gone_due && x->call == ADAPTER_RETURNED)
            return true;
        is_request_due |= may_enter(a, x);
    }
    return a->ended || (is_request_due && !is_busy(a));
}

bool adapter_turn(struct adapter *a, bool block)
{
    if (a->state == ADAPTER_BROKEN ? end_broken(a) : deliver_gone(a) || deliver_end(a) || enter_next(a))
        return true;
    adapter_wait(a, block);
    return is_due(a);
}

void adapter_serve(struct adapter_exchange *x)
{
    adapter_submit(x);
    while (!adapter_is_over(x))
        adapter_turn(x->adapter, true);
}
