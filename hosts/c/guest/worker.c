/* When an instance is made, runs, rests and ends.
 *
 * A request is brought into the instance that place.c finds for it, or waits in the inbox. The instance runs at once,
 * until its job has ended, or waits, or has had its slice of time. Those that run in slices take turns in a queue of
 * which the loop looks at the head each time round, behind everything that has come in from sockets meanwhile. So an
 * instance whose job takes long holds up nobody else.
 *
 * A guest whose start fails must not cost a full start for every request: after a failure nothing is tried for a while,
 * which doubles with each further one. What does not fit into the inbox is answered 503.
 *
 * What must stay true: a front is resumed only at the end of an entry (submit, gone, the loop's callbacks), when no
 * instance is being advanced, since it may go on to end its request there and then. */
#include "worker.h"

#include <assert.h>
#include <time.h>

#include "../../../src/base/container.h"
#include "../../../src/base/memory.h"
#include "../../../src/base/span.h"
#include "../../../src/backend/native/client/outgoing.h"
#include "operation.h"
#include "place.h"
#include "socket.h"

#define RETRY_FIRST_MS 50u
#define RETRY_MAX_MS 5000u
#define LOOK_MS 10u        /* how often deadlines are looked at while something waits */
#define LOOK_IDLE_MS 1000u /* and idle instances */
#define IDLE_NS (10 * MOCKET_SECOND_NS)
#define TURN_NS UINT64_C(5000000)  /* of slices, before sockets are looked at again */
#define LONG_NS UINT64_C(50000000) /* a request that had its place for longer is not quick */
#define TRIALS_LOOKED_AT 64u       /* requests that wait, to find one that may be tried */
#define SERVED_NS UINT64_C(50000)  /* a turn of the loop that took longer has served somebody */

struct guest_worker_handles {
    uv_idle_t idle;   /* runs the queue, and keeps the loop from sleeping meanwhile */
    uv_timer_t timer; /* looks at deadlines */
    int open;
};

/* The loop's idea of the time: some milliseconds old perhaps, and free. */
static uint64_t loop_now_ns(const struct guest_worker *w)
{
    return w->loop ? uv_now(w->loop) * MOCKET_MS_NS : guest_now_ns();
}

/* ---- Requests ---- */

struct guest_request *guest_worker_request(struct guest_worker *w)
{
    struct guest_request *r = guest_inbox_new(&w->inbox);
    if (!r)
        return NULL;
    r->worker = w;
    r->in.till = r->out.till = w->log.till;
    r->in.part = MOCKET_CHARGE_REQUESTS;
    r->out.part = MOCKET_CHARGE_ANSWERS;
    return r;
}

/* It takes long, as can be seen before it has ended. */
static void note_long(struct guest_worker *w, struct guest_request *r)
{
    if (!r->is_long)
        guest_pace_note_request(&w->pace, r->kind, true);
    r->is_long = true;
}

/* Whether a request was quick counts only if it came to its own end. */
static void note_end(struct guest_worker *w, struct guest_request *r)
{
    uint64_t now = loop_now_ns(w); /* may be older than began_ns */
    if (r->began_ns == 0 || r->is_long)
        return;
    if (now > r->began_ns && now - r->began_ns > LONG_NS)
        note_long(w, r);
    else if (!r->owner.death && r->failure == 0)
        guest_pace_note_request(&w->pace, r->kind, false);
}

void guest_worker_forget(struct guest_request *r)
{
    struct guest_worker *w = r->worker;
    note_end(w, r);
    guest_inbox_leave(&w->inbox, r);
    guest_count(w->log.stats, GUEST_STAT_IN_FLIGHT, -1);
    if (!r->front)
        guest_inbox_recycle(&w->inbox, r);
}

void guest_worker_extend(struct guest_request *r)
{
    uint64_t limit_ns = mocket__limit_ns(r->worker->program->timeout_ms);
    r->deadline_ns = mocket__deadline_first(r->total_ns, mocket__deadline_after(guest_now_ns(), limit_ns));
}

/* ---- Trust ---- */

static uint64_t thread_cpu_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return mocket__timespec_ns(t);
}

bool guest_worker_trusts(const struct guest_instance *i, guest_kind kind)
{
    const struct guest_program *p = i->program;
    struct guest_worker *w = i->worker;
    if (engine_module_waits(p->module->code))
        return false;
    if (!w)
        return true;
    if (!p->cpu_timeout_ms || !guest_pace_trusts(&w->pace, kind, i->began_ns))
        return false;
    if (w->cpu_tick != i->job_tick) { /* once a tick, since it is a system call */
        w->cpu_tick = i->job_tick;
        w->cpu_ns = thread_cpu_ns();
    }
    return true;
}

/* A direct call that took long because the machine was busy with other programs is not slow. */
static bool was_busy(const struct guest_worker *w)
{
    return thread_cpu_ns() - w->cpu_ns > GUEST_DIRECT_NS;
}

void guest_worker_learn(struct guest_instance *i, guest_kind kind, bool slow)
{
    struct guest_worker *w = i->worker;
    if (!w)
        return;
    slow = slow && (!i->direct || was_busy(w));
    guest_pace_note_call(&w->pace, kind, (struct guest_pace_result){ .direct = i->direct, .slow = slow },
                         slow ? guest_now_ns() : 0);
    if (slow && i->direct && i->current)
        note_long(w, i->current);
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
    for (struct guest_request *r = i->requests > 0 ? w->inbox.all : NULL; r; r = next) {
        next = r->next;
        if (r->instance != i)
            continue;
        if (!r->entered && r->job.queued && !r->owner.death) {
            guest_instance_remove(i, &r->job);
            guest_place_exit(r);
            if (guest_inbox_wait(&w->inbox, r))
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
    guest_sockets_abandon(i, MOCKET_WS_CODE_FAILED);
    if (i->idle)
        take_from_idle(w, i);
    unpush(w, i);
    w->lingering_count -= i->lingers;
    unlink_instance(w, i);
    guest_instance_close(i);
}

static void start_failed(struct guest_worker *w, struct mocket_buf *why)
{
    uint64_t wait_ms = (uint64_t)RETRY_FIRST_MS << (w->failures < 10 ? w->failures : 10);
    w->failures++;
    guest_count(w->log.stats, GUEST_STAT_INSTANCES_FAILED, 1);
    w->retry_ns = guest_now_ns() + (wait_ms < RETRY_MAX_MS ? wait_ms : RETRY_MAX_MS) * MOCKET_MS_NS;
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
    for (struct guest_request *r = w->inbox.all; r; r = next) {
        next = r->next;
        if (r->instance == i) {
            guest_request_fail(r, 503);
            guest_request_end(r);
        }
    }
    end_instance(w, i);
}

/* Concurrent: the one that got all requests is not fit any more, and stays for those and the sockets that it has; for
 * more requests too, if there can be no other one. */
static void replace_shared(struct guest_worker *w, const struct guest_instance *i)
{
    struct guest_instance *next = successor_of(w, i);
    bool ends = i->requests == 0 && i->socket_count == 0;
    if (next || ends || guest_place_may_replace(w))
        w->shared = next; /* NULL: the next request gets a new one */
}

/* Nothing is to be done in it. */
static void rest(struct guest_worker *w, struct guest_instance *i)
{
    bool fit = guest_instance_fit(i);
    if (!fit && i->socket_count > 0 && (w->reuse == MOCKET_REUSE_CONCURRENT || !guest_place_pins(i)))
        guest_place_linger(i);
    if (w->reuse == MOCKET_REUSE_CONCURRENT) {
        if (!fit && w->shared == i)
            replace_shared(w, i);
        if (w->shared != i && i->requests == 0 && i->socket_count == 0)
            end_instance(w, i);
        return;
    }
    if (i->requests > 0 || (i->idle && fit))
        return;
    if (i->idle) /* events of its sockets used it up */
        take_from_idle(w, i);
    if (i->socket_count > 0 && (!fit || guest_place_pins(i)))
        return; /* it lives for its sockets */
    if (!fit || w->reuse == MOCKET_REUSE_NONE)
        end_instance(w, i);
    else
        make_idle(w, i);
}

/* Runs it until it must wait for something. */
static void run(struct guest_worker *w, struct guest_instance *i)
{
    struct mocket_buf why = { 0 };
    bool starting = !guest_instance_is_ready(i);
    w->running++;
    enum guest_progress progress = guest_instance_advance(i, &why);
    w->running--;
    if (starting && guest_instance_is_ready(i) && progress != GUEST_UNSTARTED)
        w->failures = 0;
    switch (progress) {
    case GUEST_RUNNABLE:
        push(w, i);
        break;
    case GUEST_WAITS:
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
    if (!guest_instance_reserve(i)) {
        guest_instance_close(i);
        return NULL;
    }
    i->loop = w->loop;
    link_instance(w, i);
    guest_instance_start(i);
    return i;
}

static bool may_make(const struct guest_worker *w)
{
    return w->failures == 0 || mocket__deadline_is_over(w->retry_ns, guest_now_ns());
}

/* One that is used up ends, though it has sockets: others could not be served. */
static void make_room(struct guest_worker *w, struct guest_instance *i)
{
    guest_log_raw(
        &w->log, MOCKET_LOG_WARN,
        MOCKET_SPAN(
            "too many used-up instances are kept for their WebSockets: one of them ends and closes its WebSockets"));
    guest_sockets_abandon(i, MOCKET_WS_CODE_RESTART);
    end_instance(w, i);
}

/* The instance of a place, made if need be; or NULL: place->later says whether waiting will help. */
static struct guest_instance *instance_for(struct guest_worker *w, struct guest_place *place)
{
    if (place->instance && place->instance->idle)
        take_from_idle(w, place->instance);
    if (!place->fresh)
        return place->instance;
    bool may = may_make(w);
    if (may && place->instead)
        make_room(w, place->instead);
    struct guest_instance *i = may ? new_instance(w) : NULL;
    if (!i) {
        place->later = guest_place_may_wait(w);
        return place->instance;
    }
    if (w->reuse == MOCKET_REUSE_CONCURRENT)
        w->shared = i;
    return i;
}

/* Brings a request into an instance and runs it. False: there is none now. */
static bool assign(struct guest_worker *w, struct guest_request *r)
{
    struct guest_place place = guest_place_find(w, r);
    struct guest_instance *i = instance_for(w, &place);
    if (!i && place.later)
        return false;
    if (r->queued)
        guest_inbox_take(&w->inbox, r);
    if (!i) {
        if (r->upgrade && w->failures == 0)
            guest_log_seldom(
                &w->log, &w->log.refused_ns, MOCKET_LOG_WARN,
                MOCKET_SPAN("WebSocket refused: no instance has a place for another one (--max-instances)"));
        guest_request_fail(r, 503);
        guest_request_end(r);
        return true;
    }
    guest_place_enter(i, r, place.share);
    guest_instance_add(i, &r->job);
    if (!i->suspended)
        run(w, i);
    return true;
}

/* Something else may have been learned of its kind since it came. True: it has changed queues. */
static bool moves(struct guest_worker *w, struct guest_request *r)
{
    enum guest_standing standing = guest_pace_standing(&w->pace, r->kind);
    if (standing == r->standing)
        return false;
    guest_inbox_move(&w->inbox, r, standing);
    return true;
}

/* One of the requests that wait. False: there is no place for any that may use the common ones. */
static bool serve_one(struct guest_worker *w)
{
    struct guest_request *r = w->inbox.queues[GUEST_QUICK].first;
    if (r && assign(w, r))
        return true;
    r = guest_inbox_oldest(&w->inbox);
    return r && (moves(w, r) || assign(w, r));
}

/* A request of an unknown kind that may be tried, of those that have waited for longest. */
static bool serve_trial(struct guest_worker *w)
{
    struct guest_request *r = w->inbox.queues[GUEST_UNKNOWN].first;
    if (!guest_place_has_trial(w))
        return false;
    for (unsigned n = 0; r && n < TRIALS_LOOKED_AT; n++, r = r->next_queued) {
        if (moves(w, r))
            return true;
        if (guest_place_may_try(w, r))
            return assign(w, r);
    }
    return false;
}

static void serve_queues(struct guest_worker *w)
{
    do {
        while (serve_one(w))
            ;
    } while (serve_trial(w));
}

/* ---- Time ---- */

static void on_timer(uv_timer_t *timer);

/* Is there anything that must not last for ever? A start is not among it: it cannot wait, and the time that it may run
 * is looked at after each slice. */
static bool has_deadlines(const struct guest_worker *w)
{
    return w->inbox.all || w->calls;
}

static void look_again(struct guest_worker *w)
{
    uint64_t wait_ms = has_deadlines(w) ? LOOK_MS : w->idle_count > 1 ? LOOK_IDLE_MS : 0;
    if (!w->handles || (uv_is_active((uv_handle_t *)&w->handles->timer) &&
                        (wait_ms != LOOK_MS || uv_timer_get_repeat(&w->handles->timer) == LOOK_MS)))
        return;
    if (wait_ms)
        uv_timer_start(&w->handles->timer, on_timer, wait_ms, wait_ms);
}

/* At the end of each entry. */
static void leave(struct guest_worker *w)
{
    if (guest_inbox_has_waiting(&w->inbox))
        serve_queues(w);
    if (has_deadlines(w) || w->idle_count > 1)
        look_again(w);
    guest_inbox_tell_fronts(&w->inbox);
}

/* A guest that waits, and was told that it is too late, has had its grace. */
static void end_waiting(struct guest_worker *w, struct guest_instance *i)
{
    guest_request_log(i, i->current, MOCKET_LOG_ERROR,
                      MOCKET_SPAN("the call still waits after its grace period: the instance ends"));
    guest_count(w->log.stats, GUEST_STAT_DEADLINES, 1);
    i->broken = true;
    end_instance(w, i);
}

/* A call of mocket_ws: its time may be up, or its grace. */
static void look_at_call(struct guest_worker *w, struct guest_instance *i, uint64_t now)
{
    struct guest_socket *s = i->event->socket;
    if (!mocket__deadline_is_over(s->end_ns, now))
        return;
    if (!s->overdue)
        guest_socket_overdue(s);
    else if (i->waiting)
        end_waiting(w, i);
}

/* Has it had its place for long? Then it counts among such, and so will others of its kind. */
static void look_at_length(struct guest_worker *w, struct guest_request *r, uint64_t now)
{
    if (!r->instance || r->began_ns == 0 || now < r->began_ns + LONG_NS)
        return;
    note_long(w, r);
    guest_place_demote(r);
}

static void look_at_requests(struct guest_worker *w, uint64_t now)
{
    struct guest_request *next;
    for (struct guest_request *r = w->inbox.all; r; r = next) {
        next = r->next;
        look_at_length(w, r, now);
        if (r->owner.death == 0 && mocket__deadline_is_over(r->deadline_ns, now))
            guest_request_die(r, MOCKET_ETIMEDOUT);
    }
    struct guest_instance *after;
    for (struct guest_instance *i = w->instances; i; i = after) {
        const struct guest_request *r = i->current;
        after = i->next;
        if (i->event)
            look_at_call(w, i, now);
        else if (i->waiting && r && r->owner.death && mocket__deadline_is_over(r->grace_ns, now))
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
    for (bool more = last; more && now - began < TURN_NS; now = guest_now_ns()) {
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
    guest_inbox_open(&w->inbox, w->instances_max);
    w->loop = loop;
    w->handles = h;
    for (struct guest_instance *i = w->instances; i; i = i->next)
        i->loop = loop;
    return 0;
}

void guest_worker_submit(struct guest_worker *w, struct guest_request *r, uv_loop_t *loop)
{
    r->submitted = true;
    if (!w->handles && open_handles(w, loop) < 0) {
        guest_request_fail(r, 503);
        leave(w);
        return;
    }
    r->kind = guest_pace_kind(&w->pace, r->message);
    r->standing = guest_pace_standing(&w->pace, r->kind);
    r->upgrade = w->program->module->has[GUEST_WS] && r->message->flags & MOCKET_MESSAGE_UPGRADE;
    r->deadline_ns = mocket__deadline_after(loop_now_ns(w), mocket__limit_ns(w->program->timeout_ms));
    r->total_ns = MOCKET_NEVER;
    guest_inbox_enter(&w->inbox, r);
    guest_count(w->log.stats, GUEST_STAT_IN_FLIGHT, 1);
    if ((guest_inbox_others_wait(&w->inbox, r) || !assign(w, r)) && !guest_inbox_wait(&w->inbox, r)) {
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
    guest_instance_move(i, &w->log);
    i->seat = w->seat;
    link_instance(w, i);
    if (w->reuse == MOCKET_REUSE_CONCURRENT)
        w->shared = i;
    else
        make_idle(w, i);
}

static void on_closed(uv_handle_t *handle)
{
    struct guest_worker_handles *h = handle->type == UV_IDLE
                                         ? MOCKET_CONTAINER_OF(handle, struct guest_worker_handles, idle)
                                         : MOCKET_CONTAINER_OF(handle, struct guest_worker_handles, timer);
    if (--h->open == 0)
        mocket__free(h);
}

void guest_worker_release(struct guest_worker *w)
{
    while (w->instances)
        end_instance(w, w->instances);
    while (w->inbox.all)
        guest_request_end(w->inbox.all);
    guest_inbox_release(&w->inbox);
    mocket__pool_free(w->pool);
    w->pool = NULL;
    if (w->handles) {
        uv_close((uv_handle_t *)&w->handles->idle, on_closed);
        uv_close((uv_handle_t *)&w->handles->timer, on_closed);
        w->handles = NULL;
    }
    mocket__till_close(w->log.till);
}
