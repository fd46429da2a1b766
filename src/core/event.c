/* The small functions of an event: memory, locals, deferred drops, log lines. */
#include "event.h"

#include "../base/buf.h"
#include "../base/check.h"
#include "../base/span.h"
#include "backend.h"

mocket_app *mocket_event_app(const mocket_event *e)
{
    return e->app;
}

void *mocket_worker(const mocket_event *e)
{
    return e->req->env->worker;
}

uint64_t mocket_now_ns(const mocket_event *e)
{
    return e->req->env->now_ns(e->req->env);
}

int mocket_random(mocket_event *e, void *buf, size_t len)
{
    struct mocket_env *env = e->req->env;
    return env->random ? env->random(env, buf, len) : MOCKET_ENOTSUP;
}

void *mocket_mem(mocket_event *e, size_t len)
{
    return mocket__arena_zero(mocket__arena(e), len);
}

static struct mocket_local_entry *local_find(const mocket_event *e, const void *key)
{
    struct mocket_local_entry *entry = e->locals;
    while (entry && entry->key != key)
        entry = entry->next;
    return entry;
}

void mocket_local_set(mocket_event *e, const void *key, void *value)
{
    struct mocket_local_entry *entry = local_find(e, key);
    if (entry) {
        entry->value = value;
        return;
    }
    entry = mocket__arena_alloc(mocket__arena(e), sizeof *entry);
    if (!entry) {
        mocket__event_problem(e, MOCKET_ENOMEM, "mocket_local_set");
        return;
    }
    *entry = (struct mocket_local_entry){ key, value, e->locals };
    e->locals = entry;
}

void *mocket_local(const mocket_event *e, const void *key)
{
    const struct mocket_local_entry *entry = local_find(e, key);
    return entry ? entry->value : NULL;
}

void mocket_defer(mocket_event *e, mocket_drop *drop, void *ptr)
{
    struct mocket_deferred *d = mocket__arena_alloc(mocket__arena(e), sizeof *d);
    if (!d) { /* it must run in every case, and this is the last opportunity */
        mocket__event_problem(e, MOCKET_ENOMEM, "mocket_defer");
        drop(ptr);
        return;
    }
    *d = (struct mocket_deferred){ drop, ptr, e->deferred };
    e->deferred = d;
}

void mocket__event_run_deferred(mocket_event *e, const struct mocket_deferred *until)
{
    while (e->deferred != until) {
        MOCKET_CHECK(e->deferred); /* until is one of them */
        struct mocket_deferred *d = e->deferred;
        e->deferred = d->next;
        d->drop(d->ptr);
    }
}

void mocket__event_log(mocket_event *e, int level, const char *piece, ...)
{
    struct mocket_buf line = { 0 };
    va_list pieces;
    va_start(pieces, piece);
    for (; piece; piece = va_arg(pieces, const char *))
        mocket__buf_text(&line, piece);
    va_end(pieces);
    bool complete = mocket__buf_status(&line) == 0;
    e->req->env->log(e->req->env, level,
                     complete ? mocket__buf_view(&line) : MOCKET_SPAN("out of memory for a log line"));
    mocket__buf_release(&line);
}

void mocket__event_problem(mocket_event *e, int code, const char *text)
{
    struct mocket_response *res = e->res;
    if (mocket__head_sent(res)) { /* the answer cannot be changed any longer: log it */
        mocket__event_log(e, MOCKET_LOG_WARN, text, ": ", mocket_strerror(code), NULL);
        return;
    }
    if (res->problem == 0) {
        res->problem = code;
        res->problem_text = text;
    }
}
