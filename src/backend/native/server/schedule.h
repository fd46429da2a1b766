/* What a worker's loop has to run next. A job is anything that runs on the loop's stack: a handler that goes on, a
 * WebSocket that has work. No job runs from within another one.
 *
 *     ready   runs as soon as the loop's callback returns to the schedule
 *     turn    runs when the loop has looked at all descriptors once: the job had its share
 *     due     runs when no job is ready any more: many reasons for the same work run it once
 *
 * A callback of the loop that may add jobs is written as
 *
 *     bool outermost = mocket__schedule_enter(s);
 *     ...
 *     mocket__schedule_leave(s, outermost);                  runs what was added
 *
 * Jobs that are added outside of such a pair run at once, except for due ones. */
#ifndef MOCKET_NATIVE_SERVER_SCHEDULE_H
#define MOCKET_NATIVE_SERVER_SCHEDULE_H

#include <uv.h>

#include "../../../base/list.h"

struct mocket_job {
    struct mocket_link link;
    struct mocket_list *on; /* the list that holds the job; NULL: none */
    void (*run)(struct mocket_job *job);
};

enum mocket_mail_state { MOCKET_MAIL_NONE, MOCKET_MAIL_DELIVERED, MOCKET_MAIL_LEFT };

struct mocket_schedule {
    uv_idle_t hurry; /* runs while there is a turn, or due work without a callback that will run it */
    struct mocket_list ready, turns, due;
    bool busy; /* some caller runs jobs, or will */
    /* Delivers a portion of what other threads have sent to this worker. Called when no job is left. */
    enum mocket_mail_state (*bring_mail)(struct mocket_schedule *s);
};

/* Initializes a zeroed schedule whose bring_mail is set. */
void mocket__schedule_init(struct mocket_schedule *s, uv_loop_t *loop);

/* The job is on no list. */
void mocket__schedule_ready(struct mocket_schedule *s, struct mocket_job *job);
void mocket__schedule_turn(struct mocket_schedule *s, struct mocket_job *job);
/* Does nothing if the job is due already. Never runs the job at once. */
void mocket__schedule_due(struct mocket_schedule *s, struct mocket_job *job);
/* The job is on no list afterwards. */
void mocket__schedule_cancel(struct mocket_job *job);

/* Returns whether the caller is the one that runs jobs in the end. */
static inline bool mocket__schedule_enter(struct mocket_schedule *s)
{
    bool outermost = !s->busy;
    s->busy = true;
    return outermost;
}

/* Runs jobs that are ready or due, and brings the mail. */
void mocket__schedule_run(struct mocket_schedule *s);

static inline void mocket__schedule_leave(struct mocket_schedule *s, bool outermost)
{
    if (outermost)
        mocket__schedule_run(s);
}

#endif
