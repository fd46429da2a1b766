/* Waiting on behalf of others. The handler leaves its stack first; only then, on the loop's stack, does begin run,
 * because what begins there may need a large stack, or may end at once. Resuming goes through the ready list of the
 * worker in every case, so that begin, gone and unpark may call each other. */
#include <assert.h>

#include "../../core/event.h"
#include "../../base/deadline.h"
#include "server/conn.h"

static struct mocket_conn *conn_of(mocket_event *e)
{
    return MOCKET_CONTAINER_OF(e->req->env, struct mocket_conn, env);
}

int mocket__native_park_until(mocket_event *e, void (*begin)(void *arg, struct mocket_park *park),
                              void (*gone)(void *arg, struct mocket_park *park), void *arg)
{
    struct mocket_conn *c = conn_of(e);
    struct mocket_park *park = &c->ex->park;
    *park = (struct mocket_park){ .conn = c, .begin = begin, .gone = gone, .arg = arg };
    return mocket__conn_wait(c, MOCKET_WAIT_PARK);
}

void mocket__native_unpark(struct mocket_park *park, int result)
{
    assert(park->conn->wait == MOCKET_WAIT_PARK);
    mocket__conn_wake(park->conn, result);
}

void mocket__native_interrupt(mocket_event *e)
{
    struct mocket_conn *c = conn_of(e);
    if (c->wait == MOCKET_WAIT_BODY)
        mocket__conn_wake(c, MOCKET_EAGAIN);
}

int mocket__native_yield(mocket_event *e)
{
    struct mocket_conn *c = conn_of(e);
    if (!mocket__conn_has_left(c))
        mocket__conn_wait(c, MOCKET_WAIT_TURN);
    return mocket__conn_has_left(c) ? MOCKET_ECLOSED : 0;
}

/* Both clocks are the same one, but the loop's is in whole milliseconds. */
uint64_t mocket__native_delay(const uv_loop_t *loop, uint64_t ms)
{
    return (uv_hrtime() + MOCKET_MS_NS - 1) / MOCKET_MS_NS - uv_now(loop) + ms;
}

bool mocket__native_is_gone(mocket_event *e)
{
    return conn_of(e)->broken || conn_of(e)->left;
}

struct mocket_native_client *mocket__native_client(mocket_event *e)
{
    return &conn_of(e)->worker->client;
}

uv_loop_t *mocket__native_loop(mocket_event *e)
{
    return &conn_of(e)->worker->loop;
}
