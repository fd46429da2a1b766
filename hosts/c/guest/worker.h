/* What one thread that serves needs for guests: its instances, its requests, what is to be run, and the time that is
 * left. */
#ifndef MOCKET_HOSTS_C_GUEST_WORKER_H
#define MOCKET_HOSTS_C_GUEST_WORKER_H

#include "inbox.h"
#include "pace.h"
#include "request.h"

struct guest_worker {
    struct guest_program *program;
    struct guest_log log;
    struct ticker_seat *seat;
    uint32_t reuse;            /* enum mocket_reuse: the stricter of guest and operator */
    uint32_t instances_max;    /* that may live at once */
    struct guest_pace pace;    /* seeded */
    uint64_t cpu_tick, cpu_ns; /* the thread's time of processor, and the ticker's when it was read */

    uv_loop_t *loop;          /* NULL until the first request */
    struct mocket_pool *pool; /* of outgoing requests; NULL until the first one */
    struct guest_worker_handles *handles;

    struct guest_instance *instances; /* all of them */
    size_t instance_count;
    struct guest_shares shares;    /* of its requests, in all instances */
    struct guest_request *trials;  /* that are on trial */
    size_t pinned_count;           /* kept for their sockets */
    size_t lingering_count;        /* used up, but for their sockets */
    size_t calls;                  /* of mocket_ws that are under way */
    unsigned running;              /* instances that are being advanced */
    struct guest_instance *shared; /* concurrent: the one that gets requests */
    struct guest_instance *idle;   /* others: without requests, the one used last first */
    size_t idle_count;
    struct guest_instance *run_first, *run_last;
    uint64_t sliced_ns, slice_end_ns; /* how long the last slices took, and when they ended */
    uint64_t idle_seen_ns;            /* when the run queue was looked at last */

    struct guest_inbox inbox; /* its requests */

    uint64_t retry_ns; /* no new instance before this time; starts failed */
    uint32_t failures; /* of starts, one after the other */
};

/* A worker with program, log, seat, reuse, instances_max and a seeded pace is ready. */

/* ---- For the front (request.h); on the loop's stack but for new ---- */

/* A request whose message, body and arena are then filled in. NULL: no memory. */
struct guest_request *guest_worker_request(struct guest_worker *worker);
/* Brings it in. Its park is told of news, maybe at once. */
void guest_worker_submit(struct guest_worker *worker, struct guest_request *request, uv_loop_t *loop);
/* Its client left. */
void guest_worker_gone(struct guest_worker *worker, struct guest_request *request);

/* ---- Life ---- */

/* Hands the worker an instance that was started for it. */
void guest_worker_adopt(struct guest_worker *worker, struct guest_instance *instance);
/* Ends everything. */
void guest_worker_release(struct guest_worker *worker);

/* ---- For requests, instances and operations ---- */

/* There may be something to do for an instance that waits or rests. It runs later. */
void guest_worker_schedule(struct guest_instance *instance);
/* There is a job for an instance that may be free: it runs now, if nothing else does. The loop's stack. */
void guest_worker_event(struct guest_instance *instance);
/* Something went over a streamed answer: the time of silence begins anew. */
void guest_worker_extend(struct guest_request *request);
/* The inside is done with it. It goes if its front has left. */
void guest_worker_forget(struct guest_request *request);
/* A call begins: may it be direct? It has ended: was it slow? */
bool guest_worker_trusts(const struct guest_instance *instance, guest_kind kind);
void guest_worker_learn(struct guest_instance *instance, guest_kind kind, bool slow);

#endif
