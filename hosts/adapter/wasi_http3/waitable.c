/* A waitable is found by its handle, in a list: an instance has a few for each request. */
#include "waitable.h"

#include "../../../src/base/memory.h"
#include "fetch.h"
#include "task.h"
#include "wasi.h"

struct http3_leftover {
    struct http3_waitable waitable;
    enum http3_leftover_kind kind;
};

static void join(struct http3_waitable *w)
{
    uint32_t set = http3_set_of(w->task);
    if (w->set == set)
        return;
    wasi_join(w->handle, set);
    w->set = set;
}

void http3_waitable_begin(struct http3_waitable *w, uint32_t handle)
{
    if (w->state == HTTP3_NONE) {
        mocket__list_append(&http3_here()->waitables, &w->link);
        w->set = 0;
    }
    w->state = HTTP3_UNDER_WAY;
    w->handle = handle;
    join(w);
}

void http3_waitable_forget(struct http3_waitable *w)
{
    if (w->state != HTTP3_NONE)
        mocket__list_remove(&http3_here()->waitables, &w->link);
    w->state = HTTP3_NONE;
}

void http3_waitable_leave(struct http3_waitable *w)
{
    if (w->state != HTTP3_NONE && w->set)
        wasi_join(w->handle, 0);
    http3_waitable_forget(w);
}

bool http3_subtask_returned(struct http3_waitable *w, uint32_t state)
{
    if (state != WASI_RETURNED) {
        w->state = HTTP3_UNDER_WAY;
        return false;
    }
    http3_waitable_forget(w);
    wasi_subtask_drop(w->handle);
    return true;
}

void http3_waitables_settle(void)
{
    MOCKET_LIST_EACH (struct http3_waitable, w, &http3_here()->waitables, link)
        join(w);
}

/* ---- Leftovers ---- */

static void drop(enum http3_leftover_kind kind, uint32_t end)
{
    if (kind == HTTP3_TRAILERS)
        wasi_trailers_drop_writable(end);
    else
        wasi_outcome_drop_writable(end);
}

void http3_leave(enum http3_leftover_kind kind, uint32_t end, uint32_t code)
{
    if (code != WASI_BLOCKED) {
        drop(kind, end);
        return;
    }
    struct http3_leftover *left = mocket__new(sizeof *left);
    if (!left)
        return; /* no memory: the handle stays in the table of the instance */
    left->kind = kind;
    left->waitable.kind = HTTP3_LEFTOVER;
    http3_waitable_begin(&left->waitable, end);
}

static void leftover_event(struct http3_leftover *left)
{
    uint32_t end = left->waitable.handle;
    http3_waitable_forget(&left->waitable);
    drop(left->kind, end);
    mocket__free(left);
}

/* ---- Events ---- */

static struct http3_waitable *find(uint32_t handle)
{
    MOCKET_LIST_EACH (struct http3_waitable, w, &http3_here()->waitables, link)
        if (w->handle == handle)
            return w;
    return NULL;
}

void http3_event(uint32_t event, uint32_t handle, uint32_t code)
{
    struct http3_waitable *w = event >= WASI_EVENT_SUBTASK && event < WASI_EVENT_CANCELLED ? find(handle) : NULL;
    if (!w)
        return;
    w->state = HTTP3_IDLE;
    switch (w->kind) {
    case HTTP3_INPUT:
        http3_input_event(MOCKET_CONTAINER_OF(w, struct http3_input, waitable), code);
        break;
    case HTTP3_OUTPUT:
        http3_output_event(MOCKET_CONTAINER_OF(w, struct http3_output, waitable), code);
        break;
    case HTTP3_SEND:
        http3_call_event(MOCKET_CONTAINER_OF(w, struct http3_call, waitable), code);
        break;
    case HTTP3_TIMER:
        http3_timer_event(w->task, code);
        break;
    case HTTP3_WAKE:
        http3_wake_event(w->task);
        break;
    case HTTP3_LEFTOVER:
        leftover_event(MOCKET_CONTAINER_OF(w, struct http3_leftover, waitable));
        break;
    }
}
