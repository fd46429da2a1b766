/* Waiting on behalf of others. The handler leaves its stack first; only then, on the loop's stack, does begin run,
 * because what begins there may need a large stack, or may end at once. Resuming goes through the ready list of the
 * worker in every case, so that begin, gone and unpark may call each other. */
#include <assert.h>

#include "../../core/event.h"
#include "../../base/deadline.h"
#include "server/exchange.h"
#include "server/server.h"

static struct mocket_exchange *exchange_of(mocket_event *e)
{
    return MOCKET_CONTAINER_OF(e->req, struct mocket_exchange, req);
}

int mocket__native_park_until(mocket_event *e, void (*begin)(void *arg, struct mocket_park *park),
                              void (*gone)(void *arg, struct mocket_park *park), void *arg)
{
    struct mocket_exchange *ex = exchange_of(e);
    ex->park = (struct mocket_park){ .exchange = ex, .begin = begin, .gone = gone, .arg = arg };
    return mocket__exchange_wait(ex, MOCKET_EXCHANGE_PARKING);
}

void mocket__native_unpark(struct mocket_park *park, int result)
{
    assert(park->exchange->state == MOCKET_EXCHANGE_PARKED);
    mocket__exchange_wake(park->exchange, result);
}

void mocket__native_interrupt(mocket_event *e)
{
    struct mocket_exchange *ex = exchange_of(e);
    if (ex->state == MOCKET_EXCHANGE_READING)
        mocket__exchange_wake(ex, MOCKET_EAGAIN);
}

int mocket__native_yield(mocket_event *e)
{
    struct mocket_exchange *ex = exchange_of(e);
    if (ex->client == MOCKET_CLIENT_HERE)
        mocket__exchange_wait(ex, MOCKET_EXCHANGE_YIELDING);
    return ex->client == MOCKET_CLIENT_HERE ? 0 : MOCKET_ECLOSED;
}

/* Both clocks are the same one, but the loop's is in whole milliseconds. */
uint64_t mocket__native_delay(const uv_loop_t *loop, uint64_t ms)
{
    return (uv_hrtime() + MOCKET_MS_NS - 1) / MOCKET_MS_NS - uv_now(loop) + ms;
}

bool mocket__native_is_gone(mocket_event *e)
{
    return exchange_of(e)->client == MOCKET_CLIENT_GONE;
}

struct mocket_native_client *mocket__native_client(mocket_event *e)
{
    return &exchange_of(e)->worker->client;
}

uv_loop_t *mocket__native_loop(mocket_event *e)
{
    return &exchange_of(e)->worker->loop;
}
