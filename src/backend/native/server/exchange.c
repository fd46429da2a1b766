#include "exchange.h"

#include <string.h>

#include "../../../base/check.h"
#include "server.h"

void mocket__exchange_check(const struct mocket_exchange *ex)
{
    bool waits_in_list = ex->state == MOCKET_EXCHANGE_READY || ex->state == MOCKET_EXCHANGE_YIELDING;
    assert((ex->state == MOCKET_EXCHANGE_IDLE) == !ex->fiber);
    assert(!ex->job.on || waits_in_list);
    assert(ex->state != MOCKET_EXCHANGE_PARKING || ex->park.begin);
}

void mocket__exchange_init(struct mocket_exchange *ex, struct mocket_native_worker *w)
{
    ex->worker = w;
    mocket__arena_init(&ex->arena, 0);
    ex->arena.first_len = MOCKET_ARENA_FIRST;
    ex->arena.till = w->till;
    ex->arena.part = MOCKET_CHARGE_REQUESTS;
}

void mocket__exchange_reset(struct mocket_exchange *ex)
{
    assert(!ex->fiber && !ex->job.on);
    mocket__arena_reset(&ex->arena);
    memset(&ex->req, 0, sizeof ex->req);
    memset(&ex->res, 0, sizeof ex->res);
    ex->client = MOCKET_CLIENT_HERE;
    ex->peer_unknown = false;
    ex->turn_len = 0;
    ex->status = 0;
    ex->began_ns = ex->body_in = ex->body_out = 0;
}

void mocket__exchange_release(struct mocket_exchange *ex)
{
    mocket__arena_release(&ex->arena);
}

/* ---- The handler ---- */

static void resume(struct mocket_job *job)
{
    struct mocket_exchange *ex = MOCKET_CONTAINER_OF(job, struct mocket_exchange, job);
    if (ex->state == MOCKET_EXCHANGE_YIELDING)
        ex->result = ex->client == MOCKET_CLIENT_GONE ? MOCKET_ECLOSED : 0;
    if (mocket__exchange_step(ex))
        ex->ops->returned(ex);
    else
        ex->ops->settle(ex);
}

void mocket__exchange_start(struct mocket_exchange *ex, struct mocket_fiber *fiber)
{
    assert(ex->state == MOCKET_EXCHANGE_IDLE);
    ex->fiber = fiber;
    ex->job.run = resume;
}

static void tell_gone(struct mocket_park *park)
{
    void (*gone)(void *arg, struct mocket_park *park) = park->gone;
    park->gone = NULL;
    if (gone)
        gone(park->arg, park);
}

/* The park may end within begin, and then be told nothing more. */
static void begin_park(struct mocket_exchange *ex)
{
    ex->state = MOCKET_EXCHANGE_PARKED;
    ex->park.begin(ex->park.arg, &ex->park);
    if (ex->state == MOCKET_EXCHANGE_PARKED && ex->client != MOCKET_CLIENT_HERE)
        tell_gone(&ex->park);
}

bool mocket__exchange_step(struct mocket_exchange *ex)
{
    ex->state = MOCKET_EXCHANGE_RUNNING;
    if (!mocket__fiber_resume(ex->fiber)) {
        ex->fiber = NULL;
        ex->state = MOCKET_EXCHANGE_IDLE;
        return true;
    }
    ex->ops->flush(ex);
    if (ex->state == MOCKET_EXCHANGE_PARKING)
        begin_park(ex);
    else if (ex->state == MOCKET_EXCHANGE_YIELDING)
        mocket__schedule_turn(&ex->worker->schedule, &ex->job);
    MOCKET_CHECK_CALL(mocket__exchange_check(ex));
    return false;
}

int mocket__exchange_wait(struct mocket_exchange *ex, enum mocket_exchange_state what)
{
    assert(ex->state == MOCKET_EXCHANGE_RUNNING && what >= MOCKET_EXCHANGE_READING);
    ex->state = what;
    mocket__fiber_park(ex->fiber);
    ex->turn_len = 0;
    return ex->result;
}

void mocket__exchange_wake(struct mocket_exchange *ex, int result)
{
    assert(ex->state >= MOCKET_EXCHANGE_READING && ex->state != MOCKET_EXCHANGE_YIELDING);
    ex->state = MOCKET_EXCHANGE_READY;
    ex->result = result;
    mocket__schedule_ready(&ex->worker->schedule, &ex->job);
}

void mocket__exchange_client(struct mocket_exchange *ex, enum mocket_presence client)
{
    if (ex->client < client)
        ex->client = client;
    if (ex->client == MOCKET_CLIENT_HERE)
        return;
    if (ex->state == MOCKET_EXCHANGE_READING ||
        (ex->state == MOCKET_EXCHANGE_WRITING && ex->client == MOCKET_CLIENT_GONE))
        mocket__exchange_wake(ex, MOCKET_ECLOSED);
    else if (ex->state == MOCKET_EXCHANGE_PARKED)
        tell_gone(&ex->park);
}

/* ---- What is told ---- */

void mocket__exchange_tell(const struct mocket_exchange *ex, bool complete)
{
    const struct mocket_native_opts *opts = ex->worker->server->opts;
    if (!opts->on_done)
        return;
    struct mocket_native_done done = {
        .worker = ex->worker->app_worker,
        .message = &ex->req.message,
        .peer = ex->req.message.peer.ptr,
        .peer_unknown = ex->peer_unknown,
        .status = ex->status,
        .complete = complete,
        .body_in = ex->body_in,
        .body_out = ex->body_out,
        .began_ns = ex->began_ns,
    };
    opts->on_done(opts->data, &done);
}
