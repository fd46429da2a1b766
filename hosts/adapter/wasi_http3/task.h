/* A task of the component is one request. The platform calls the component once for each request, and then each time
 * that something of it has come to its end; many requests may be under way in one instance (docs/abi.md, section 6).
 *
 *     LOOKING (a read shows whether the request has a body) -> OPEN (the core has it) -> CLOSED -> (gone)
 *
 *     the answer:  NONE -> MADE (by another task: it waits for its own) -> RETURNED
 *
 * A response can only be returned by its own task, and so can the end of the task. A task that finds such work for
 * another one wakes it. */
#ifndef MOCKET_HOSTS_ADAPTER_WASI_HTTP3_TASK_H
#define MOCKET_HOSTS_ADAPTER_WASI_HTTP3_TASK_H

#include "body.h"

enum http3_task_state { HTTP3_LOOKING, HTTP3_OPEN, HTTP3_CLOSED };
enum http3_answer_state { HTTP3_UNANSWERED, HTTP3_MADE, HTTP3_RETURNED };

struct http3_task {
    struct mocket_link link; /* of all, the oldest first */
    struct adapter_exchange *exchange;
    enum http3_task_state state;
    enum http3_answer_state answer;
    uint32_t set;             /* of its waitables; 0: none yet */
    uint32_t request, fields; /* handles, 0: not owned any longer */
    uint32_t response;        /* MADE */
    bool is_cancelled;        /* by its caller */
    struct http3_input input;
    struct http3_output output;
    struct http3_waitable timer;
    uint64_t timer_ns; /* the time that it waits for */
    struct http3_waitable wake;
    uint32_t wake_writable;
};

/* The state of the port. */
struct http3 {
    struct adapter *adapter;
    struct mocket_list tasks, waitables;
    struct http3_task *current; /* the task that the platform has called */
    bool blocks;                /* it waits in the middle of a handler */
};
struct http3 *http3_here(void);

/* The set for waitables of the task; NULL: of the instance. 0: there is no task. */
uint32_t http3_set_of(struct http3_task *task);
/* Gives the response to the platform, if its task is the current one. */
void http3_task_answer(struct http3_task *t);
/* Waits for the time, unless the timer of the task waits for an earlier one. Returns whether the time is over. */
bool http3_timer_start(struct http3_task *t, uint64_t until_ns);
void http3_timer_event(struct http3_task *t, uint32_t state);
void http3_wake_event(struct http3_task *t);

#endif
