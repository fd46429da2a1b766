/* Waiting: one call of port_wait for everything that anything waits for, in all requests. */
#include "../../../src/base/deadline.h"
#include "exchange.h"
#include "fetch.h"
#include "operation.h"
#include "source.h"

struct list {
    struct adapter *adapter;
    uint64_t until_ns;
};

/* ---- What is waited for ---- */

static void add_row(struct list *l, const struct adapter_awaited *row)
{
    mocket__buf_add(&l->adapter->waits, row, sizeof *row);
}

static bool is_sleep(const struct adapter_operation *op)
{
    return !op->wait.exchange && !op->wait.outgoing;
}

/* The earliest time at which something of the owner ends. */
static uint64_t owner_until(const struct adapter_owner *owner)
{
    uint64_t until_ns = MOCKET_NEVER;
    for (const struct adapter_operation *op = owner->operations; op; op = op->next)
        if (!op->ended)
            until_ns = mocket__deadline_first(until_ns, op->until_ns);
    MOCKET_LIST_EACH (struct adapter_outgoing, o, &owner->outgoing, link)
        if (o->open)
            until_ns = mocket__deadline_first(until_ns, o->deadline_ns);
    return until_ns;
}

uint64_t adapter_instance_until(const struct adapter *a)
{
    return owner_until(&a->owner);
}

uint64_t adapter_exchange_until(const struct adapter_exchange *x)
{
    uint64_t until_ns = owner_until(&x->owner);
    return x->owner.death ? until_ns : mocket__deadline_first(until_ns, x->deadline_ns);
}

static void add_owner(struct list *l, const struct adapter_owner *owner)
{
    for (const struct adapter_operation *op = owner->operations; op; op = op->next)
        if (!op->ended && !is_sleep(op))
            add_row(l, &op->wait);
}

static void add_exchange(struct list *l, struct adapter_exchange *x)
{
    if (x->call == ADAPTER_COLLECTING)
        add_row(l, &(struct adapter_awaited){ .kind = ADAPTER_WAIT_READ, .exchange = x });
    l->until_ns = mocket__deadline_first(l->until_ns, adapter_exchange_until(x));
    x->reading = false;
    add_owner(l, &x->owner);
}

/* ---- What has come to its end ---- */

/* The result of an operation whose row is ready; MOCKET_EAGAIN: it was not. */
static int look(struct adapter_awaited *row)
{
    ptrdiff_t room;
    switch (row->kind) {
    case ADAPTER_WAIT_READ:
        return adapter_source_fill(&row->exchange->body, (struct adapter_origin){ row->exchange, NULL });
    case ADAPTER_WAIT_WRITE:
        room = port_room(row->exchange);
        return room > 0 ? 0 : room < 0 ? (int)room : MOCKET_EAGAIN;
    case ADAPTER_WAIT_FETCH_READ:
        return adapter_fetch_readable(row->outgoing);
    case ADAPTER_WAIT_FETCH_WRITE:
        return adapter_fetch_writable(row->outgoing);
    case ADAPTER_WAIT_HEAD:
        break;
    }
    adapter_fetch_look(row->outgoing); /* ends the operation by itself */
    return MOCKET_EAGAIN;
}

static void use_row(struct adapter *a, struct adapter_awaited *row)
{
    if (!row->operation) {
        adapter_exchange_collect(row->exchange);
        return;
    }
    struct adapter_operation *op = row->operation;
    if (op->ended)
        return;
    int rc = look(row);
    if (rc == MOCKET_ECLOSED && row->exchange)
        adapter_gone(row->exchange);
    if (rc != MOCKET_EAGAIN)
        adapter_operation_end(a, op, rc);
}

static struct adapter_operation *earliest(const struct adapter_owner *owner, struct adapter_operation *best)
{
    for (struct adapter_operation *op = owner->operations; op; op = op->next)
        if (!op->ended && is_sleep(op) && (!best || op->until_ns < best->until_ns))
            best = op;
    return best;
}

static void end_sleeps(struct adapter *a, uint64_t now)
{
    for (;;) {
        struct adapter_operation *op = earliest(&a->owner, NULL);
        for (struct adapter_exchange *x = a->exchanges; x; x = x->next)
            op = earliest(&x->owner, op);
        if (!op || op->until_ns > now)
            return;
        adapter_operation_end(a, op, 0);
    }
}

static void expire_outgoing(const struct adapter_owner *owner, uint64_t now)
{
    MOCKET_LIST_EACH (struct adapter_outgoing, o, &owner->outgoing, link)
        if (o->open && mocket__deadline_is_over(o->deadline_ns, now))
            adapter_fetch_expire(o);
}

static void expire(struct adapter *a, uint64_t now)
{
    end_sleeps(a, now);
    expire_outgoing(&a->owner, now);
    for (struct adapter_exchange *x = a->exchanges, *next; x; x = next) {
        next = x->next;
        expire_outgoing(&x->owner, now);
        if (!x->owner.death && mocket__deadline_is_over(x->deadline_ns, now))
            adapter_exchange_die(x, MOCKET_ETIMEDOUT);
    }
}

static void end_left(struct adapter *a)
{
    for (struct adapter_exchange *x = a->exchanges, *next; x; x = next) {
        next = x->next;
        if (x->left)
            adapter_gone(x);
    }
}

void adapter_wait(struct adapter *a, bool block)
{
    struct list list = { a, adapter_instance_until(a) };
    mocket__buf_reset(&a->waits);
    add_owner(&list, &a->owner);
    for (struct adapter_exchange *x = a->exchanges; x; x = x->next)
        add_exchange(&list, x);
    size_t count = a->waits.len / sizeof(struct adapter_awaited);
    struct adapter_awaited *rows = (struct adapter_awaited *)a->waits.ptr;
    for (size_t i = 0; i < count; i++)
        if (rows[i].kind == ADAPTER_WAIT_READ)
            rows[i].exchange->reading = true;
    port_wait(rows, count, block ? list.until_ns : 0);
    for (size_t i = 0; i < count; i++)
        if (rows[i].ready)
            use_row(a, &rows[i]);
    end_left(a);
    if (list.until_ns != MOCKET_NEVER)
        expire(a, port_now_ns(MOCKET_ABI_MONOTONIC));
}
