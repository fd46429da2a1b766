/* Points in time by a clock that never goes back, as one number. All of the values of one calculation have one unit: a
 * name that ends in _ns or _ms says which. */
#ifndef MOCKET_BASE_DEADLINE_H
#define MOCKET_BASE_DEADLINE_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#define MOCKET_NEVER UINT64_MAX
#define MOCKET_MS_NS UINT64_C(1000000)
#define MOCKET_SECOND_NS UINT64_C(1000000000)
/* Of a request to another server, unless it names a time: until the head of the response; then silence. */
#define MOCKET_OUTGOING_TIMEOUT_MS 30000u

/* A limit of a setting or an option as nanoseconds; 0 stands for no limit: MOCKET_NEVER. */
static inline uint64_t mocket__limit_ns(uint64_t ms)
{
    return ms == 0 || ms > UINT64_MAX / MOCKET_MS_NS ? MOCKET_NEVER : ms * MOCKET_MS_NS;
}

/* wait MOCKET_NEVER, or beyond what the number can hold: MOCKET_NEVER. */
static inline uint64_t mocket__deadline_after(uint64_t now, uint64_t wait)
{
    return wait > MOCKET_NEVER - now ? MOCKET_NEVER : now + wait;
}

static inline uint64_t mocket__deadline_first(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static inline bool mocket__deadline_is_over(uint64_t deadline, uint64_t now)
{
    return now >= deadline;
}

/* 0 when it is over; MOCKET_NEVER of MOCKET_NEVER. */
static inline uint64_t mocket__deadline_left(uint64_t deadline, uint64_t now)
{
    return deadline == MOCKET_NEVER ? MOCKET_NEVER : deadline > now ? deadline - now : 0;
}

/* The same of nanoseconds in milliseconds, for timers: never too few, and 1 when it is over. */
static inline uint64_t mocket__deadline_left_ms(uint64_t deadline_ns, uint64_t now_ns)
{
    uint64_t left_ns = mocket__deadline_left(deadline_ns, now_ns);
    return left_ns == MOCKET_NEVER ? MOCKET_NEVER : left_ns / MOCKET_MS_NS + 1;
}

static inline uint64_t mocket__timespec_ns(struct timespec t)
{
    return (uint64_t)t.tv_sec * MOCKET_SECOND_NS + (uint64_t)t.tv_nsec;
}

#endif
