/* The entries of the component: one for each request, and one for each event.
 *
 * Each of them lets the core do everything that is due, for whichever request, and then looks after all tasks: their
 * timers, and work that only they themselves can do. */
#include "task.h"

#include "../../../src/base/deadline.h"
#include "../../../src/base/memory.h"
#include "../wasi/error_code.h"
#include "../wasi/landing.h"
#include "request.h"
#include "wasi.h"

static struct http3 port; /* port_wait has no argument for it */

struct http3 *http3_here(void)
{
    return &port;
}

/* ---- Sets ---- */

uint32_t http3_set_of(struct http3_task *task)
{
    if (port.blocks)
        task = port.current;
    if (!task)
        task = MOCKET_LIST_FIRST(&port.tasks, struct http3_task, link);
    if (!task)
        return 0;
    if (!task->set)
        task->set = wasi_set_new();
    return task->set;
}

/* ---- The timer ---- */

static void stop_timer(struct http3_task *t)
{
    if (!http3_is_under_way(&t->timer))
        return;
    uint32_t subtask = t->timer.handle;
    http3_waitable_leave(&t->timer);
    wasi_subtask_cancel(subtask);
    wasi_subtask_drop(subtask);
}

bool http3_timer_start(struct http3_task *t, uint64_t until_ns)
{
    if (until_ns == MOCKET_NEVER || (http3_is_under_way(&t->timer) && t->timer_ns <= until_ns))
        return false;
    stop_timer(t);
    uint32_t code = wasi_wait_until(until_ns);
    if ((code & WASI_SUBTASK_MASK) == WASI_RETURNED)
        return true;
    t->timer_ns = until_ns;
    http3_waitable_begin(&t->timer, code >> WASI_SUBTASK_SHIFT);
    return false;
}

void http3_timer_event(struct http3_task *t, uint32_t state)
{
    http3_subtask_returned(&t->timer, state);
}

/* ---- Waking ---- */

static void wake(struct http3_task *t)
{
    if (t->wake.state != HTTP3_NONE)
        return;
    uint64_t ends = wasi_wake_new();
    t->wake_writable = (uint32_t)(ends >> 32);
    if (wasi_wake_read((uint32_t)ends, NULL) != WASI_BLOCKED)
        __builtin_trap(); /* nothing was written yet */
    http3_waitable_begin(&t->wake, (uint32_t)ends);
    wasi_wake_write(t->wake_writable, NULL);
}

void http3_wake_event(struct http3_task *t)
{
    uint32_t readable = t->wake.handle;
    http3_waitable_forget(&t->wake);
    wasi_wake_drop_readable(readable);
    wasi_wake_drop_writable(t->wake_writable);
}

/* ---- The life of a task ---- */

static struct http3_task *new_task(struct adapter *a, uint32_t request)
{
    struct http3_task *t = mocket__new(sizeof *t);
    if (!t)
        return NULL;
    t->exchange = adapter_exchange_new(a, t);
    if (!t->exchange) {
        mocket__free(t);
        return NULL;
    }
    t->request = request;
    t->timer.kind = HTTP3_TIMER;
    t->wake.kind = HTTP3_WAKE;
    t->timer.task = t->wake.task = t->input.waitable.task = t->output.waitable.task = t;
    mocket__list_append(&port.tasks, &t->link);
    if (!t->link.prev)
        http3_waitables_settle(); /* those of the instance were in no set */
    return t;
}

void http3_task_answer(struct http3_task *t)
{
    if (t != port.current || t->answer != HTTP3_MADE)
        return;
    wasi_task_return(0, t->response, 0, 0, 0, 0, 0, 0);
    t->answer = HTTP3_RETURNED;
}

/* The core gives no answer to a client that left. */
static void return_without(struct http3_task *t)
{
    if (t->is_cancelled)
        wasi_task_cancel();
    else
        wasi_task_return(1, WASI_INTERNAL_ERROR, 0, 0, 0, 0, 0, 0);
}

static bool is_done(const struct http3_task *t)
{
    return t->state == HTTP3_CLOSED && t->answer != HTTP3_MADE && http3_output_is_done(&t->output) &&
           t->wake.state == HTTP3_NONE;
}

static void end_task(struct http3_task *t)
{
    if (t->answer == HTTP3_UNANSWERED)
        return_without(t);
    stop_timer(t);
    mocket__list_remove(&port.tasks, &t->link);
    http3_waitables_settle(); /* those of the instance go to the next task */
    if (t->set)
        wasi_set_drop(t->set);
    adapter_exchange_free(t->exchange);
    mocket__free(t);
}

/* ---- Work ---- */

static uint64_t until_of(const struct http3_task *t)
{
    uint64_t until_ns = t->state == HTTP3_OPEN ? adapter_exchange_until(t->exchange) : MOCKET_NEVER;
    if (&t->link == port.tasks.first)
        until_ns = mocket__deadline_first(until_ns, adapter_instance_until(port.adapter));
    return until_ns;
}

/* Is there something that only the task itself can do? */
static bool is_wanted(const struct http3_task *t)
{
    bool is_due = port.adapter->only && t->state == HTTP3_OPEN && t->exchange->call == ADAPTER_DUE;
    return is_due || t->answer == HTTP3_MADE || is_done(t);
}

/* Returns whether there is more to do at once. */
static bool look_after_all(void)
{
    bool more = false;
    MOCKET_LIST_EACH (struct http3_task, t, &port.tasks, link) {
        http3_task_answer(t);
        more |= http3_timer_start(t, until_of(t));
        if (t != port.current && is_wanted(t))
            wake(t);
    }
    return more;
}

/* Everything that is due. Returns what the platform is told about the task that it has called. */
static uint32_t work(struct http3_task *t)
{
    struct adapter *a = port.adapter;
    if (a->traits & APP_DIRECT) /* a handler that waits must be able to return the head of its answer first */
        a->only = t->exchange;
    do
        while (adapter_turn(a, false))
            continue;
    while (look_after_all());
    port.current = NULL;
    if (!is_done(t))
        return http3_set_of(t) << WASI_SET_SHIFT | WASI_WAIT;
    end_task(t);
    if (a->state == ADAPTER_BROKEN && mocket__list_is_empty(&port.tasks))
        __builtin_trap(); /* all requests are answered: the platform drops the instance, and makes another one */
    return WASI_EXIT;
}

static void submit(struct http3_task *t)
{
    t->state = HTTP3_OPEN;
    adapter_submit(t->exchange);
}

__attribute__((export_name("[async-lift]wasi:http/handler@0.3.0#handle"))) uint32_t http3_handle(uint32_t request);
uint32_t http3_handle(uint32_t request)
{
    landing_reset();
    port.adapter = adapter_open();
    struct http3_task *t = port.adapter ? new_task(port.adapter, request) : NULL;
    if (!t)
        __builtin_trap(); /* no memory: the platform answers 500 */
    wasi_context_set(t);
    port.current = t;
    if (http3_request_read(t))
        submit(t);
    return work(t);
}

/* The caller wants no answer any longer. */
static void cancel(struct http3_task *t)
{
    t->is_cancelled = true;
    if (t->state == HTTP3_LOOKING)
        port_close(t->exchange);
    else
        adapter_gone(t->exchange);
}

__attribute__((export_name("[callback][async-lift]wasi:http/handler@0.3.0#handle"))) uint32_t
http3_callback(uint32_t event, uint32_t handle, uint32_t code);
uint32_t http3_callback(uint32_t event, uint32_t handle, uint32_t code)
{
    landing_reset();
    struct http3_task *t = wasi_context_get();
    port.current = t;
    if (event == WASI_EVENT_CANCELLED)
        cancel(t);
    else
        http3_event(event, handle, code);
    if (t->state == HTTP3_LOOKING && http3_request_look(t))
        submit(t);
    return work(t);
}
