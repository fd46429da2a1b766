/* The time limits of a worker's connections, and the one timer that they need. */
#ifndef MOCKET_NATIVE_SERVER_CLOCK_H
#define MOCKET_NATIVE_SERVER_CLOCK_H

#include <uv.h>

#include "timeouts.h"

struct mocket_clock {
    uv_timer_t timer;
    struct mocket_timeouts timeouts; /* limit_ms is the owner's to fill in after init */
    uint64_t timer_due_ms;           /* MOCKET_NEVER: the timer does not run */
    /* The time of a member is up. The function puts it into a class again or removes it. */
    void (*is_due)(struct mocket_timeout *m);
};

/* Initializes a zeroed clock whose is_due is set. */
void mocket__clock_init(struct mocket_clock *c, uv_loop_t *loop);
/* Begins the time of a class anew for a member. */
void mocket__clock_limit(struct mocket_clock *c, struct mocket_timeout *m, enum mocket_timeout_class class);
/* Gives a class another limit, which begins now for all of its members. */
void mocket__clock_change(struct mocket_clock *c, enum mocket_timeout_class class, int64_t limit_ms);

/* The present time of the loop in milliseconds. */
static inline uint64_t mocket__clock_now(const struct mocket_clock *c)
{
    return uv_now(c->timer.loop);
}

#endif
