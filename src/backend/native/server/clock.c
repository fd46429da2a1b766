/* The timer is only made earlier, never later: when it fires too early, no member is due, and it starts again. */
#include "clock.h"

#define TIMER_STEP_MS 10 /* limits are kept to this */

static void on_timer(uv_timer_t *timer);

static void start_timer(struct mocket_clock *c, uint64_t due_ms)
{
    uint64_t now_ms = mocket__clock_now(c);
    uint64_t wait_ms = due_ms > now_ms + TIMER_STEP_MS ? due_ms - now_ms : TIMER_STEP_MS;
    c->timer_due_ms = now_ms + wait_ms;
    uv_timer_start(&c->timer, on_timer, wait_ms, 0);
}

static void keep_timer(struct mocket_clock *c)
{
    uint64_t next_ms = mocket__timeouts_next(&c->timeouts);
    if (next_ms < c->timer_due_ms)
        start_timer(c, next_ms);
}

static void on_timer(uv_timer_t *timer)
{
    struct mocket_clock *c = timer->data;
    struct mocket_timeout *due;
    c->timer_due_ms = MOCKET_NEVER;
    while ((due = mocket__timeouts_due(&c->timeouts, mocket__clock_now(c))))
        c->is_due(due);
    keep_timer(c);
}

void mocket__clock_init(struct mocket_clock *c, uv_loop_t *loop)
{
    mocket__timeouts_init(&c->timeouts);
    uv_timer_init(loop, &c->timer);
    c->timer.data = c;
    c->timer_due_ms = MOCKET_NEVER;
}

void mocket__clock_limit(struct mocket_clock *c, struct mocket_timeout *m, enum mocket_timeout_class class)
{
    uint64_t due_ms = mocket__timeouts_set(&c->timeouts, m, class, mocket__clock_now(c));
    if (due_ms < c->timer_due_ms)
        start_timer(c, due_ms);
}

void mocket__clock_change(struct mocket_clock *c, enum mocket_timeout_class class, int64_t limit_ms)
{
    mocket__timeouts_change(&c->timeouts, class, limit_ms, mocket__clock_now(c));
    keep_timer(c);
}
