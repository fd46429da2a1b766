/* The loop's idle handle is what keeps the loop from sleeping while jobs wait for their turn: the loop polls all
 * descriptors once without waiting, then on_hurry runs. */
#include "schedule.h"

static struct mocket_job *take(struct mocket_list *list)
{
    struct mocket_job *job = MOCKET_LIST_FIRST(list, struct mocket_job, link);
    if (job) {
        mocket__list_remove(list, &job->link);
        job->on = NULL;
    }
    return job;
}

static void add(struct mocket_list *list, struct mocket_job *job)
{
    mocket__list_append(list, &job->link);
    job->on = list;
}

static void on_hurry(uv_idle_t *idle)
{
    struct mocket_schedule *s = idle->data;
    struct mocket_job *job;
    uv_idle_stop(idle);
    while ((job = take(&s->turns)))
        add(&s->ready, job);
    mocket__schedule_run(s);
}

static void hurry(struct mocket_schedule *s)
{
    uv_idle_start(&s->hurry, on_hurry);
}

void mocket__schedule_init(struct mocket_schedule *s, uv_loop_t *loop)
{
    uv_idle_init(loop, &s->hurry);
    s->hurry.data = s;
}

static void run_jobs(struct mocket_schedule *s)
{
    struct mocket_job *job;
    do {
        while ((job = take(&s->ready)))
            job->run(job);
        while ((job = take(&s->due)))
            job->run(job);
    } while (!mocket__list_is_empty(&s->ready));
}

/* A portion of the mail: there may be no end of it. The rest comes when the others had their turn. */
void mocket__schedule_run(struct mocket_schedule *s)
{
    s->busy = true;
    run_jobs(s);
    enum mocket_mail_state mail = s->bring_mail(s);
    if (mail != MOCKET_MAIL_NONE)
        run_jobs(s);
    if (mail == MOCKET_MAIL_LEFT)
        hurry(s);
    s->busy = false;
}

void mocket__schedule_ready(struct mocket_schedule *s, struct mocket_job *job)
{
    add(&s->ready, job);
    if (!s->busy)
        mocket__schedule_run(s);
}

void mocket__schedule_turn(struct mocket_schedule *s, struct mocket_job *job)
{
    add(&s->turns, job);
    hurry(s);
}

void mocket__schedule_due(struct mocket_schedule *s, struct mocket_job *job)
{
    if (job->on)
        return;
    add(&s->due, job);
    if (!s->busy)
        hurry(s);
}

void mocket__schedule_cancel(struct mocket_job *job)
{
    if (!job->on)
        return;
    mocket__list_remove(job->on, &job->link);
    job->on = NULL;
}
