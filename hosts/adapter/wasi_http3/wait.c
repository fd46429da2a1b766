/* Waiting. The port knows by itself what is ready: events have changed its state. It blocks only for an app in direct
 * style, whose handler waits in the middle of a call. Then the platform calls no other task of the instance, so that
 * this one takes the events of all. */
#include "../../../src/base/deadline.h"
#include "../wasi/landing.h"
#include "fetch.h"
#include "task.h"
#include "wasi.h"

static bool is_ready(const struct adapter_awaited *row)
{
    const struct http3_task *t = row->exchange ? row->exchange->port : NULL;
    switch (row->kind) {
    case ADAPTER_WAIT_READ:
        return http3_input_is_ready(&t->input);
    case ADAPTER_WAIT_WRITE:
        return http3_output_room(&t->output) != 0;
    case ADAPTER_WAIT_FETCH_READ:
    case ADAPTER_WAIT_FETCH_WRITE:
    case ADAPTER_WAIT_HEAD:
        break;
    }
    return http3_call_is_ready(row);
}

static bool mark(struct adapter_awaited *rows, size_t count)
{
    bool some = false;
    for (size_t i = 0; i < count; i++)
        some |= rows[i].ready = is_ready(&rows[i]);
    return some;
}

static void block(struct http3 *p, uint64_t until_ns)
{
    uint32_t payload[2], set = http3_set_of(p->current);
    p->blocks = true;
    http3_waitables_settle();
    if (!http3_timer_start(p->current, until_ns)) {
        uint32_t event = wasi_set_wait(set, payload);
        http3_event(event, payload[0], payload[1]);
    }
    p->blocks = false;
    http3_waitables_settle();
}

/* The landing area is emptied at each wait of a handler in direct style. Otherwise it would grow with each error code,
 * whose text lands there and is never read. Everything else that lands is copied before the next call of the platform
 * (wasi/head.h, wasi/fields.h). */
void port_wait(struct adapter_awaited *rows, size_t count, uint64_t until_ns)
{
    struct http3 *p = http3_here();
    landing_reset();
    if (mark(rows, count) || until_ns == 0)
        return;
    block(p, until_ns);
    mark(rows, count);
}
