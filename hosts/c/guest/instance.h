/* One running guest: made, started, called, ended. It belongs to the worker that runs it.
 *
 * What is to be done in it are jobs, which wait in order: an export is called only when no other one of the instance is
 * running or suspended (docs/abi.md, section 1). guest_instance_advance does them until it must wait for something. */
#ifndef MOCKET_HOSTS_C_GUEST_INSTANCE_H
#define MOCKET_HOSTS_C_GUEST_INSTANCE_H

#include <stdatomic.h>

#include "../../../src/base/deadline.h"
#include "files.h"
#include "handle.h"
#include "log.h"
#include "module.h"
#include "owner.h"
#include "ticker.h"

#define GUEST_ADDRESS_MAX 255
#define GUEST_DIRECT_NS UINT64_C(20000000) /* a direct call that takes longer should have run in slices */

/* What a guest said of itself by `option` and `listen`. */
struct guest_declaration {
    bool listening;
    bool streams;     /* request bodies as they come */
    bool body_errors; /* requests whose body cannot be had are passed all the same */
    uint32_t reuse;   /* enum mocket_reuse */
    int64_t max_body; /* -1 no limit; GUEST_UNSAID */
    int64_t max_message;
    bool on_demand;                      /* it asks for fields and peer when it needs them */
    char address[GUEST_ADDRESS_MAX + 1]; /* a wish; "" when there is none */
};
#define GUEST_UNSAID INT64_MIN

/* What all instances of a program share; it does not change once the first one has started. */
struct guest_program {
    struct guest_module *module;
    struct guest_grants *grants; /* NULL: nothing is granted */
    uint64_t timeout_ms;         /* of a request until its head is out, then of silence; and of a start. 0: none */
    uint64_t cpu_timeout_ms;     /* of one call, or an event's calls, inside the guest; 0: none */
    uint64_t memory_bytes;       /* the limit, of which an instance may keep three quarters between requests */
    uint64_t instance_bytes;     /* memory of the first instance once it had started: what another one will take */
    uint64_t requests_max;       /* after which an instance is replaced; 0: the default */
    size_t outgoing_max;         /* connections of a worker to other servers */
    mocket_app *app;             /* the host's, for publish; NULL until it serves */
    int64_t message_max;         /* of a WebSocket; MOCKET_UNLIMITED */
    uint32_t sockets_each;       /* that an instance may own */
    size_t sockets_max;          /* of all instances and workers */
    atomic_size_t sockets_open;  /* of these */
    bool known;                  /* declared is what the first instance said */
    struct guest_declaration declared;
    bool leave_out; /* for tests: fields and peer are left out of messages for guests that ask for them */
};

enum guest_job_kind {
    GUEST_JOB_REQUEST, /* of a guest_request */
    GUEST_JOB_GONE,    /* of a guest_request */
    GUEST_JOB_SETTLE,  /* of a guest_request, by the job that brought it in: it may have come to its end */
    GUEST_JOB_DONE,    /* of a guest_op */
    GUEST_JOB_EVENT    /* of a guest_event */
};

/* Part of what it concerns. */
struct guest_job {
    struct guest_job *next, *previous;
    enum guest_job_kind kind;
    bool queued;
};

enum guest_step {
    GUEST_STEP_MAKE, /* the start section, if the module has one, runs in here */
    GUEST_STEP_INITIALIZE,
    GUEST_STEP_START,
    GUEST_STEP_REST, /* ready, nothing under way */
    GUEST_STEP_ALLOC,
    GUEST_STEP_HANDLE,
    GUEST_STEP_DONE,
    GUEST_STEP_GONE,
    GUEST_STEP_WS
};

/* Requests by what their places count against (enum guest_share). */
struct guest_shares {
    size_t common, trials;
};

struct mocket_pool;
struct guest_request;
struct guest_op;
struct guest_event;
struct guest_socket;
struct guest_worker;

struct guest_instance {
    struct guest_program *program;
    struct guest_worker *worker; /* NULL: nobody's yet */
    struct guest_log *log;
    struct ticker_seat *seat;
    uv_loop_t *loop; /* for operations */
    struct engine_instance *engine;
    enum guest_export running; /* the export that runs now */
    struct guest_declaration declared;
    struct guest_handles handles;
    uint64_t memory_counted;   /* bytes that the worker's stats have of it */
    uint64_t grown;            /* bytes of memory and heap, as far as the engine asks for them */
    uint64_t charged;          /* to the worker's till */
    uint64_t heap;             /* of them: its GC heap when it was looked at last */
    uint64_t collections;      /* that the log has not been told of */
    uint64_t collections_ns;   /* when it was last */
    struct guest_files *files; /* NULL: none yet */
    struct guest_line out[3];  /* standard output, standard error, MoonBit's println */
    uint16_t high_surrogate;   /* of println: the first half of a pair, or 0 */
    uint64_t deadline_ns;      /* imports end then; MOCKET_NEVER: none */
    uint64_t served;
    uint64_t memory_at_start; /* bytes */
    bool exited;              /* it called proc_exit: the trap that follows is not one */
    uint32_t exit_code;
    bool broken; /* not to be entered again */

    /* the job under way: */
    enum guest_step step;
    struct guest_job *job;
    struct guest_request *current; /* that it concerns, or NULL */
    struct guest_event *event;     /* of a socket, or NULL */
    union engine_slot slots[4];
    uint32_t message_at, message_len;
    bool direct;           /* else in slices */
    bool suspended;        /* a call in slices is under way */
    bool waiting;          /* in an import */
    bool late;             /* its time is up, it shall end */
    bool waited;           /* at some time */
    uint64_t job_tick;     /* when it began, by the ticker */
    uint64_t began_ns;     /* and by the clock */
    uint64_t used_ns;      /* inside the guest, in slices */
    uint64_t run_left_ns;  /* that it may still use before it waits */
    uint64_t start_end_ns; /* of the time for the start */
    struct guest_job *first_job, *last_job;
    int32_t poll_op;             /* what poll_oneoff waits for, 0: nothing */
    uint64_t poll_ns;            /* and for how long */
    struct guest_owner owner;    /* of what belongs to no request or socket */
    struct guest_op *unused_ops; /* that had timers */
    uint32_t outgoing_count;     /* requests to other servers, of all owners */
    uint64_t outgoing_bytes;     /* of their bodies, as far as they were given whole */
    struct mocket_pool *pool;    /* for them, in a start that is not a worker's; NULL: none yet */

    /* the worker's: */
    struct guest_instance *next, *previous; /* of all */
    struct guest_instance *next_runnable, *next_idle;
    struct guest_socket *sockets; /* that it owns */
    size_t socket_count;
    size_t event_bytes; /* of messages of sockets that wait for it */
    bool sockets_held;  /* since these are too many: none of them is read from */
    bool runnable;      /* in the run queue */
    bool idle;          /* among those without requests */
    bool advancing;     /* guest_instance_advance is under way */
    bool lingers;       /* it is used up, and gets no requests any more */
    size_t requests;    /* that it has */
    struct guest_shares shares;
    uint64_t rested_ns; /* since when it has none */
};

/* Makes an instance, runs _initialize and its start, and compares what it declares with program->declared when that is
 * known. All that runs to its end here. 0; MOCKET_ENOMEM; MOCKET_ELIMIT when the engine has no room; MOCKET_EINVAL when
 * the guest is at fault: *why tells. */
int guest_instance_open(struct guest_program *program, struct guest_log *log, struct ticker_seat *seat,
                        struct guest_instance **out, struct mocket_buf *why);
/* The same, but nothing has run yet: guest_instance_advance does it. NULL: no memory. */
struct guest_instance *guest_instance_new(struct guest_program *program, struct guest_log *log,
                                          struct ticker_seat *seat);
/* Charges the worker's till with what the instance will take. False: no more may be held. */
bool guest_instance_reserve(struct guest_instance *instance);
/* It belongs to a worker with this log from now on, and is charged to its till. */
void guest_instance_move(struct guest_instance *instance, struct guest_log *log);
/* engine_link's growing. */
bool guest_instance_growing(void *instance, int64_t bytes);
/* Before the first advance; the worker is known by now. */
void guest_instance_start(struct guest_instance *instance);
/* A call that is under way is unwound. NULL is fine. */
void guest_instance_close(struct guest_instance *instance);

/* Puts a job at the end. */
void guest_instance_add(struct guest_instance *instance, struct guest_job *job);
void guest_instance_remove(struct guest_instance *instance, struct guest_job *job);

enum guest_progress {
    GUEST_RESTS,    /* nothing to do */
    GUEST_RUNNABLE, /* its slice is over: advance again, after others */
    GUEST_WAITS,    /* an operation's end, or a deadline */
    GUEST_ENDED,    /* broken: of the request that was under way guest_request_fail has been told */
    GUEST_UNSTARTED /* it could not be started: *why tells */
};
/* Goes on with what is under way, and then with the jobs. On a thread's stack. */
enum guest_progress guest_instance_advance(struct guest_instance *instance, struct mocket_buf *why);

/* Shortens the time of the job under way to ms from now. */
void guest_instance_limit(struct guest_instance *instance, uint64_t ms);

/* Is it started? */
static inline bool guest_instance_is_ready(const struct guest_instance *i)
{
    return i->step >= GUEST_STEP_REST;
}

/* What the export that runs works for: a request, or the instance. */
struct guest_owner *guest_instance_owner(struct guest_instance *instance);

/* The job under way has waited, or what it wrote was taken: the time that it may run without either begins anew. */
void guest_instance_begin_stretch(struct guest_instance *instance);

/* Did the call under way, or that has just ended, take so long that such calls should run in slices? */
bool guest_instance_is_long(const struct guest_instance *instance);

/* Is it in an export below which a guest may be suspended? */
static inline bool guest_may_wait(const struct guest_instance *i)
{
    return i->running == GUEST_HANDLE || i->running == GUEST_WS;
}

/* Whether it can serve another request. */
bool guest_instance_fit(const struct guest_instance *instance);

#endif
