/* Waiting: a pollable for each row, and one for the time, in one call of poll. */
#include "../../../src/base/deadline.h"
#include "../../../src/base/memory.h"
#include "../wasi/landing.h"
#include "../wasi2/fetch.h"
#include "../wasi2/wasi.h"
#include "request.h"

static uint32_t subscribe(const struct adapter_awaited *row)
{
    const struct http_request *h = row->exchange ? row->exchange->port : NULL;
    switch (row->kind) {
    case ADAPTER_WAIT_READ:
        return h->input.stream ? wasi_in_subscribe(h->input.stream - 1) : UINT32_MAX;
    case ADAPTER_WAIT_WRITE:
        return h->output.stream ? wasi_write_subscribe(h->output.stream - 1) : UINT32_MAX;
    case ADAPTER_WAIT_FETCH_READ:
    case ADAPTER_WAIT_FETCH_WRITE:
    case ADAPTER_WAIT_HEAD:
        break;
    }
    return http_call_subscribe(row);
}

/* Marks the rows that poll named. The pollable of the time has no row. */
static void mark(struct adapter_awaited *rows, size_t count, const struct wasi_list *ready)
{
    const uint32_t *indexes = (const uint32_t *)(uintptr_t)ready->ptr;
    for (size_t i = 0; i < ready->len; i++)
        if (indexes[i] < count)
            rows[indexes[i]].ready = true;
}

static void poll_all(struct adapter_awaited *rows, size_t count, uint32_t *pollables, size_t polled)
{
    struct wasi_list ready;
    struct landing_area before = landing_at(pollables + polled, polled * sizeof *pollables);
    wasi_poll(pollables, polled, &ready);
    landing_restore(before);
    mark(rows, count, &ready);
    for (size_t i = 0; i < polled; i++)
        wasi_pollable_drop(pollables[i]);
}

/* Everything is looked at: at once, if there is no time to wait, or no memory. */
static void mark_all(struct adapter_awaited *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        rows[i].ready = true;
}

void port_wait(struct adapter_awaited *rows, size_t count, uint64_t until_ns)
{
    size_t room = 2 * (count + 1) * sizeof(uint32_t);
    uint32_t *pollables = until_ns > 0 ? mocket__realloc(NULL, room) : NULL;
    size_t polled = 0;
    for (; pollables && polled < count; polled++) {
        pollables[polled] = subscribe(&rows[polled]);
        if (pollables[polled] == UINT32_MAX)
            break; /* there is nothing to wait for: reading or writing will say why */
    }
    if (polled < count || !pollables) {
        for (size_t i = 0; i < polled; i++)
            wasi_pollable_drop(pollables[i]);
        mark_all(rows, count);
    } else {
        if (until_ns != MOCKET_NEVER)
            pollables[polled++] = wasi_subscribe_instant(until_ns);
        if (polled > 0)
            poll_all(rows, count, pollables, polled);
    }
    mocket__free(pollables);
}
