/* The entry, and waiting. An instance serves the request that it was made for; if the app allows reuse, it then asks
 * for more requests, one after the other, until the platform has none. */
#include "../../../src/base/deadline.h"
#include "../../../src/base/span.h"
#include "../merged/merged.h"
#include "../merged/preview1.h"
#include "fastly.h"

static struct fastly_request current; /* the request that is served: port_exited must answer it */

static bool serve(struct adapter *a)
{
    struct adapter_exchange *x = a ? adapter_exchange_new(a, &current) : NULL;
    if (!x || fastly_request_read(x) < 0) {
        fastly_answer(&current, 503);
        return false;
    }
    adapter_serve(x);
    adapter_exchange_free(x);
    return a->declared.reuse != MOCKET_REUSE_NONE && a->state == ADAPTER_IDLE;
}

static bool next_request(void)
{
    static const struct fastly_next_request nothing = { 0 };
    uint32_t promise;
    current = (struct fastly_request){ FASTLY_INVALID, FASTLY_INVALID, FASTLY_INVALID, false };
    return fastly_next(0, &nothing, &promise) == FASTLY_OK &&
           fastly_next_wait(promise, &current.request, &current.body) == FASTLY_OK;
}

__attribute__((export_name("_start"))) void fastly_start(void);
void fastly_start(void)
{
    current.answer = FASTLY_INVALID;
    fastly_init(FASTLY_ABI);
    if (fastly_downstream_get(&current.request, &current.body) != FASTLY_OK) {
        port_log(MOCKET_LOG_ERROR, MOCKET_SPAN("this module answers requests of Fastly Compute, and was given none"));
        p1_proc_exit(2);
    }
    struct adapter *a = adapter_open();
    while (serve(a) && next_request())
        continue;
}

void port_exited(void)
{
    fastly_answer(&current, 500);
}

/* ---- Waiting ---- */

static uint32_t item_of(const struct adapter_awaited *row)
{
    const struct fastly_request *f = row->exchange ? row->exchange->port : NULL;
    const struct fastly_call *c = row->outgoing ? row->outgoing->port : NULL;
    switch (row->kind) {
    case ADAPTER_WAIT_READ:
        return f->body;
    case ADAPTER_WAIT_WRITE:
        return f->answer;
    case ADAPTER_WAIT_HEAD:
        return c ? c->pending : FASTLY_INVALID;
    case ADAPTER_WAIT_FETCH_READ:
        return c ? c->body : FASTLY_INVALID;
    case ADAPTER_WAIT_FETCH_WRITE:
        return c ? c->sent : FASTLY_INVALID;
    }
    return FASTLY_INVALID;
}

static bool mark_ready(struct adapter_awaited *rows, size_t count)
{
    bool any = false;
    for (size_t i = 0; i < count; i++) {
        uint32_t item = item_of(&rows[i]);
        rows[i].ready = item == FASTLY_INVALID || fastly_ready(item);
        any |= rows[i].ready;
    }
    return any;
}

static void pause(uint64_t ns)
{
    const struct p1_subscription in = { .kind = P1_CLOCK, .id = P1_MONOTONIC, .timeout_ns = ns };
    struct p1_event out;
    size_t stored;
    p1_poll_oneoff(&in, &out, 1, &stored);
}

void port_wait(struct adapter_awaited *rows, size_t count, uint64_t until_ns)
{
    enum { MOST = 64, SOON_MS = 10 }; /* more rows than MOST are looked at again soon */
    uint32_t items[MOST], index, ms = 0;
    if (mark_ready(rows, count) || until_ns == 0)
        return;
    if (until_ns != MOCKET_NEVER) {
        uint64_t now = port_now_ns(MOCKET_ABI_MONOTONIC), left = mocket__deadline_left_ms(until_ns, now);
        ms = left < INT32_MAX ? (uint32_t)left : INT32_MAX;
        if (count == 0)
            pause(mocket__deadline_left(until_ns, now));
    }
    bool rows_left = count > MOST;
    count = rows_left ? MOST : count;
    for (size_t i = 0; i < count; i++)
        items[i] = item_of(&rows[i]);
    if (rows_left && (ms == 0 || ms > SOON_MS))
        ms = SOON_MS;
    if (count > 0 && fastly_select(items, count, ms, &index) == FASTLY_OK && index < count)
        rows[index].ready = true;
}
