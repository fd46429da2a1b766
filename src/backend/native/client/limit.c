/* The time limit of an exchange: one until the head, then one for silence. The timer is not restarted with every byte:
 * when it fires, it checks for how long no byte has moved, and sleeps for the rest. */
#include "transfer.h"

static const char *late_reason(const struct mocket_outgoing *out)
{
    switch (out->hop) {
    case MOCKET_HOP_LOOKUP:
        return "looking up the server's name takes too long";
    case MOCKET_HOP_SLOT:
        return "waiting for a free connection takes too long";
    default:
        return "the server sent nothing within the time limit";
    }
}

static void on_timer(uv_timer_t *timer)
{
    struct mocket_outgoing *out = (struct mocket_outgoing *)timer;
    uint64_t now_ms = uv_now(out->pool->loop);
    uint64_t limit_ms = out->state == 0 ? out->opts.silence_ms : out->opts.timeout_ms;
    if (out->state == 0 && (out->in_paused || out->in.len > 0))
        out->moved_ms = now_ms; /* the reader is slow, not the server */
    uint64_t quiet_ms = now_ms - out->moved_ms;
    if (quiet_ms >= limit_ms)
        out->pool->calls->late(out, MOCKET_ETIMEDOUT, late_reason(out));
    else
        uv_timer_start(timer, on_timer, limit_ms - quiet_ms, 0);
}

void mocket__outgoing_watch(struct mocket_outgoing *out)
{
    uv_loop_t *loop = out->pool->loop;
    bool first = out->state != 0;
    if (first)
        uv_update_time(loop); /* the loop's clock may be as old as the requests that it served since */
    out->moved_ms = uv_now(loop);
    if (first || out->opts.silence_ms < out->opts.timeout_ms)
        uv_timer_start(&out->timer, on_timer, first ? out->opts.timeout_ms : out->opts.silence_ms, 0);
}
