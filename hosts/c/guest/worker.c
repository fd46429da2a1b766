/* Which instance serves a request. A request runs to its end before the next one of the worker begins, so a worker
 * needs one instance: `none` makes it anew for each request, `serial` keeps it until it is not fit any more.
 *
 * A guest whose start fails must not cost a full start for every request: after a failure nothing is tried for a while,
 * which doubles with each further one. */
#include "worker.h"

#include "../../../src/base/span.h"

#define RETRY_FIRST_MS 50u
#define RETRY_MAX_MS 5000u

static void start_failed(struct guest_worker *w, struct mocket_buf *why)
{
    uint64_t wait_ms = (uint64_t)RETRY_FIRST_MS << (w->failures < 10 ? w->failures : 10);
    w->failures++;
    w->retry_ns = guest_now_ns() + (wait_ms < RETRY_MAX_MS ? wait_ms : RETRY_MAX_MS) * 1000000u;
    struct mocket_buf text = { 0 };
    mocket__buf_text(&text, "no new instance: ");
    mocket__buf_span(&text, mocket__buf_view(why));
    guest_log_text(&w->log, MOCKET_LOG_ERROR, mocket__buf_view(&text));
    mocket__buf_release(&text);
}

/* The idle instance or a fresh one; NULL when there can be none now. */
static struct guest_instance *take(struct guest_worker *w)
{
    struct guest_instance *instance = w->idle;
    w->idle = NULL;
    if (instance || (w->failures > 0 && guest_now_ns() < w->retry_ns))
        return instance;
    struct mocket_buf why = { 0 };
    if (guest_instance_open(w->program, &w->log, w->seat, &instance, &why) == 0)
        w->failures = 0;
    else
        start_failed(w, &why);
    mocket__buf_release(&why);
    return instance;
}

static void give(struct guest_worker *w, struct guest_instance *instance)
{
    if (w->reuse != MOCKET_REUSE_NONE && !w->idle && guest_instance_fit(instance))
        w->idle = instance;
    else
        guest_instance_close(instance);
}

int guest_worker_serve(struct guest_worker *w, struct guest_request *request)
{
    struct guest_instance *instance = take(w);
    if (!instance)
        return 503;
    int status = guest_request_run(instance, request);
    give(w, instance);
    return status;
}

void guest_worker_adopt(struct guest_worker *w, struct guest_instance *instance)
{
    instance->log = &w->log;
    instance->seat = w->seat;
    w->idle = instance;
}

void guest_worker_release(struct guest_worker *w)
{
    guest_instance_close(w->idle);
    w->idle = NULL;
    guest_log_flush(&w->log);
}
