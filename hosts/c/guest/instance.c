/* The life of an instance: engine instance, _initialize, mocket_start or _start, then requests, until something goes
 * wrong or it has served long enough.
 *
 * guest_instance_call is the one place where a guest is entered. It calls directly, on the thread's stack. Guests that
 * wait will be entered on a fiber of the engine from there too.
 *
 * A guest may lie about itself: an instance that declares something else than the first one did is refused, since the
 * host serves by the first one's word. */
#include "instance.h"

#include <string.h>

#include "../../../src/base/memory.h"

#define REQUESTS_MAX 200000 /* below the number of generations of a handle */

void guest_instance_limit(struct guest_instance *i, uint64_t ms)
{
    i->deadline_ns = ms ? guest_now_ns() + ms * 1000000u : UINT64_MAX;
    engine_deadline(i->engine, ms);
}

enum engine_outcome guest_instance_call(struct guest_instance *i, enum guest_export export, union engine_slot *slots,
                                        size_t count, struct mocket_buf *why)
{
    enum guest_export before = i->running;
    i->running = export;
    ticker_enter(i->seat);
    enum engine_outcome outcome = engine_call(i->engine, export, slots, count, why);
    ticker_leave(i->seat);
    i->running = before;
    i->broken |= outcome != ENGINE_RETURNED;
    return outcome;
}

/* The start section, if the module has one, runs in here. */
static int make(struct guest_instance *i, struct mocket_buf *why)
{
    struct engine_start start = { .data = i, .deadline_ms = i->program->timeout_ms };
    i->deadline_ns = start.deadline_ms ? guest_now_ns() + start.deadline_ms * 1000000u : UINT64_MAX;
    ticker_enter(i->seat);
    int rc = engine_instance_open(i->program->module->code, &start, &i->engine, why);
    ticker_leave(i->seat);
    return rc == MOCKET_EIO ? MOCKET_EINVAL : rc;
}

static int explain_end(const struct guest_instance *i, enum guest_export export, enum engine_outcome outcome,
                       const struct mocket_buf *trap, struct mocket_buf *why)
{
    mocket__buf_text(why, guest_export_name(export));
    if (i->exited) {
        mocket__buf_text(why, " ended with exit code ");
        mocket__buf_decimal(why, i->exit_code);
        return MOCKET_EINVAL;
    }
    mocket__buf_text(why, outcome == ENGINE_EXPIRED ? " did not return in time: " : " failed: ");
    mocket__buf_span(why, mocket__buf_view(trap));
    return MOCKET_EINVAL;
}

/* Runs an export without parameters. An exit with code 0 counts as returning. */
static int run(struct guest_instance *i, enum guest_export export, struct mocket_buf *why)
{
    if (!i->program->module->has[export])
        return 0;
    struct mocket_buf trap = { 0 };
    enum engine_outcome outcome = guest_instance_call(i, export, NULL, 0, &trap);
    int rc = 0;
    if (outcome == ENGINE_TRAPPED && i->exited && i->exit_code == 0)
        i->exited = i->broken = false;
    else if (outcome != ENGINE_RETURNED)
        rc = explain_end(i, export, outcome, &trap, why);
    mocket__buf_release(&trap);
    return rc;
}

static int check_declaration(const struct guest_instance *i, struct mocket_buf *why)
{
    const struct guest_declaration *first = &i->program->declared, *now = &i->declared;
    if (!now->listening) {
        mocket__buf_text(why, "its start ended without calling listen");
        return MOCKET_EINVAL;
    }
    if (!i->program->known)
        return 0;
    if (first->reuse == now->reuse && first->max_body == now->max_body && first->max_message == now->max_message &&
        strcmp(first->address, now->address) == 0)
        return 0;
    mocket__buf_text(why, "it declared something else than the first instance did");
    return MOCKET_EINVAL;
}

static int start(struct guest_instance *i, struct mocket_buf *why)
{
    const bool *has = i->program->module->has;
    int rc = make(i, why);
    if (rc == 0)
        rc = run(i, GUEST_INITIALIZE, why);
    if (rc == 0)
        rc = run(i, has[GUEST_MOCKET_START] ? GUEST_MOCKET_START : GUEST_START, why);
    if (rc == 0)
        rc = check_declaration(i, why);
    return rc;
}

int guest_instance_open(struct guest_program *program, struct guest_log *log, struct ticker_seat *seat,
                        struct guest_instance **out, struct mocket_buf *why)
{
    struct guest_instance *i = mocket__new(sizeof *i);
    if (!i)
        return MOCKET_ENOMEM;
    i->program = program;
    i->log = log;
    i->seat = seat;
    i->running = GUEST_OUTSIDE;
    i->declared.max_body = i->declared.max_message = GUEST_UNSAID;
    int rc = start(i, why);
    if (rc < 0) {
        guest_instance_close(i);
        return rc;
    }
    i->memory_at_start = engine_memory(i->engine).size;
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
    engine_instance_close(i->engine);
    guest_handles_release(&i->handles);
    mocket__free(i);
}

/* Memory never shrinks: an instance that took most of what it may have makes room for a fresh one. */
bool guest_instance_fit(const struct guest_instance *i)
{
    uint64_t requests_most = i->program->requests_max ? i->program->requests_max : REQUESTS_MAX;
    uint64_t memory_most = i->program->memory_bytes / 4 * 3;
    memory_most = i->memory_at_start > memory_most ? i->memory_at_start : memory_most;
    return !i->broken && i->served < requests_most && engine_memory(i->engine).size <= memory_most;
}
