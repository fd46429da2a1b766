/* mocket_fetch for native handlers: an outgoing request of the worker's pool, and a handler that waits for it on its
 * fiber.
 *
 * All calls of an event share a struct calls, which knows the handler that waits. A change of a call wakes the handler;
 * it checks whether it waited for this change, and waits again if not. A handler that waits for one call is not woken
 * by others.
 *
 * The caller that waits pumps a streamed request body (D-45): mocket_wait until the head has arrived, then the reader
 * of the reply, because a server may answer while it still reads. The stream may wait itself, for example for the app's
 * client. If the awaited event happens meanwhile, the stream's wait is interrupted: the stream returns MOCKET_EAGAIN
 * and can be read again later. Only reads are interrupted: a stream of the app that makes requests of its own is not
 * interrupted until these have ended (hold).
 *
 * All memory of a call ends with the event, or with the WebSocket message that began it, through mocket_defer. */
#include <assert.h>

#include "../../../base/container.h"
#include "../../../base/memory.h"
#include "../../../base/span.h"
#include "../../../core/fetch.h"
#include "../native.h"
#include "outgoing.h"

#define PIECE 16384 /* of a streamed body at a time */
#define REPLY_CHUNK 2048

struct calls {
    mocket_event *event;
    uint64_t owner;              /* for the pool; 0: none yet */
    size_t count;                /* under way */
    struct mocket_park *park;    /* the handler waits here; NULL: it does not */
    struct mocket_call *awaited; /* for this one; NULL: for any, or for time alone */
    struct mocket_call *pumped;  /* its source is being read, maybe waits */
    bool interrupted;            /* its wait was interrupted */
};

struct mocket_call {
    struct calls *calls;
    struct mocket_outgoing *out; /* NULL: it has ended */
    int result;                  /* when it has: 0 and there is a reply, or why not */
    int body_end;                /* when it has: how reading the body ends */
    mocket_source *source;       /* of the request's body; NULL: none, or it is used up */
    char *piece;                 /* read from it */
    mocket_span unsent;          /* of the piece */
    int64_t max_body;
    struct mocket_source body; /* the reply's */
    bool has_reply;
    struct mocket_reply reply;
    struct mocket_arena
        arena; /* of its own: it may be waited for by a later message of a socket than the one that began */
};

/* ---- waking ---- */

static void wake(struct calls *calls, int result)
{
    struct mocket_park *park = calls->park;
    calls->park = NULL;
    if (park)
        mocket__native_unpark(park, result);
}

static bool is_ready(const struct mocket_call *call)
{
    return !call->out || mocket__outgoing_state(call->out) != MOCKET_EAGAIN;
}

/* Returns whether there is news for a handler that waits for this call. */
static bool has_news(const struct mocket_call *call)
{
    return call->has_reply && call->out ? mocket__outgoing_readable(call->out) : is_ready(call);
}

/* The stream that is pumped gives up its wait: our own one, or one for the client's body. */
static void interrupt(struct calls *calls)
{
    calls->interrupted = true;
    if (calls->park)
        wake(calls, MOCKET_EAGAIN);
    else
        mocket__native_interrupt(calls->event);
}

/* From hold to let_go no outer wait interrupts. */
struct held {
    struct mocket_call *pumped;
    bool interrupted;
};

static struct held hold(struct calls *calls)
{
    struct held outside = { calls->pumped, calls->interrupted };
    calls->pumped = NULL;
    calls->interrupted = false;
    return outside;
}

static void let_go(struct calls *calls, struct held outside)
{
    calls->pumped = outside.pumped;
    calls->interrupted = outside.interrupted;
}

static void on_changed(void *arg)
{
    struct mocket_call *call = arg;
    struct calls *calls = call->calls;
    bool meant = !calls->awaited || calls->awaited == call;
    if (calls->park && meant)
        wake(calls, 0);
    else if (calls->pumped && has_news(call))
        interrupt(calls);
}

/* ---- waiting ---- */

static void begin(void *arg, struct mocket_park *park)
{
    struct calls *calls = arg;
    assert(!calls->park); /* one handler, one wait */
    calls->park = park;
}

static void gone(void *arg, struct mocket_park *park)
{
    (void)park;
    wake(arg, MOCKET_ECLOSED);
}

/* Until something changes for this call, or any: 0; or MOCKET_ECLOSED, or what it was woken with. */
static int park(struct calls *calls, struct mocket_call *awaited)
{
    struct mocket_call *before = calls->awaited;
    if (mocket__native_is_gone(calls->event))
        return MOCKET_ECLOSED;
    calls->awaited = awaited;
    int rc = mocket__native_park_until(calls->event, begin, gone, calls);
    calls->awaited = before;
    return rc;
}

/* ---- the end of a call ---- */

static void end(struct mocket_call *call, int result, int body_end)
{
    if (!call->out)
        return;
    mocket__outgoing_end(call->out);
    call->out = NULL;
    call->result = result;
    call->body_end = body_end;
    call->calls->count--;
}

static void end_with_event(void *arg)
{
    struct mocket_call *call = arg;
    end(call, MOCKET_ECLOSED, MOCKET_ECLOSED);
    mocket__arena_release(&call->arena);
}

void mocket_cancel(mocket_call *call)
{
    if (call && call->calls)
        end(call, call->has_reply ? 0 : MOCKET_ECLOSED, MOCKET_ECLOSED);
}

/* ---- the request's body ---- */

/* Reads a piece of the source, which may wait. 0, MOCKET_EAGAIN (interrupted), or why the source broke. */
static int read_piece(struct mocket_call *call)
{
    struct calls *calls = call->calls;
    struct mocket_call *before = calls->pumped; /* whose source is a reply that has a source itself */
    calls->pumped = call;
    calls->interrupted = calls->interrupted && before;
    ptrdiff_t n = call->source->read(call->source, call->piece, PIECE);
    calls->pumped = before;
    if (n == MOCKET_EAGAIN)
        return calls->interrupted ? MOCKET_EAGAIN : MOCKET_EIO; /* a wait for such a source would never end */
    if (n < 0)
        return (int)n;
    if (n > 0)
        call->unsent = (mocket_span){ call->piece, (size_t)n };
    else
        call->source = NULL;
    return 0;
}

/* One step. Returns 0, also when it was interrupted; MOCKET_EAGAIN if nothing can be done until a change; any other
 * code when the call has ended. */
static int pump(struct mocket_call *call)
{
    int rc = 0;
    ptrdiff_t n = 0;
    if (!call->out || !call->source || !mocket__outgoing_writable(call->out))
        return MOCKET_EAGAIN;
    if (call->unsent.len == 0)
        rc = read_piece(call);
    if (rc == 0 && call->out && !call->source)
        rc = mocket__outgoing_finish(call->out);
    else if (rc == 0 && call->out)
        n = mocket__outgoing_write(call->out, call->unsent);
    if (n == MOCKET_ECLOSED) { /* the server stopped reading: its answer may still come */
        call->source = NULL;
        n = 0;
    }
    if (n < 0 && n != MOCKET_EAGAIN)
        rc = (int)n;
    else if (n > 0)
        call->unsent = mocket__span_slice(call->unsent, (size_t)n, call->unsent.len);
    if (rc < 0 && rc != MOCKET_EAGAIN)
        end(call, call->has_reply ? 0 : rc, rc);
    return rc == MOCKET_EAGAIN ? 0 : rc;
}

/* Until there is news of this call: 0, MOCKET_ECLOSED, or what it was woken with. */
static int await_news(struct mocket_call *call)
{
    struct calls *calls = call->calls;
    int rc = 0;
    while (rc == 0 && !has_news(call)) {
        int pumped = pump(call);
        if (calls->pumped && calls->interrupted)
            rc = MOCKET_EAGAIN;
        else if (pumped == MOCKET_EAGAIN && !has_news(call))
            rc = park(calls, call);
    }
    return rc;
}

static int await_news_held(struct mocket_call *call)
{
    struct held outside = hold(call->calls);
    int rc = await_news(call);
    let_go(call->calls, outside);
    return rc;
}

/* ---- the reply ---- */

static ptrdiff_t body_read(struct mocket_source *s, void *buf, size_t cap)
{
    struct mocket_call *call = MOCKET_CONTAINER_OF(s, struct mocket_call, body);
    while (call->out) {
        ptrdiff_t n = mocket__outgoing_read(call->out, buf, cap);
        int rc = 0;
        if (n > 0)
            return n;
        if (n == MOCKET_EAGAIN)
            rc = call->reply.reads_whole ? await_news_held(call) : await_news(call);
        if (rc < 0)
            return rc;
        if (n != MOCKET_EAGAIN)
            end(call, 0, (int)n);
    }
    return call->body_end;
}

static void body_close(struct mocket_source *s)
{
    struct mocket_call *call = MOCKET_CONTAINER_OF(s, struct mocket_call, body);
    end(call, 0, MOCKET_ECLOSED);
}

static int copy_head(struct mocket_reply *reply, const struct mocket_outgoing *out)
{
    const struct mocket_fields *fields = mocket__outgoing_fields(out);
    reply->status = mocket__outgoing_status(out);
    for (size_t i = 0; i < fields->count; i++) {
        mocket_span name = mocket__arena_copy(reply->arena, fields->rows[i].name);
        mocket_span value = mocket__arena_copy(reply->arena, fields->rows[i].value);
        if (!name.ptr || !value.ptr || mocket__fields_add(&reply->fields, reply->arena, name, value) < 0)
            return MOCKET_ENOMEM;
    }
    return 0;
}

/* The head is here. 0 or MOCKET_ENOMEM. */
static int make_reply(struct mocket_call *call)
{
    struct mocket_reply *reply = &call->reply;
    reply->arena = &call->arena;
    reply->max_body = call->max_body;
    reply->source = &call->body;
    call->body = (struct mocket_source){ body_read, body_close };
    int rc = copy_head(reply, call->out);
    call->has_reply = rc == 0;
    return rc;
}

/* ---- what an app calls ---- */

static int wait_for(struct mocket_call *call)
{
    int rc = await_news_held(call);
    if (rc < 0 || !call->out)
        return rc < 0 ? rc : call->result;
    rc = mocket__outgoing_state(call->out);
    if (rc == 0)
        rc = make_reply(call);
    else
        mocket__event_log(call->calls->event, MOCKET_LOG_DEBUG,
                          "an outgoing request failed: ", mocket__outgoing_reason(call->out), NULL);
    if (rc < 0)
        end(call, rc, rc);
    return rc;
}

int mocket_wait(mocket_event *e, mocket_call *call, mocket_reply **out)
{
    (void)e;
    *out = NULL;
    if (!call)
        return MOCKET_EINVAL;
    int rc = call->has_reply || !call->out ? call->result : wait_for(call);
    if (rc == 0)
        *out = &call->reply;
    return rc;
}

/* ---- beginning ---- */

/* Returns the struct that the calls of this event share. */
static struct calls *calls_of(mocket_event *e)
{
    static const char key;
    struct calls *calls = mocket_local(e, &key);
    if (calls)
        return calls;
    calls = mocket_mem(e, sizeof *calls);
    if (!calls)
        return NULL;
    calls->event = e;
    mocket_local_set(e, &key, calls);
    return mocket_local(e, &key);
}

static struct mocket_pool *pool_of(mocket_event *e)
{
    struct mocket_native_client *client = mocket__native_client(e);
    if (!client->pool) {
        client->pool = mocket__pool_new(mocket__native_loop(e), client->connections_max);
        client->end = mocket__pool_free;
    }
    return client->pool;
}

static int start(struct mocket_call *call, mocket_event *e, const struct mocket_fetch_plan *plan)
{
    struct mocket_pool *pool = pool_of(e);
    const struct mocket_fetch_opts *o = &plan->opts;
    struct mocket_outgoing_opts opts = { .method = plan->method,
                                         .url = plan->url,
                                         .fields = &plan->fields,
                                         .body = o->body,
                                         .streams = o->source,
                                         .body_len = o->source_len > 0 ? o->source_len : -1,
                                         .follow = !o->no_follow,
                                         .retry = o->retry,
                                         .timeout_ms = o->timeout_ms,
                                         .silence_ms = MOCKET_OUTGOING_TIMEOUT_MS,
                                         .changed = on_changed,
                                         .data = call };
    mocket__arena_init(&call->arena, REPLY_CHUNK);
    call->max_body = o->max_body;
    call->source = o->source;
    call->piece = o->source ? mocket_mem(e, PIECE) : NULL;
    if (!pool || (o->source && !call->piece))
        return MOCKET_ENOMEM;
    if (call->calls->owner == 0)
        call->calls->owner = mocket__pool_new_owner(pool);
    opts.owner = call->calls->owner;
    return mocket__outgoing_start(pool, &opts, &call->out);
}

static int prepare(struct mocket_call *call, mocket_event *e)
{
    call->calls = calls_of(e);
    if (!call->calls)
        return MOCKET_ENOMEM;
    if (call->calls->count >= MOCKET_CALLS_MAX)
        return MOCKET_ELIMIT;
    return mocket__native_is_gone(e) ? MOCKET_ECLOSED : 0;
}

mocket_call *mocket_fetch_start(mocket_event *e, const char *method, const char *url,
                                const struct mocket_fetch_opts *opts)
{
    static const struct mocket_call no_memory = { .result = MOCKET_ENOMEM };
    static const struct mocket_call not_here = { .result = MOCKET_ENOTSUP };
    struct mocket_fetch_plan plan;
    if (!e->req->env->can_fetch)
        return (mocket_call *)&not_here;
    struct mocket_call *call = mocket_mem(e, sizeof *call);
    if (!call)
        return (mocket_call *)&no_memory;
    int rc = prepare(call, e);
    if (rc == 0)
        rc = mocket__fetch_plan(e, method, url, opts, &plan);
    if (rc == 0)
        rc = start(call, e, &plan);
    call->result = rc;
    if (rc == 0) {
        call->calls->count++;
        mocket_defer(e, end_with_event, call); /* without memory it ends here */
    }
    return call;
}

/* ---- waiting for several ---- */

struct limit {
    uv_timer_t timer;
    struct calls *calls;
    bool over;
};

static void limit_closed(uv_handle_t *timer)
{
    mocket__free(timer);
}

static void limit_over(uv_timer_t *timer)
{
    struct limit *l = (struct limit *)timer;
    l->over = true;
    if (l->calls->pumped)
        interrupt(l->calls);
    else
        wake(l->calls, 0);
}

/* NULL: no memory. */
static struct limit *limit_new(struct calls *calls, int64_t timeout_ms)
{
    uv_loop_t *loop = mocket__native_loop(calls->event);
    struct limit *l = mocket__new(sizeof *l);
    if (!l)
        return NULL;
    l->calls = calls;
    uv_timer_init(loop, &l->timer);
    uv_timer_start(&l->timer, limit_over, mocket__native_delay(loop, timeout_ms > 0 ? (uint64_t)timeout_ms : 1), 0);
    return l;
}

static int first_ready(mocket_call *const *calls, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (calls[i] && is_ready(calls[i]))
            return (int)i;
    return MOCKET_EAGAIN;
}

/* One step for each call that has a body to send. Returns whether any of them sent bytes. */
static bool pump_all(mocket_call *const *calls, size_t count)
{
    bool moved = false;
    for (size_t i = 0; i < count; i++)
        if (calls[i] && calls[i]->source && first_ready(calls, count) == MOCKET_EAGAIN)
            moved |= pump(calls[i]) != MOCKET_EAGAIN;
    return moved;
}

static int wait_ready(struct calls *own, mocket_call *const *calls, size_t count, const struct limit *limit)
{
    int rc = 0, ready;
    while ((ready = first_ready(calls, count)) == MOCKET_EAGAIN && rc == 0) {
        if (limit && limit->over)
            return MOCKET_ETIMEDOUT;
        if (!pump_all(calls, count) && first_ready(calls, count) == MOCKET_EAGAIN && !(limit && limit->over))
            rc = park(own, NULL);
    }
    return ready >= 0 ? ready : rc;
}

int mocket_wait_any(mocket_event *e, mocket_call *const *calls, size_t count, int64_t timeout_ms)
{
    struct limit *limit = NULL;
    size_t known = 0;
    for (size_t i = 0; i < count; i++)
        known += calls[i] != NULL;
    int ready = known > 0 ? first_ready(calls, count) : MOCKET_EINVAL;
    if (ready != MOCKET_EAGAIN)
        return ready;
    struct calls *own = calls_of(e);
    if (own && timeout_ms >= 0)
        limit = limit_new(own, timeout_ms);
    if (!own || (timeout_ms >= 0 && !limit))
        return MOCKET_ENOMEM;
    struct held outside = hold(own);
    int rc = wait_ready(own, calls, count, limit);
    let_go(own, outside);
    if (limit)
        uv_close((uv_handle_t *)&limit->timer, limit_closed);
    return rc;
}
