/* Stacks to wait on. A fiber runs a function on a stack of its own until the function returns or parks; resuming goes
 * on where it parked. Fibers of a pool belong to one thread. */
#ifndef MOCKET_NATIVE_FIBER_H
#define MOCKET_NATIVE_FIBER_H

#include <stdbool.h>
#include <stddef.h>

struct mocket_fiber;

/* Zeroed is ready to use. The stack used last is used next: it is warm. */
struct mocket_fibers {
    struct mocket_fiber *idle;
    size_t idle_count;
    size_t least_idle; /* since the last look */
    size_t returned;   /* since then */
    struct mocket_fiber *spare;
    bool spare_is_out;
};

#define MOCKET_FIBER_STACK 262144
#define MOCKET_FIBERS_IDLE_MAX 1024
#define MOCKET_FIBERS_IDLE_LEAST 64 /* kept even if nobody needs them */
#define MOCKET_FIBERS_LOOK 4096     /* returned fibers between two looks at how many were not needed */

/* Gives the idle stacks back. None may be parked. */
void mocket__fibers_release(struct mocket_fibers *pool);

/* A fiber that will run fn(arg) at its first resume. NULL when there is no memory for a stack. */
struct mocket_fiber *mocket__fiber_new(struct mocket_fibers *pool, void (*fn)(void *arg), void *arg);

/* Lays one stack by, for mocket__fiber_must. False: there is no memory for it. */
bool mocket__fibers_reserve(struct mocket_fibers *pool);

/* For what has to run: without memory for a stack it is the one that was laid by, until fn returns. NULL only while
 * that is in use. */
struct mocket_fiber *mocket__fiber_must(struct mocket_fibers *pool, void (*fn)(void *arg), void *arg);

/* Runs it until it parks (true), or until fn has returned (false): the fiber is gone then. Not from a fiber of this
 * pool that waits for this one. */
bool mocket__fiber_resume(struct mocket_fiber *f);

/* On the fiber itself: back to where it was resumed. Returns at the next resume. */
void mocket__fiber_park(struct mocket_fiber *f);

#endif
