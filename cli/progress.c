/* A thread, because the work may be a call that does not return, of ours, a compiler's or a host's. */
#include "progress.h"

#include <stdio.h>

#include "../src/backend/native/thread.h"
#include "../src/base/deadline.h"
#include "terminal.h"

#define PATIENCE_NS MOCKET_SECOND_NS

static void write_line(const struct cli_progress *p)
{
    fprintf(stderr, "mocket %s: %s ", p->verb, p->doing);
    mocket__cli_text(stderr, p->name);
    fputs(" ...\n", stderr);
}

static void run(void *arg)
{
    struct cli_progress *p = arg;
    uint64_t end_ns = uv_hrtime() + PATIENCE_NS;
    uv_mutex_lock(&p->lock);
    for (uint64_t now_ns = uv_hrtime(); p->state == CLI_PROGRESS_RUNNING && now_ns < end_ns; now_ns = uv_hrtime())
        uv_cond_timedwait(&p->ended, &p->lock, end_ns - now_ns);
    if (p->state == CLI_PROGRESS_RUNNING)
        write_line(p);
    uv_mutex_unlock(&p->lock);
}

void mocket__cli_progress_begin(struct cli_progress *p, const char *verb, const char *doing, const char *name)
{
    *p = (struct cli_progress){ .verb = verb, .doing = doing, .name = name, .state = CLI_PROGRESS_NONE };
    if (!mocket__cli_is_terminal(stderr))
        return;
    p->state = CLI_PROGRESS_RUNNING;
    uv_mutex_init(&p->lock);
    uv_cond_init(&p->ended);
    if (mocket__thread_start(&p->thread, run, p) == 0)
        return;
    uv_cond_destroy(&p->ended);
    uv_mutex_destroy(&p->lock);
    p->state = CLI_PROGRESS_NONE;
}

void mocket__cli_progress_end(struct cli_progress *p)
{
    if (p->state == CLI_PROGRESS_NONE) /* only this thread writes it */
        return;
    uv_mutex_lock(&p->lock);
    p->state = CLI_PROGRESS_NONE;
    uv_cond_signal(&p->ended);
    uv_mutex_unlock(&p->lock);
    uv_thread_join(&p->thread);
    uv_cond_destroy(&p->ended);
    uv_mutex_destroy(&p->lock);
}
