/* Which instance serves a request, and when it runs.
 *
 * `none` makes an instance for each request, `serial` keeps those that are fit and gives each one request at a time,
 * `concurrent` has one that gets all. An instance whose job runs in slices, or waits, is one of several: so others go
 * on beside it. Those that run in slices take turns in a queue of which the loop looks at the head each time round,
 * behind everything that has come in from sockets meanwhile.
 *
 * Bounds: so many instances; of these some are kept from requests of kinds that are known to take long; beyond that
 * requests wait in two queues, of a bounded length each, and what does not fit is answered 503. A guest whose start
 * fails must not cost a full start for every request: after a failure nothing is tried for a while, which doubles with
 * each further one.
 *
 * What must stay true: a front is resumed only at the end of an entry (submit, gone, the loop's callbacks), when no
 * instance is being advanced, since it may go on to end its request there and then. */
#include "worker.h"

#include <assert.h>

#include "../../../src/base/memory.h"
#include "../../../src/base/span.h"
#include "../../../src/native/client/outgoing.h"
#include "operation.h"
#include "socket.h"

#define RETRY_FIRST_MS 50u
#define RETRY_MAX_MS 5000u
#define QUICK_WAITING_MAX 1024u
#define SLOW_WAITING_MAX 1024u
#define SHARED_REQUESTS_MAX 1024u /* of one concurrent instance */
#define SPREAD_EACH 64u           /* sockets of an instance before another one begins to take some, */
#define SPREAD_SHARE 4u           /* up to this part of the instances */
#define LINGERING_MAX 16u         /* concurrent ones that are there for their sockets alone */
#define UNUSED_MAX 256u
#define LOOK_MS 10u        /* how often deadlines are looked at while something waits */
#define LOOK_IDLE_MS 1000u /* and idle instances */
#define IDLE_NS UINT64_C(10000000000)
#define TURN_NS UINT64_C(5000000) /* of slices, before sockets are looked at again */
#define SERVED_NS UINT64_C(50000) /* a turn of the loop that took longer has served somebody */

struct guest_worker_handles {
    uv_idle_t idle;   /* runs the queue, and keeps the loop from sleeping meanwhile */
    uv_timer_t timer; /* looks at deadlines */
    int open;
};

/* The loop's idea of the time: some milliseconds old perhaps, and free. */
static uint64_t loop_now_ns(const struct guest_worker *w)
{
    return w->loop ? uv_now(w->loop) * 1000000u : guest_now_ns();
}

/* ---- Lists ---- */

static void link_request(struct guest_worker *w, struct guest_request *r)
{
    r->previous = NULL;
    r->next = w->requests;
    if (r->next)
        r->next->previous = r;
    w->requests = r;
    guest_count(w->log.stats, GUEST_STAT_IN_FLIGHT, 1);
}

static void unlink_request(struct guest_worker *w, struct guest_request *r)
{
    *(r->previous ? &r->previous->next : &w->requests) = r->next;
    if (r->next)
        r->next->previous = r->previous;
    guest_count(w->log.stats, GUEST_STAT_IN_FLIGHT, -1);
}

static void link_instance(struct guest_worker *w, struct guest_instance *i)
{
    i->worker = w;
    i->previous = NULL;
    i->next = w->instances;
    if (i->next)
        i->next->previous = i;
    w->instances = i;
    w->instance_count++;
}

static void unlink_instance(struct guest_worker *w, struct guest_instance *i)
{
    *(i->previous ? &i->previous->next : &w->instances) = i->next;
    if (i->next)
        i->next->previous = i->previous;
    w->instance_count--;
}

static bool enqueue(struct guest_queue *q, struct guest_request *r)
{
    if (q->count >= q->most)
        return false;
    r->queued = true;
    r->next_queued = NULL;
    *(q->last ? &q->last->next_queued : &q->first) = r;
    q->last = r;
    q->count++;
    return true;
}

static struct guest_queue *queue_of(struct guest_worker *w, const struct guest_request *r)
{
    return r->slow ? &w->slow : &w->quick;
}

static void dequeue(struct guest_queue *q, struct guest_request *r)
{
    struct guest_request *before = NULL;
    for (struct guest_request *other = q->first; other != r; other = other->next_queued)
        before = other;
    *(before ? &before->next_queued : &q->first) = r->next_queued;
    if (q->last == r)
        q->last = before;
    q->count--;
    r->queued = false;
}

/* ---- News for fronts ---- */

void guest_worker_news(struct guest_request *r)
{
    struct guest_worker *w = r->worker;
    r->told = true;
    r->next_news = NULL;
    *(w->news_last ? &w->news_last->next_news : &w->news_first) = r;
    w->news_last = r;
}

static void take_back_news(struct guest_worker *w, struct guest_request *r)
{
    struct guest_request *before = NULL;
    for (struct guest_request *other = w->news_first; other != r; other = other->next_news)
        before = other;
    *(before ? &before->next_news : &w->news_first) = r->next_news;
    if (w->news_last == r)
        w->news_last = before;
    r->told = false;
}

static void tell_fronts(struct guest_worker *w)
{
    while (w->news_first) {
        struct guest_request *r = w->news_first;
        struct mocket_park *park = r->park;
        mocket_event *reading = r->reading;
        take_back_news(w, r);
        r->news = park == NULL;
        r->park = NULL;
        if (park)
            mocket__native_unpark(park, 0);
        else if (reading)
            mocket__native_interrupt(reading);
    }
}

/* ---- Requests ---- */

struct guest_request *guest_worker_request(struct guest_worker *w)
{
    struct guest_request *r = w->unused;
    if (r) {
        struct mocket_buf out = r->out;
        w->unused = r->next;
        w->unused_count--;
        mocket__buf_reset(&out);
        *r = (struct guest_request){ .out = out };
    } else {
        r = mocket__new(sizeof *r);
        if (!r)
            return NULL;
    }
    r->worker = w;
    r->front = true;
    r->left = -1;
    r->gone.kind = GUEST_JOB_GONE;
    r->owner.kind = GUEST_HANDLE_REQUEST;
    return r;
}

void guest_worker_recycle(struct guest_request *r)
{
    struct guest_worker *w = r->worker;
    if (r->told)
        take_back_news(w, r);
    mocket__buf_release(&r->in);
    if (w->unused_count >= UNUSED_MAX) {
        mocket__buf_release(&r->out);
        mocket__free(r);
        return;
    }
    r->next = w->unused;
    w->unused = r;
    w->unused_count++;
}

void guest_worker_forget(struct guest_request *r)
{
    struct guest_worker *w = r->worker;
    if (r->queued)
        dequeue(queue_of(w, r), r);
    unlink_request(w, r);
    r->inside = false;
    if (!r->front)
        guest_worker_recycle(r);
}

void guest_worker_extend(struct guest_request *r)
{
    uint64_t timeout_ms = r->worker->program->timeout_ms;
    r->deadline_ns = timeout_ms ? guest_now_ns() + timeout_ms * 1000000u : UINT64_MAX;
}

/* ---- Trust ---- */

bool guest_worker_trusts(const struct guest_instance *i, uint32_t slot)
{
    const struct guest_program *p = i->program;
    if (engine_module_waits(p->module->code))
        return false;
    if (!i->worker)
        return true;
    return p->cpu_timeout_ms && guest_pace_trusts(&i->worker->pace, slot, ticker_ticks(i->seat));
}

void guest_worker_learn(struct guest_instance *i, uint32_t slot, bool slow)
{
    if (i->worker)
        guest_pace_note(&i->worker->pace, slot, ticker_ticks(i->seat),
                        (struct guest_pace_result){ .direct = i->direct, .slow = slow });
}

/* ---- The run queue ---- */

static void on_idle(uv_idle_t *handle);

static void push(struct guest_worker *w, struct guest_instance *i)
{
    if (i->runnable)
        return;
    i->runnable = true;
    i->next_runnable = NULL;
    if (!w->run_first && w->handles)
        uv_idle_start(&w->handles->idle, on_idle);
    *(w->run_last ? &w->run_last->next_runnable : &w->run_first) = i;
    w->run_last = i;
}

static void unpush(struct guest_worker *w, struct guest_instance *i)
{
    struct guest_instance *before = NULL;
    if (!i->runnable)
        return;
    for (struct guest_instance *other = w->run_first; other != i; other = other->next_runnable)
        before = other;
    *(before ? &before->next_runnable : &w->run_first) = i->next_runnable;
    if (w->run_last == i)
        w->run_last = before;
    i->runnable = false;
}

void guest_worker_schedule(struct guest_instance *i)
{
    if (i->worker && !i->advancing)
        push(i->worker, i);
}

/* ---- Instances ---- */

static void take_from_idle(struct guest_worker *w, struct guest_instance *i)
{
    struct guest_instance **at = &w->idle;
    while (*at != i)
        at = &(*at)->next_idle;
    *at = i->next_idle;
    i->idle = false;
    w->idle_count--;
    guest_count(w->log.stats, GUEST_STAT_INSTANCES_IDLE, -1);
}

static void make_idle(struct guest_worker *w, struct guest_instance *i)
{
    i->idle = true;
    i->rested_ns = loop_now_ns(w);
    i->next_idle = w->idle;
    w->idle = i;
    w->idle_count++;
    guest_count(w->log.stats, GUEST_STAT_INSTANCES_IDLE, 1);
}

/* What others wait for in an instance that ends: those the guest has never heard of wait for another one. */
static void dismiss_requests(struct guest_worker *w, struct guest_instance *i)
{
    struct guest_request *next;
    for (struct guest_request *r = i->requests > 0 ? w->requests : NULL; r; r = next) {
        next = r->next;
        if (r->instance != i)
            continue;
        if (!r->entered && r->job.queued && !r->owner.death) {
            guest_instance_remove(i, &r->job);
            i->requests--;
            r->instance = NULL;
            if (enqueue(queue_of(w, r), r))
                continue;
        }
        guest_request_fail(r, 503);
        guest_request_end(r);
    }
}

/* Concurrent: one of those that are there beside it, which may be older. */
static struct guest_instance *successor_of(const struct guest_worker *w, const struct guest_instance *i)
{
    struct guest_instance *other = w->instances;
    while (other && (other == i || !guest_instance_is_ready(other) || !guest_instance_fit(other)))
        other = other->next;
    return other;
}

static void end_instance(struct guest_worker *w, struct guest_instance *i)
{
    if (w->shared == i)
        w->shared = successor_of(w, i);
    dismiss_requests(w, i);
    guest_sockets_abandon(i, 1011);
    if (i->idle)
        take_from_idle(w, i);
    unpush(w, i);
    if (i->slow)
        w->slow_count--;
    unlink_instance(w, i);
    guest_instance_close(i);
}

static void start_failed(struct guest_worker *w, struct mocket_buf *why)
{
    uint64_t wait_ms = (uint64_t)RETRY_FIRST_MS << (w->failures < 10 ? w->failures : 10);
    w->failures++;
    guest_count(w->log.stats, GUEST_STAT_INSTANCES_FAILED, 1);
    w->retry_ns = guest_now_ns() + (wait_ms < RETRY_MAX_MS ? wait_ms : RETRY_MAX_MS) * 1000000u;
    struct mocket_buf text = { 0 };
    mocket__buf_text(&text, "no new instance: ");
    mocket__buf_span(&text, mocket__buf_view(why));
    guest_log_text(&w->log, MOCKET_LOG_ERROR, mocket__buf_view(&text));
    mocket__buf_release(&text);
}

/* Its requests get 503 rather than another try: the next one would fail as well. */
static void end_unstarted(struct guest_worker *w, struct guest_instance *i, struct mocket_buf *why)
{
    struct guest_request *next;
    start_failed(w, why);
    for (struct guest_request *r = w->requests; r; r = next) {
        next = r->next;
        if (r->instance == i) {
            guest_request_fail(r, 503);
            guest_request_end(r);
        }
    }
    end_instance(w, i);
}

/* Nothing is to be done in it. */
static void rest(struct guest_worker *w, struct guest_instance *i)
{
    bool fit = guest_instance_fit(i);
    w->failures = 0;
    if (w->reuse == MOCKET_REUSE_CONCURRENT) {
        if (!fit && w->shared == i && w->instance_count <= LINGERING_MAX)
            w->shared = NULL; /* the next request gets another one; this one ends with its last */
        if (w->shared != i && i->requests == 0 && i->socket_count == 0)
            end_instance(w, i);
        return;
    }
    if (i->requests > 0 || i->idle)
        return;
    if (i->slow)
        w->slow_count--;
    i->slow = false;
    if (i->socket_count > 0 && (!fit || guest_worker_pins(i)))
        return; /* it lives for its sockets */
    if (!fit || w->reuse == MOCKET_REUSE_NONE)
        end_instance(w, i);
    else
        make_idle(w, i);
}

/* The request in it takes long: it counts among those of which there may be only so many, and so will others of its
 * kind. */
static void notice_long(struct guest_worker *w, struct guest_instance *i)
{
    if (i->slow || !i->current || w->reuse == MOCKET_REUSE_CONCURRENT || !guest_instance_is_long(i))
        return;
    guest_pace_is_long(&w->pace, i->current->slot);
    i->slow = true;
    w->slow_count++;
}

/* Runs it until it must wait for something. */
static void run(struct guest_worker *w, struct guest_instance *i)
{
    struct mocket_buf why = { 0 };
    w->running++;
    enum guest_progress progress = guest_instance_advance(i, &why);
    w->running--;
    switch (progress) {
    case GUEST_RUNNABLE:
        push(w, i);
        notice_long(w, i);
        break;
    case GUEST_WAITS:
        notice_long(w, i);
        break;
    case GUEST_RESTS:
        rest(w, i);
        break;
    case GUEST_ENDED:
        end_instance(w, i);
        break;
    case GUEST_UNSTARTED:
        end_unstarted(w, i, &why);
        break;
    }
    mocket__buf_release(&why);
}

static struct guest_instance *new_instance(struct guest_worker *w)
{
    struct guest_instance *i = guest_instance_new(w->program, &w->log, w->seat);
    if (!i)
        return NULL;
    i->loop = w->loop;
    link_instance(w, i);
    guest_instance_start(i);
    return i;
}

static bool may_make(const struct guest_worker *w)
{
    return w->failures == 0 || guest_now_ns() >= w->retry_ns;
}

/* ---- Places for sockets ---- */

bool guest_worker_pins(const struct guest_instance *i)
{
    return i->worker->reuse == MOCKET_REUSE_NONE || i->program->module->direct_style;
}

static size_t places_of(const struct guest_worker *w)
{
    return w->reuse == MOCKET_REUSE_NONE ? 1 : w->program->sockets_each;
}

/* Instances that are kept for quick requests. */
static size_t kept(const struct guest_worker *w)
{
    return (w->instances_max + 3) / 4;
}

/* May one more instance be pinned? */
static bool may_pin(const struct guest_worker *w)
{
    return w->pinned_count == 0 || w->pinned_count + kept(w) < w->instances_max;
}

bool guest_worker_has_place(const struct guest_instance *i)
{
    const struct guest_worker *w = i->worker;
    if (i->socket_count == 0 && guest_worker_pins(i) && !may_pin(w))
        return false;
    return i->socket_count < places_of(w);
}

/* Of the instances that live for their sockets one that takes another: a free one rather than one that is busy, one
 * with few sockets rather than one with many. NULL: none does. */
static struct guest_instance *pinned_place(struct guest_worker *w)
{
    struct guest_instance *found = NULL;
    for (struct guest_instance *i = places_of(w) > 1 ? w->instances : NULL; i; i = i->next) {
        if (i->socket_count == 0 || i->socket_count + i->requests >= places_of(w) || !guest_instance_fit(i))
            continue;
        if (!found || (i->suspended == found->suspended ? i->socket_count < found->socket_count : !i->suspended))
            found = i;
    }
    return found;
}

/* Sockets of one instance share its turns and its fate: some instances more are worth it. */
static bool should_spread(const struct guest_worker *w, const struct guest_instance *i)
{
    return (i->suspended || i->socket_count >= SPREAD_EACH) && w->pinned_count < w->instances_max / SPREAD_SHARE;
}

static struct guest_instance *idle_for(struct guest_worker *w, const struct guest_request *r)
{
    for (struct guest_instance *i = w->idle; i; i = i->next_idle)
        if (!i->suspended && (!r->upgrade || i->socket_count < places_of(w)))
            return i;
    return NULL;
}

/* Whether the instance that gets all requests gets this one. */
static bool shared_takes(struct guest_worker *w, const struct guest_request *r)
{
    return !r->upgrade || w->shared->socket_count < places_of(w) || w->instance_count > LINGERING_MAX ||
           w->instance_count >= w->instances_max;
}

/* An instance for a request, or NULL: *later tells whether waiting will help. */
static struct guest_instance *choose(struct guest_worker *w, const struct guest_request *r, bool *later)
{
    bool concurrent = w->reuse == MOCKET_REUSE_CONCURRENT;
    struct guest_instance *i = NULL;
    *later = true;
    if (concurrent && w->shared && shared_takes(w, r))
        return w->shared->requests < SHARED_REQUESTS_MAX ? w->shared : NULL;
    if (r->upgrade && w->pinned_count > 0) {
        i = pinned_place(w);
        *later = i || may_pin(w);
        if (!may_pin(w) || (i && !should_spread(w, i)))
            return i;
    }
    size_t taken = w->slow_count + w->pinned_count;
    if (!concurrent && r->slow && taken + kept(w) >= w->instances_max && w->slow_count > 0)
        return i;
    struct guest_instance *idle = idle_for(w, r);
    if (idle) {
        take_from_idle(w, idle);
        return idle;
    }
    if (i && w->instance_count + kept(w) >= w->instances_max)
        return i;
    if (w->instance_count >= w->instances_max) {
        *later = !r->upgrade || !w->idle; /* else it finds no place, and others would wait behind it */
        return NULL;
    }
    *later = false;
    i = may_make(w) ? new_instance(w) : i;
    if (concurrent && i)
        w->shared = i;
    return i;
}

/* Brings a request into an instance and runs it. False: there is none now. */
static bool assign(struct guest_worker *w, struct guest_request *r)
{
    bool later;
    struct guest_instance *i = choose(w, r, &later);
    if (!i && later)
        return false;
    if (r->queued)
        dequeue(queue_of(w, r), r);
    if (!i) {
        guest_request_fail(r, 503);
        guest_request_end(r);
        return true;
    }
    if (r->slow && !i->slow && w->reuse != MOCKET_REUSE_CONCURRENT) {
        i->slow = true;
        w->slow_count++;
    }
    r->instance = i;
    i->requests++;
    guest_instance_add(i, &r->job);
    if (!i->suspended)
        run(w, i);
    return true;
}

static void serve_queues(struct guest_worker *w)
{
    while (w->quick.first && assign(w, w->quick.first))
        ;
    while (w->slow.first && assign(w, w->slow.first))
        ;
}

/* ---- Time ---- */

static void on_timer(uv_timer_t *timer);

static void look_again(struct guest_worker *w)
{
    uint64_t wait_ms = w->requests || w->calls ? LOOK_MS : w->idle_count > 1 ? LOOK_IDLE_MS : 0;
    if (!w->handles || (uv_is_active((uv_handle_t *)&w->handles->timer) &&
                        (wait_ms != LOOK_MS || uv_timer_get_repeat(&w->handles->timer) == LOOK_MS)))
        return;
    if (wait_ms)
        uv_timer_start(&w->handles->timer, on_timer, wait_ms, wait_ms);
}

/* At the end of each entry. */
static void leave(struct guest_worker *w)
{
    if (w->quick.first || w->slow.first)
        serve_queues(w);
    if (w->requests || w->calls || w->idle_count > 1)
        look_again(w);
    tell_fronts(w);
}

/* A guest that waits, and was told that it is too late, has had its grace. */
static void end_waiting(struct guest_worker *w, struct guest_instance *i)
{
    guest_request_log(i, i->current, MOCKET_LOG_ERROR, MOCKET_SPAN("it waits beyond its time: the instance ends"));
    guest_count(w->log.stats, GUEST_STAT_DEADLINES, 1);
    i->broken = true;
    end_instance(w, i);
}

/* A call of mocket_ws: its time may be up, or its grace. */
static void look_at_call(struct guest_worker *w, struct guest_instance *i, uint64_t now)
{
    struct guest_socket *s = i->event->socket;
    if (now <= s->end_ns)
        return;
    if (!s->overdue)
        guest_socket_overdue(s);
    else if (i->waiting)
        end_waiting(w, i);
}

static void look_at_requests(struct guest_worker *w, uint64_t now)
{
    struct guest_request *next;
    for (struct guest_request *r = w->requests; r; r = next) {
        next = r->next;
        if (r->owner.death == 0 && now > r->deadline_ns)
            guest_request_die(r, MOCKET_ETIMEDOUT);
    }
    struct guest_instance *after;
    for (struct guest_instance *i = w->instances; i; i = after) {
        const struct guest_request *r = i->current;
        after = i->next;
        if (i->event)
            look_at_call(w, i, now);
        else if (i->waiting &&
                 (r ? r->owner.death && now > r->grace_ns : !guest_instance_is_ready(i) && now > i->start_end_ns))
            end_waiting(w, i);
    }
}

/* The one used last stays. */
static void look_at_idle(struct guest_worker *w, uint64_t now)
{
    struct guest_instance *next;
    if (!w->idle)
        return;
    for (struct guest_instance *i = w->idle->next_idle; i; i = next) {
        next = i->next_idle;
        if (now - i->rested_ns > IDLE_NS && i->socket_count == 0)
            end_instance(w, i);
    }
}

static void on_timer(uv_timer_t *timer)
{
    struct guest_worker *w = timer->data;
    uint64_t now = guest_now_ns();
    uv_timer_stop(timer);
    look_at_requests(w, now);
    look_at_idle(w, now);
    leave(w);
}

/* Has the loop been busy with sockets since the last slices, and not for as long as these took? Then it goes first. */
static bool gives_way(struct guest_worker *w, uint64_t now)
{
    bool served = now - w->idle_seen_ns > SERVED_NS;
    w->idle_seen_ns = now;
    return served && now - w->slice_end_ns < w->sliced_ns;
}

static void on_idle(uv_idle_t *handle)
{
    struct guest_worker *w = handle->data;
    struct guest_instance *last = w->run_last;
    uint64_t began = guest_now_ns(), now = began;
    if (gives_way(w, began))
        return;
    for (bool more = last != NULL; more && now - began < TURN_NS; now = guest_now_ns()) {
        struct guest_instance *i = w->run_first;
        more = i != last && i;
        if (!i)
            break;
        unpush(w, i);
        run(w, i);
    }
    w->sliced_ns = now - began;
    w->slice_end_ns = w->idle_seen_ns = now;
    if (!w->run_first)
        uv_idle_stop(handle);
    leave(w);
}

/* ---- Entries of sockets ---- */

void guest_worker_event(struct guest_instance *i)
{
    struct guest_worker *w = i->worker;
    if (i->suspended)
        return; /* it goes on with its jobs when that call has ended */
    if (w->running > 0) {
        guest_worker_schedule(i); /* something of the server's was called from below a guest */
        return;
    }
    run(w, i);
    leave(w);
}

/* ---- Entries of fronts ---- */

static int open_handles(struct guest_worker *w, uv_loop_t *loop)
{
    struct guest_worker_handles *h = mocket__new(sizeof *h);
    if (!h)
        return MOCKET_ENOMEM;
    uv_idle_init(loop, &h->idle);
    uv_timer_init(loop, &h->timer);
    h->open = 2;
    h->idle.data = h->timer.data = w;
    w->quick.most = QUICK_WAITING_MAX;
    w->slow.most = w->instances_max < SLOW_WAITING_MAX ? w->instances_max : SLOW_WAITING_MAX;
    w->loop = loop;
    w->handles = h;
    for (struct guest_instance *i = w->instances; i; i = i->next)
        i->loop = loop;
    return 0;
}

void guest_worker_submit(struct guest_worker *w, struct guest_request *r, uv_loop_t *loop)
{
    uint64_t timeout_ms = w->program->timeout_ms;
    r->submitted = true;
    if (!w->handles && open_handles(w, loop) < 0) {
        guest_request_fail(r, 503);
        leave(w);
        return;
    }
    r->slot = guest_pace_slot(r->message);
    r->slow = guest_pace_is_slow(&w->pace, r->slot);
    r->upgrade = w->program->module->has[GUEST_WS] && r->message->flags & MOCKET_MESSAGE_UPGRADE;
    r->deadline_ns = timeout_ms ? loop_now_ns(w) + timeout_ms * 1000000u : UINT64_MAX;
    r->inside = true;
    link_request(w, r);
    if ((queue_of(w, r)->first || !assign(w, r)) && !enqueue(queue_of(w, r), r)) {
        guest_request_fail(r, 503);
        guest_request_end(r);
    }
    leave(w);
}

void guest_worker_gone(struct guest_worker *w, struct guest_request *r)
{
    if (r->inside)
        guest_request_die(r, MOCKET_ECLOSED);
    leave(w);
}

/* ---- Life ---- */

void guest_worker_adopt(struct guest_worker *w, struct guest_instance *i)
{
    i->log = &w->log;
    i->seat = w->seat;
    link_instance(w, i);
    if (w->reuse == MOCKET_REUSE_CONCURRENT)
        w->shared = i;
    else
        make_idle(w, i);
}

static void on_closed(uv_handle_t *handle)
{
    struct guest_worker_handles *h =
        handle->type == UV_IDLE
            ? (struct guest_worker_handles *)((char *)handle - offsetof(struct guest_worker_handles, idle))
            : (struct guest_worker_handles *)((char *)handle - offsetof(struct guest_worker_handles, timer));
    if (--h->open == 0)
        mocket__free(h);
}

void guest_worker_release(struct guest_worker *w)
{
    while (w->instances)
        end_instance(w, w->instances);
    while (w->requests)
        guest_request_end(w->requests);
    while (w->unused) {
        struct guest_request *r = w->unused;
        w->unused = r->next;
        mocket__buf_release(&r->out);
        mocket__free(r);
    }
    mocket__pool_free(w->pool);
    w->pool = NULL;
    if (w->handles) {
        uv_close((uv_handle_t *)&w->handles->idle, on_closed);
        uv_close((uv_handle_t *)&w->handles->timer, on_closed);
        w->handles = NULL;
    }
    guest_log_flush(&w->log);
}
