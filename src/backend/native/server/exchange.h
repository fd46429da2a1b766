/* One request and its answer, and the handler that makes the one of the other. An exchange knows neither its connection
 * nor the protocol: the protocol embeds it, provides the request's source and the answer's sink, and a table of
 * functions for what follows a step of the handler.
 *
 * The handler runs on a fiber. Its life:
 *
 *     IDLE -> RUNNING -> IDLE                                       it returned without waiting
 *                |  ^
 *                |  '----------------------- READY <-.              resumed by the schedule
 *                |-> READING, WRITING ----- wake ----|
 *                |-> YIELDING -------------- its turn comes ------> RUNNING
 *                '-> PARKING -> PARKED ---- wake ----'              PARKING: begin of the park has not run yet
 *
 * Only exchange.c changes the state. A handler that waits is never dropped: whatever ends its wait wakes it. */
#ifndef MOCKET_NATIVE_SERVER_EXCHANGE_H
#define MOCKET_NATIVE_SERVER_EXCHANGE_H

#include "../../../base/arena.h"
#include "../../../base/container.h"
#include "../../../core/dispatch.h"
#include "../../../core/backend.h"
#include "../fiber/fiber.h"
#include "schedule.h"

struct mocket_native_worker;

enum mocket_exchange_state {
    MOCKET_EXCHANGE_IDLE,     /* no handler */
    MOCKET_EXCHANGE_RUNNING,  /* on its fiber */
    MOCKET_EXCHANGE_READY,    /* its wait is over */
    MOCKET_EXCHANGE_READING,  /* waits for more of the request's body */
    MOCKET_EXCHANGE_WRITING,  /* waits until what it wrote was sent */
    MOCKET_EXCHANGE_YIELDING, /* waits for others to have their turn */
    MOCKET_EXCHANGE_PARKING,
    MOCKET_EXCHANGE_PARKED
};

/* The client; only goes forward. */
enum mocket_presence {
    MOCKET_CLIENT_HERE,
    MOCKET_CLIENT_SILENT, /* sends no more; it may still receive */
    MOCKET_CLIENT_GONE    /* what is sent goes nowhere */
};

struct mocket_park {
    struct mocket_exchange *exchange;
    void (*begin)(void *arg, struct mocket_park *park);
    void (*gone)(void *arg, struct mocket_park *park); /* NULL: not to be told, or told */
    void *arg;
};

struct mocket_exchange;

/* Called on the loop's stack. */
struct mocket_exchange_ops {
    /* The handler waits: sends what it wrote, before what it waits for begins. */
    void (*flush)(struct mocket_exchange *ex);
    /* The handler waits, and nothing is left to do for it now. */
    void (*settle)(struct mocket_exchange *ex);
    /* The handler has returned, not in its first step. The exchange may be gone afterwards. */
    void (*returned)(struct mocket_exchange *ex);
};

struct mocket_exchange {
    struct mocket_job job;
    const struct mocket_exchange_ops *ops;
    void *owner; /* what ops work on */
    struct mocket_native_worker *worker;
    struct mocket_arena arena;
    struct mocket_request req; /* what finds the exchange of an event */
    struct mocket_response res;
    struct mocket_park park;
    struct mocket_fiber *fiber; /* NULL: idle */
    enum mocket_exchange_state state : 8;
    enum mocket_presence client : 8;
    bool peer_unknown; /* for on_done: fields of trusted proxies contradict each other */
    int result;        /* of the wait */
    size_t turn_len;   /* bytes that the handler sent since it was resumed; the protocol counts them */
    uint64_t began_ns, body_in, body_out; /* for on_done, as is the status */
    int status;
};

static inline bool mocket__exchange_is_active(const struct mocket_exchange *ex)
{
    return ex->fiber;
}

/* Asserts what stays true. For tests. */
void mocket__exchange_check(const struct mocket_exchange *ex);

/* Initializes a zeroed exchange. */
void mocket__exchange_init(struct mocket_exchange *ex, struct mocket_native_worker *w);
/* Ready for the next request. The handler has returned, or there was none. */
void mocket__exchange_reset(struct mocket_exchange *ex);
void mocket__exchange_release(struct mocket_exchange *ex);

/* Gives an idle exchange a handler, which the next step starts. */
void mocket__exchange_start(struct mocket_exchange *ex, struct mocket_fiber *fiber);
/* Runs the handler until it waits (false) or has returned (true). Loop's stack. */
bool mocket__exchange_step(struct mocket_exchange *ex);
/* Handler's stack: waits until wake; returns its result. what: READING, WRITING, YIELDING or PARKING. */
int mocket__exchange_wait(struct mocket_exchange *ex, enum mocket_exchange_state what);
/* The wait is over. Any stack of this thread. */
void mocket__exchange_wake(struct mocket_exchange *ex, int result);
/* The client is silent or gone from now on. Waits that this ends return MOCKET_ECLOSED; a park's gone is told. */
void mocket__exchange_client(struct mocket_exchange *ex, enum mocket_presence client);

/* Tells on_done. complete: the whole answer was handed over. */
void mocket__exchange_tell(const struct mocket_exchange *ex, bool complete);

#endif
