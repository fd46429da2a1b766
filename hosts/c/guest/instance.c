/* The life of an instance: engine instance, _initialize, mocket_start or _start, then jobs, until something goes wrong
 * or it has served long enough.
 *
 * Each job is one or two calls, and a call may stop on the way: when its slice of time is over, or in an import that
 * waits. So a job is a row of steps, and guest_instance_advance takes one after the other. run is the one place where a
 * guest is entered: directly, on the thread's stack, when the worker trusts the kind of job to be quick, else in slices
 * on a stack of the engine's.
 *
 * A guest may lie about itself: an instance that declares something else than the first one did is refused, since the
 * host serves by the first one's word. */
#include "instance.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "../../../src/base/container.h"
#include "../../../src/base/memory.h"
#include "../../../src/backend/native/client/outgoing.h"
#include "operation.h"
#include "request.h"
#include "socket.h"
#include "worker.h"

#define REQUESTS_MAX 200000  /* below the number of generations of a handle */
#define INSTANCE_COST 65536u /* beside its memory: pages of its stack and tables, what the host knows of it */
#define JOBS_AT_ONCE 64u     /* before others have their turn */
#define SLOW_NS (ENGINE_TICK_MS * MOCKET_MS_NS)

/* ---- Jobs ---- */

void guest_instance_add(struct guest_instance *i, struct guest_job *job)
{
    if (job->queued)
        return;
    job->queued = true;
    job->next = NULL;
    job->previous = i->last_job;
    *(i->last_job ? &i->last_job->next : &i->first_job) = job;
    i->last_job = job;
}

void guest_instance_remove(struct guest_instance *i, struct guest_job *job)
{
    *(job->previous ? &job->previous->next : &i->first_job) = job->next;
    *(job->next ? &job->next->previous : &i->last_job) = job->previous;
    job->queued = false;
}

/* ---- Time ---- */

/* When the job under way must have ended, whatever it has used. */
static uint64_t job_end_ns(const struct guest_instance *i)
{
    if (i->step < GUEST_STEP_REST)
        return i->start_end_ns;
    const struct guest_request *r = i->current;
    if (i->event)
        return i->event->socket->end_ns;
    return !r ? MOCKET_NEVER : r->owner.death ? r->grace_ns : r->deadline_ns;
}

void guest_instance_begin_stretch(struct guest_instance *i)
{
    const struct guest_owner *owner = guest_instance_owner(i);
    bool starting = i->step < GUEST_STEP_REST;
    if (owner->death == 0) /* what has died gets no more than its grace */
        i->run_left_ns = starting ? MOCKET_NEVER : mocket__limit_ns(i->program->cpu_timeout_ms);
}

/* Milliseconds of a call into the engine until the job's time is up; 0: no limit. */
static uint64_t engine_ms(const struct guest_instance *i, uint64_t now)
{
    return i->deadline_ns == MOCKET_NEVER ? 0 : mocket__deadline_left_ms(i->deadline_ns, now);
}

/* A job begins: directly or in slices, and for how long. */
static void begin_time(struct guest_instance *i, guest_kind kind)
{
    const struct guest_program *p = i->program;
    uint64_t now = guest_now_ns(), end = job_end_ns(i);
    bool starting = i->step < GUEST_STEP_REST;
    i->job_tick = ticker_ticks(i->seat);
    i->began_ns = now;
    i->used_ns = 0;
    i->late = i->waited = false;
    i->run_left_ns = starting ? MOCKET_NEVER : mocket__limit_ns(p->cpu_timeout_ms);
    i->direct = guest_worker_trusts(i, kind);
    i->deadline_ns = mocket__deadline_first(end, mocket__deadline_after(now, i->run_left_ns));
    if (i->direct && i->engine)
        engine_deadline(i->engine, engine_ms(i, now));
}

bool guest_instance_is_long(const struct guest_instance *i)
{
    if (!i->direct)
        return i->waited || i->used_ns > SLOW_NS;
    return ticker_ticks(i->seat) - i->job_tick > 1 && guest_now_ns() - i->began_ns > GUEST_DIRECT_NS;
}

static void end_time(struct guest_instance *i, guest_kind kind)
{
    guest_worker_learn(i, kind, guest_instance_is_long(i));
}

void guest_instance_limit(struct guest_instance *i, uint64_t ms)
{
    uint64_t end = mocket__deadline_after(guest_now_ns(), ms * MOCKET_MS_NS);
    if (end >= i->deadline_ns)
        return;
    i->deadline_ns = end;
    if (i->direct)
        engine_deadline(i->engine, ms);
}

/* ---- Entering the guest ---- */

static const enum guest_export step_exports[] = {
    [GUEST_STEP_MAKE] = GUEST_OUTSIDE, [GUEST_STEP_INITIALIZE] = GUEST_INITIALIZE,
    [GUEST_STEP_START] = GUEST_START,  [GUEST_STEP_REST] = GUEST_OUTSIDE,
    [GUEST_STEP_ALLOC] = GUEST_ALLOC,  [GUEST_STEP_HANDLE] = GUEST_HANDLE,
    [GUEST_STEP_DONE] = GUEST_DONE,    [GUEST_STEP_GONE] = GUEST_GONE,
    [GUEST_STEP_WS] = GUEST_WS,
};
static const unsigned char step_slots[] = {
    [GUEST_STEP_ALLOC] = 1, [GUEST_STEP_HANDLE] = 3, [GUEST_STEP_DONE] = 2, [GUEST_STEP_GONE] = 1, [GUEST_STEP_WS] = 4
};

static enum guest_export export_of(const struct guest_instance *i)
{
    return i->step == GUEST_STEP_START && i->program->module->has[GUEST_MOCKET_START] ? GUEST_MOCKET_START
                                                                                      : step_exports[i->step];
}

static enum engine_outcome make_directly(struct guest_instance *i, struct mocket_buf *why)
{
    struct engine_start start = { .data = i, .deadline_ms = engine_ms(i, guest_now_ns()) };
    int rc = engine_instance_open(i->program->module->code, &start, &i->engine, why);
    return rc == 0 ? ENGINE_RETURNED : ENGINE_TRAPPED;
}

static enum engine_outcome run_directly(struct guest_instance *i, struct mocket_buf *why)
{
    if (i->step == GUEST_STEP_MAKE)
        return make_directly(i, why);
    size_t count = i->step < GUEST_STEP_REST ? 0 : step_slots[i->step];
    return engine_call(i->engine, i->running, i->slots, count, why);
}

static bool begin_slices(struct guest_instance *i)
{
    if (i->step == GUEST_STEP_MAKE)
        return engine_instance_begin(i->program->module->code, i, &i->engine) == 0;
    return engine_call_begin(i->engine, i->running, i->slots);
}

static enum engine_outcome run_slice(struct guest_instance *i, struct mocket_buf *why)
{
    uint64_t before = guest_now_ns();
    if (!i->suspended && !begin_slices(i)) {
        mocket__buf_text(why, "out of memory");
        return ENGINE_TRAPPED;
    }
    i->suspended = true;
    uint64_t end = job_end_ns(i);
    i->deadline_ns = mocket__deadline_first(end, mocket__deadline_after(before, i->run_left_ns));
    enum engine_outcome outcome = engine_resume(i->engine, why);
    uint64_t now = guest_now_ns(), used = now - before;
    i->used_ns += used;
    i->run_left_ns -= i->run_left_ns == MOCKET_NEVER ? 0 : mocket__deadline_first(used, i->run_left_ns);
    i->waiting = outcome == ENGINE_WAITING;
    i->waited |= i->waiting;
    if (i->waiting)
        guest_instance_begin_stretch(i);
    if (outcome != ENGINE_SLICED)
        return outcome;
    if (now > job_end_ns(i) || i->run_left_ns == 0) {
        i->late = true;
        engine_interrupt(i->engine);
    }
    return outcome;
}

static enum engine_outcome run(struct guest_instance *i, struct mocket_buf *why)
{
    i->running = export_of(i);
    ticker_enter(i->seat);
    enum engine_outcome outcome = i->direct ? run_directly(i, why) : run_slice(i, why);
    ticker_leave(i->seat);
    if (outcome == ENGINE_SLICED || outcome == ENGINE_WAITING)
        return outcome;
    if (!i->direct && i->suspended && outcome == ENGINE_RETURNED)
        i->slots[0].i32 = i->step == GUEST_STEP_MAKE ? 0 : engine_result(i->engine);
    i->suspended = i->waiting = false;
    i->running = GUEST_OUTSIDE;
    if (outcome == ENGINE_TRAPPED && !i->exited &&
        (i->late || mocket__deadline_is_over(i->deadline_ns, guest_now_ns())))
        outcome = ENGINE_EXPIRED;
    return outcome;
}

/* ---- Memory ---- */

static uint64_t bytes_used(const struct guest_instance *i)
{
    struct engine_use use = engine_use_of(i->engine);
    return use.memory + use.heap;
}

static void count_memory(struct guest_instance *i, uint64_t bytes)
{
    guest_count(i->log->stats, GUEST_STAT_MEMORY, (int64_t)(bytes - i->memory_counted));
    i->memory_counted = bytes;
    if (INSTANCE_COST + bytes > i->charged) { /* of an engine that does not ask before memory grows */
        mocket__till_owe(i->log->till, MOCKET_CHARGE_INSTANCES, INSTANCE_COST + bytes - i->charged);
        i->charged = INSTANCE_COST + bytes;
    }
}

/* What was charged once stays until the end. */
static bool charge(struct guest_instance *i, uint64_t bytes)
{
    if (bytes <= i->charged)
        return true;
    if (!mocket__till_take(i->log->till, MOCKET_CHARGE_INSTANCES, bytes - i->charged)) {
        guest_log_full(i->log);
        return false;
    }
    i->charged = bytes;
    return true;
}

bool guest_instance_reserve(struct guest_instance *i)
{
    return charge(i, INSTANCE_COST + i->program->instance_bytes);
}

void guest_instance_move(struct guest_instance *i, struct guest_log *log)
{
    mocket__till_give(i->log->till, MOCKET_CHARGE_INSTANCES, i->charged);
    mocket__till_owe(log->till, MOCKET_CHARGE_INSTANCES, i->charged);
    i->log = log;
}

bool guest_instance_growing(void *data, int64_t bytes)
{
    struct guest_instance *i = data;
    if (bytes > 0 && !charge(i, INSTANCE_COST + i->grown + (uint64_t)bytes))
        return false;
    i->grown += (uint64_t)bytes;
    return true;
}

static void tell_heap(const struct guest_instance *i)
{
    char text[96];
    int len = snprintf(text, sizeof text, "GC heap: %" PRIu64 " bytes; calls with collections: %" PRIu64, i->heap,
                       i->collections);
    guest_log_raw(i->log, MOCKET_LOG_DEBUG, (mocket_span){ text, (size_t)len });
}

/* One line a second at most. */
static void count_collection(struct guest_instance *i)
{
    uint64_t now = guest_now_ns();
    guest_count(i->log->stats, GUEST_STAT_COLLECTIONS, 1);
    i->collections++;
    if (now - i->collections_ns < MOCKET_SECOND_NS)
        return;
    tell_heap(i);
    i->collections = 0;
    i->collections_ns = now;
}

/* The guest has run. */
static void look_at_memory(struct guest_instance *i)
{
    struct engine_use use = engine_use_of(i->engine);
    count_memory(i, use.memory + use.heap);
    bool grew = use.heap != i->heap;
    i->heap = use.heap;
    if (grew)
        tell_heap(i);
    if (engine_collected(i->engine))
        count_collection(i);
}

/* ---- Starting ---- */

static int check_declaration(const struct guest_instance *i, struct mocket_buf *why)
{
    const struct guest_declaration *first = &i->program->declared, *now = &i->declared;
    if (!now->listening) {
        mocket__buf_text(why, "its start ended without a call of listen (main of an app in C ends with mocket_listen)");
        return MOCKET_EINVAL;
    }
    if (!i->program->known)
        return 0;
    if (first->reuse == now->reuse && first->streams == now->streams && first->body_errors == now->body_errors &&
        first->max_body == now->max_body && first->max_message == now->max_message &&
        first->on_demand == now->on_demand && strcmp(first->address, now->address) == 0)
        return 0;
    mocket__buf_text(why, "its call of listen or option differs from the first instance's");
    return MOCKET_EINVAL;
}

/* How a step of the start ended. An exit with code 0 counts as returning. */
static bool explain_start(struct guest_instance *i, enum engine_outcome outcome, const struct mocket_buf *trap,
                          struct mocket_buf *why)
{
    if (outcome == ENGINE_TRAPPED && i->exited && i->exit_code == 0 && i->step != GUEST_STEP_MAKE) {
        i->exited = false;
        return true;
    }
    if (outcome == ENGINE_RETURNED)
        return true;
    if (i->step != GUEST_STEP_MAKE)
        mocket__buf_text(why, guest_export_name(export_of(i)));
    if (i->exited) {
        mocket__buf_text(why, " ended with exit code ");
        mocket__buf_decimal(why, i->exit_code);
        return false;
    }
    if (i->step != GUEST_STEP_MAKE)
        mocket__buf_text(why, outcome == ENGINE_EXPIRED ? " did not return in time: " : " failed: ");
    mocket__buf_span(why, mocket__buf_view(trap));
    return false;
}

/* The next step of the start that there is anything to do in. */
static void next_of_start(struct guest_instance *i)
{
    i->step++;
    if (i->step == GUEST_STEP_INITIALIZE && !i->program->module->has[GUEST_INITIALIZE])
        i->step++;
}

/* False: it could not be started. */
static bool after_start_step(struct guest_instance *i, enum engine_outcome outcome, const struct mocket_buf *trap,
                             struct mocket_buf *why)
{
    if (!explain_start(i, outcome, trap, why))
        return false;
    next_of_start(i);
    if (i->step < GUEST_STEP_REST)
        return true;
    i->memory_at_start = bytes_used(i);
    if (check_declaration(i, why) < 0)
        return false;
    end_time(i, GUEST_KIND_START);
    return true;
}

/* ---- Jobs, step by step ---- */

static struct guest_request *request_of(struct guest_job *job)
{
    return job->kind == GUEST_JOB_GONE ? MOCKET_CONTAINER_OF(job, struct guest_request, gone)
                                       : MOCKET_CONTAINER_OF(job, struct guest_request, job);
}

static guest_kind kind_of(const struct guest_instance *i)
{
    return i->current ? i->current->kind : i->event ? i->event->socket->kind : GUEST_KIND_EVENT;
}

static void end_job(struct guest_instance *i)
{
    struct guest_request *r = i->current;
    struct guest_event *ev = i->event;
    end_time(i, kind_of(i));
    i->step = GUEST_STEP_REST;
    i->current = NULL;
    i->event = NULL;
    if (r)
        guest_request_settle(r);
    if (ev)
        guest_socket_end(ev);
}

static void begin_request(struct guest_instance *i, struct guest_request *r)
{
    i->current = r;
    i->message_len = guest_request_size(r);
    if (i->message_len == 0) {
        i->current = NULL;
        guest_request_fail(r, 413);
        guest_request_end(r);
        return;
    }
    i->served++;
    i->step = GUEST_STEP_ALLOC;
    i->slots[0].u64 = i->message_len;
    begin_time(i, r->kind);
    r->began_ns = i->began_ns;
}

struct guest_owner *guest_instance_owner(struct guest_instance *i)
{
    return i->current && i->current->owner.number > 0 ? &i->current->owner
           : i->event                                 ? &i->event->socket->owner
                                                      : &i->owner;
}

static struct guest_request *request_of_owner(struct guest_owner *owner)
{
    return owner->kind == GUEST_HANDLE_REQUEST ? MOCKET_CONTAINER_OF(owner, struct guest_request, owner) : NULL;
}

static void begin_done(struct guest_instance *i, struct guest_op *op)
{
    i->current = request_of_owner(op->owner);
    i->slots[0].i64 = op->number;
    i->slots[1].i64 = guest_op_take(op);
    i->step = GUEST_STEP_DONE;
    begin_time(i, kind_of(i));
}

static void begin_gone(struct guest_instance *i, struct guest_request *r)
{
    i->current = r;
    i->slots[0].i64 = r->owner.number;
    i->step = GUEST_STEP_GONE;
    begin_time(i, r->kind);
}

static void pass_event(struct guest_instance *i, uint32_t at)
{
    const struct guest_event *ev = i->event;
    i->slots[0].i64 = ev->socket->owner.number;
    i->slots[1].i64 = ev->kind;
    i->slots[2].u64 = at;
    i->slots[3].u64 = ev->len;
    i->step = GUEST_STEP_WS;
}

static void begin_event(struct guest_instance *i, struct guest_event *ev)
{
    i->event = ev;
    guest_socket_begin(ev);
    if (ev->len > 0) {
        i->step = GUEST_STEP_ALLOC;
        i->slots[0].u64 = ev->len;
    } else
        pass_event(i, 0);
    begin_time(i, ev->socket->kind);
}

/* The first job that there is. False: none. */
static bool begin_job(struct guest_instance *i)
{
    while (i->step == GUEST_STEP_REST) {
        struct guest_job *job = i->first_job;
        if (!job || i->broken)
            return false;
        guest_instance_remove(i, job);
        if (job->kind == GUEST_JOB_REQUEST)
            begin_request(i, request_of(job));
        else if (job->kind == GUEST_JOB_GONE)
            begin_gone(i, request_of(job));
        else if (job->kind == GUEST_JOB_SETTLE)
            guest_request_settle(request_of(job));
        else if (job->kind == GUEST_JOB_EVENT)
            begin_event(i, MOCKET_CONTAINER_OF(job, struct guest_event, job));
        else
            begin_done(i, MOCKET_CONTAINER_OF(job, struct guest_op, job));
    }
    return true;
}

/* mocket_alloc has returned: the data goes in, mocket_ws is next. */
static void after_event_alloc(struct guest_instance *i)
{
    uint32_t at = i->slots[0].u32;
    if (guest_socket_pass_in(i, i->event, at))
        pass_event(i, at);
    else
        end_job(i);
}

/* The same for a request: mocket_handle is next. */
static void after_alloc(struct guest_instance *i)
{
    struct guest_request *r = i->current;
    uint32_t at = i->slots[0].u32;
    int status = 500;
    if (r->message && !r->owner.death)
        status = guest_request_pass_in(i, r, at, i->message_len);
    if (status == 0) {
        r->owner.number = guest_handle_open(&i->handles, GUEST_HANDLE_REQUEST, r);
        status = r->owner.number < 0 ? 503 : 0;
    }
    if (status) {
        r->owner.number = 0;
        guest_request_fail(r, status);
        r->returned = true;
        i->current = NULL;
        i->step = GUEST_STEP_REST;
        guest_request_end(r);
        return;
    }
    r->entered = true;
    i->slots[0].i64 = r->owner.number;
    i->slots[1].u64 = at;
    i->slots[2].u64 = i->message_len;
    i->step = GUEST_STEP_HANDLE;
}

/* The guest is at fault: whoever it was working for hears of it. */
static void after_failure(struct guest_instance *i, enum engine_outcome outcome, const struct mocket_buf *trap)
{
    struct guest_request *r = i->current;
    int status = guest_request_complain(i, r, export_of(i), outcome == ENGINE_EXPIRED, trap);
    end_time(i, kind_of(i));
    i->broken = true;
    i->current = NULL;
    guest_count(i->log->stats, outcome == ENGINE_EXPIRED ? GUEST_STAT_DEADLINES : GUEST_STAT_TRAPS, 1);
    if (!r)
        return;
    guest_request_fail(r, status);
    guest_request_end(r);
}

static void after_step(struct guest_instance *i)
{
    switch (i->step) {
    case GUEST_STEP_ALLOC:
        if (i->event)
            after_event_alloc(i);
        else
            after_alloc(i);
        break;
    case GUEST_STEP_HANDLE:
        i->current->returned = true;
        end_job(i);
        break;
    default:
        end_job(i);
    }
}

/* What ended: true to go on. */
static bool after(struct guest_instance *i, enum engine_outcome outcome, const struct mocket_buf *trap,
                  struct mocket_buf *why)
{
    if (i->step < GUEST_STEP_REST)
        return after_start_step(i, outcome, trap, why);
    if (outcome == ENGINE_RETURNED)
        after_step(i);
    else
        after_failure(i, outcome, trap);
    return true;
}

enum guest_progress guest_instance_advance(struct guest_instance *i, struct mocket_buf *why)
{
    enum guest_progress progress = GUEST_RESTS;
    struct mocket_buf trap = { 0 };
    unsigned jobs = 0;
    i->advancing = true;
    while (i->step != GUEST_STEP_REST || begin_job(i)) {
        enum engine_outcome outcome = run(i, &trap);
        if (outcome == ENGINE_SLICED || outcome == ENGINE_WAITING) {
            progress = outcome == ENGINE_SLICED ? GUEST_RUNNABLE : GUEST_WAITS;
            break;
        }
        if (!after(i, outcome, &trap, why)) {
            i->broken = true;
            progress = GUEST_UNSTARTED;
            break;
        }
        if (i->broken) {
            progress = GUEST_ENDED;
            break;
        }
        if (i->step == GUEST_STEP_REST && i->first_job && ++jobs >= JOBS_AT_ONCE) {
            progress = GUEST_RUNNABLE;
            break;
        }
    }
    i->advancing = false;
    if (i->broken && progress == GUEST_RESTS)
        progress = GUEST_ENDED;
    if (i->engine)
        look_at_memory(i);
    mocket__buf_release(&trap);
    return progress;
}

/* ---- Life ---- */

struct guest_instance *guest_instance_new(struct guest_program *program, struct guest_log *log,
                                          struct ticker_seat *seat)
{
    struct guest_instance *i = mocket__new(sizeof *i);
    if (!i)
        return NULL;
    i->program = program;
    i->log = log;
    i->seat = seat;
    i->running = GUEST_OUTSIDE;
    i->declared.max_body = i->declared.max_message = GUEST_UNSAID;
    i->start_end_ns = mocket__deadline_after(guest_now_ns(), mocket__limit_ns(program->timeout_ms));
    guest_count(log->stats, GUEST_STAT_INSTANCES_STARTED, 1);
    return i;
}

void guest_instance_start(struct guest_instance *i)
{
    begin_time(i, GUEST_KIND_START);
}

/* The start section and the two exports, slice by slice: none of them may wait. */
static int start_now(struct guest_instance *i, struct mocket_buf *why)
{
    enum guest_progress progress;
    do
        progress = guest_instance_advance(i, why);
    while (progress == GUEST_RUNNABLE);
    return progress == GUEST_RESTS ? 0 : MOCKET_EINVAL;
}

int guest_instance_open(struct guest_program *program, struct guest_log *log, struct ticker_seat *seat,
                        struct guest_instance **out, struct mocket_buf *why)
{
    uv_loop_t loop;
    struct guest_instance *i = guest_instance_new(program, log, seat);
    if (!i || uv_loop_init(&loop) < 0) {
        guest_instance_close(i);
        return MOCKET_ENOMEM;
    }
    i->loop = &loop;
    guest_instance_start(i);
    int rc = start_now(i, why);
    guest_owner_release(&i->owner); /* what it has cannot come along to another loop */
    guest_ops_close(i);
    mocket__pool_free(i->pool);
    i->pool = NULL;
    i->owner.outgoing_owner = 0; /* it was a number of that pool */
    if (rc < 0)
        guest_instance_close(i);
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_loop_close(&loop);
    if (rc < 0)
        return rc;
    i->loop = NULL;
    *out = i;
    return 0;
}

void guest_instance_close(struct guest_instance *i)
{
    if (!i)
        return;
    static const int levels[] = { MOCKET_LOG_INFO, MOCKET_LOG_WARN, MOCKET_LOG_INFO };
    for (size_t n = 0; n < sizeof i->out / sizeof *i->out; n++)
        guest_line_end(&i->out[n], i->log, levels[n]);
    count_memory(i, 0);
    mocket__till_give(i->log->till, MOCKET_CHARGE_INSTANCES, i->charged);
    guest_count(i->log->stats, i->broken ? GUEST_STAT_INSTANCES_BROKEN : GUEST_STAT_INSTANCES_RETIRED, 1);
    engine_instance_close(i->engine);
    guest_owner_release(&i->owner);
    guest_ops_close(i);
    guest_handles_release(&i->handles);
    guest_files_free(i->files);
    mocket__free(i);
}

/* Memory never shrinks: an instance that took most of what it may have makes room for a fresh one. */
bool guest_instance_fit(const struct guest_instance *i)
{
    uint64_t requests_most = i->program->requests_max ? i->program->requests_max : REQUESTS_MAX;
    uint64_t memory_most = i->program->memory_bytes / 4 * 3;
    memory_most = i->memory_at_start > memory_most ? i->memory_at_start : memory_most;
    return !i->broken && i->served < requests_most && bytes_used(i) <= memory_most;
}
