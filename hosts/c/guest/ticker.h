/* The clock that ends guests that run too long: a thread that ticks the engine while some guest runs, and sleeps
 * otherwise. */
#ifndef MOCKET_HOSTS_C_GUEST_TICKER_H
#define MOCKET_HOSTS_C_GUEST_TICKER_H

#include <stdatomic.h>
#include <uv.h>

#include "../engine/engine.h"

/* One per thread that runs guests; padded, so that two threads do not share a cache line. */
struct ticker_seat {
    atomic_bool busy;
    struct ticker *ticker;
    char padding[112];
};

struct ticker {
    struct engine *engine;
    struct ticker_seat *seats;
    size_t seat_count;
    uv_thread_t thread;
    uv_mutex_t lock;
    uv_cond_t wake;
    atomic_bool asleep;
    atomic_uint_fast64_t ticks; /* so far; the clock stands while nothing runs */
    bool stop;                  /* under lock */
};

/* 0, MOCKET_ENOMEM or MOCKET_ELIMIT (no thread). */
int ticker_start(struct ticker *t, struct engine *engine, size_t seats);
void ticker_stop(struct ticker *t);

void ticker_wake(struct ticker *t);

static inline uint64_t ticker_ticks(const struct ticker_seat *seat)
{
    return atomic_load_explicit(&seat->ticker->ticks, memory_order_relaxed);
}

/* Around a guest's run. */
static inline void ticker_enter(struct ticker_seat *seat)
{
    atomic_store(&seat->busy, true); /* before the load below: either we see it asleep, or it sees us busy */
    if (atomic_load(&seat->ticker->asleep))
        ticker_wake(seat->ticker);
}

static inline void ticker_leave(struct ticker_seat *seat)
{
    atomic_store_explicit(&seat->busy, false, memory_order_release);
}

#endif
