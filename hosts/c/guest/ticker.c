/* An idle server should not wake a hundred times a second, and a busy one should not take a lock per request. Each
 * worker says in a seat of its own whether it is inside a guest. The ticker looks at the seats; after a second in which
 * it never found one taken it says that it sleeps, looks once more, and waits for a worker to wake it. */
#include "ticker.h"

#include <stdlib.h>

#include "../../../src/base/deadline.h"
#include "../../../src/base/memory.h"
#include "thread.h"

#define IDLE_TICKS (1000 / ENGINE_TICK_MS)

static bool any_busy(struct ticker *t)
{
    for (size_t i = 0; i < t->seat_count; i++)
        if (atomic_load(&t->seats[i].busy))
            return true;
    return false;
}

/* Under lock. Waits until somebody enters a guest or the ticker shall end. */
static void sleep_until_busy(struct ticker *t)
{
    atomic_store(&t->asleep, true);
    while (!t->stop && atomic_load(&t->asleep) && !any_busy(t))
        uv_cond_wait(&t->wake, &t->lock);
    atomic_store(&t->asleep, false);
}

static void run(void *arg)
{
    struct ticker *t = arg;
    int idle = 0;
    uv_mutex_lock(&t->lock);
    while (!t->stop) {
        uv_cond_timedwait(&t->wake, &t->lock, ENGINE_TICK_MS * MOCKET_MS_NS);
        engine_tick(t->engine);
        atomic_fetch_add_explicit(&t->ticks, 1, memory_order_relaxed);
        idle = any_busy(t) ? 0 : idle + 1;
        if (idle >= IDLE_TICKS) {
            sleep_until_busy(t);
            idle = 0;
        }
    }
    uv_mutex_unlock(&t->lock);
}

int ticker_start(struct ticker *t, struct engine *engine, size_t seats)
{
    *t = (struct ticker){ .engine = engine, .seat_count = seats };
    t->seats = mocket__new((seats + 1) * sizeof *t->seats);
    if (!t->seats)
        return MOCKET_ENOMEM;
    for (size_t i = 0; i < seats; i++)
        t->seats[i].ticker = t;
    uv_mutex_init(&t->lock);
    uv_cond_init(&t->wake);
    int rc = guest_thread_start(&t->thread, run, t);
    if (rc == 0)
        return 0;
    uv_cond_destroy(&t->wake);
    uv_mutex_destroy(&t->lock);
    mocket__free(t->seats);
    t->seats = NULL;
    return rc;
}

void ticker_stop(struct ticker *t)
{
    if (!t->seats)
        return;
    uv_mutex_lock(&t->lock);
    t->stop = true;
    uv_cond_signal(&t->wake);
    uv_mutex_unlock(&t->lock);
    uv_thread_join(&t->thread);
    uv_cond_destroy(&t->wake);
    uv_mutex_destroy(&t->lock);
    mocket__free(t->seats);
    t->seats = NULL;
}

void ticker_wake(struct ticker *t)
{
    uv_mutex_lock(&t->lock);
    atomic_store(&t->asleep, false);
    uv_cond_signal(&t->wake);
    uv_mutex_unlock(&t->lock);
}
