/* A handler that sleeps: parked, with a timer of its worker's loop. */
#include "sleep.h"

#include "../../base/memory.h"
#include "native.h"

struct nap {
    uv_timer_t timer;
    struct mocket_park *park;
    uv_loop_t *loop;
    uint32_t ms;
};

static void closed(uv_handle_t *timer)
{
    mocket__free(timer); /* the nap begins with it */
}

/* The handler goes on; the timer's memory is libuv's until it is closed. */
static void wake(struct nap *n, int result)
{
    struct mocket_park *park = n->park;
    uv_close((uv_handle_t *)&n->timer, closed);
    mocket__native_unpark(park, result);
}

static void over(uv_timer_t *timer)
{
    wake((struct nap *)timer, 0);
}

static void begin(void *arg, struct mocket_park *park)
{
    struct nap *n = arg;
    n->park = park;
    uv_timer_init(n->loop, &n->timer);
    uv_timer_start(&n->timer, over, mocket__native_delay(n->loop, n->ms), 0);
}

static void gone(void *arg, struct mocket_park *park)
{
    (void)park;
    wake(arg, MOCKET_ECLOSED);
}

int mocket__native_sleep(struct mocket_env *env, mocket_event *e, uint32_t ms)
{
    (void)env;
    if (mocket__native_is_gone(e))
        return MOCKET_ECLOSED;
    if (ms == 0)
        return mocket__native_yield(e);
    struct nap *n = mocket__new(sizeof *n);
    if (!n)
        return MOCKET_ENOMEM;
    n->loop = mocket__native_loop(e);
    n->ms = ms;
    return mocket__native_park_until(e, begin, gone, n);
}
