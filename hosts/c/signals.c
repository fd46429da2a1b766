/* The signals are blocked in every thread and read from a descriptor by one. So there is no handler, which could run in
 * the middle of anything, and no worker has a part in it: guests that compute, disks that do not answer and pipes that
 * nobody reads cannot hold a signal up.
 *
 * The process ends by the signal's default action, so that its parent sees which signal it was. The first process of a
 * container has no such action: it exits with the code that a shell would report. */
#include "signals.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "../../src/base/deadline.h"
#include "../../src/base/span.h"
#include "../../src/core/app.h"
#include "guest/thread.h"
#include "notify.h"

#define HOUR_MS 3600000

static sigset_t watched(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    return set;
}

_Noreturn static void end_process(const struct signals *s)
{
    int number = s->number;
    sigset_t set;
    if (s->at_once)
        s->at_once(s->data);
    signal(number, SIG_DFL);
    sigemptyset(&set);
    sigaddset(&set, number);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    kill(getpid(), number);
    _exit(128 + number);
}

/* ---- Under lock: what a signal does, and what time does ---- */

static void stop(struct signals *s)
{
    assert(s->state == SIGNALS_SERVING && s->app);
    int64_t grace_ms = mocket__app_setting(s->app, MOCKET_STOP_GRACE);
    mocket_stop(s->app);
    s->state = SIGNALS_STOPPING;
    if (s->tell)
        s->tell(NOTIFY_STOPPING);
    s->due_ns = grace_ms < 0 ? MOCKET_NEVER : uv_hrtime() + ((uint64_t)grace_ms + SIGNALS_MARGIN_MS) * MOCKET_MS_NS;
}

static void cut(struct signals *s)
{
    assert(s->state == SIGNALS_STOPPING && s->app);
    mocket_stop(s->app);
    s->state = SIGNALS_CUT;
    s->due_ns = uv_hrtime() + SIGNALS_CUT_MS * MOCKET_MS_NS;
}

static void on_end_wanted(struct signals *s)
{
    switch (s->state) {
    case SIGNALS_SERVING:
        if (s->at_once)
            end_process(s);
        stop(s);
        break;
    case SIGNALS_STOPPING:
        cut(s);
        break;
    case SIGNALS_CLOSED: /* what it wants is done */
        break;
    default:
        end_process(s);
    }
}

static void on_hang_up(struct signals *s)
{
    if (s->state == SIGNALS_LATE || s->state == SIGNALS_CLOSED)
        return;
    if (!s->reload)
        s->log(
            s->data, MOCKET_LOG_WARN,
            MOCKET_SPAN("SIGHUP is ignored: there are no certificates to reload (a moved access log needs no signal)"));
    else if (s->app)
        s->reload(s->app);
}

static void on_due(struct signals *s)
{
    if (s->state != SIGNALS_STOPPING)
        end_process(s);
    s->log(s->data, MOCKET_LOG_WARN, MOCKET_SPAN("the server did not stop in time: the remaining connections are cut"));
    cut(s);
}

/* ---- The thread ---- */

static int wait_ms(struct signals *s)
{
    uv_mutex_lock(&s->lock);
    uint64_t left_ms = mocket__deadline_left_ms(s->due_ns, uv_hrtime());
    uv_mutex_unlock(&s->lock);
    return left_ms == MOCKET_NEVER ? -1 : left_ms < HOUR_MS ? (int)left_ms : HOUR_MS;
}

static void take_signal(struct signals *s)
{
    struct signalfd_siginfo info;
    if (read(s->signal_fd, &info, sizeof info) != sizeof info)
        return;
    uv_mutex_lock(&s->lock);
    if (info.ssi_signo == SIGHUP) {
        on_hang_up(s);
    } else {
        s->number = (int)info.ssi_signo;
        on_end_wanted(s);
    }
    uv_mutex_unlock(&s->lock);
}

static void take_time(struct signals *s)
{
    uv_mutex_lock(&s->lock);
    if (mocket__deadline_is_over(s->due_ns, uv_hrtime()))
        on_due(s);
    uv_mutex_unlock(&s->lock);
}

static void run(void *arg)
{
    struct signals *s = arg;
    struct pollfd fds[] = { { .fd = s->wake_fd, .events = POLLIN }, { .fd = s->signal_fd, .events = POLLIN } };
    for (bool closed = false; !closed;) {
        int n = poll(fds, 2, wait_ms(s));
        if (n > 0 && fds[1].revents)
            take_signal(s);
        take_time(s);
        uv_mutex_lock(&s->lock);
        closed = s->state == SIGNALS_CLOSED;
        uv_mutex_unlock(&s->lock);
    }
}

/* The thread looks at the state anew. */
static void wake(struct signals *s)
{
    uint64_t one = 1;
    ssize_t n = write(s->wake_fd, &one, sizeof one);
    (void)n; /* it cannot be full */
}

/* ---- Life ---- */

static void close_fds(struct signals *s)
{
    if (s->signal_fd >= 0)
        close(s->signal_fd);
    if (s->wake_fd >= 0)
        close(s->wake_fd);
}

int signals_open(struct signals *s)
{
    sigset_t set = watched();
    pthread_sigmask(SIG_BLOCK, &set, &s->before);
    s->state = SIGNALS_EARLY;
    s->due_ns = MOCKET_NEVER;
    s->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    s->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    uv_mutex_init(&s->lock);
    int rc = s->signal_fd < 0 || s->wake_fd < 0 ? MOCKET_EIO : guest_thread_start(&s->thread, run, s);
    s->opened = rc == 0;
    if (rc == 0)
        return 0;
    close_fds(s);
    uv_mutex_destroy(&s->lock);
    pthread_sigmask(SIG_SETMASK, &s->before, NULL);
    s->state = SIGNALS_CLOSED;
    return rc;
}

void signals_serve(struct signals *s, mocket_app *app)
{
    uv_mutex_lock(&s->lock);
    s->app = app;
    s->state = SIGNALS_SERVING;
    if (s->tell)
        s->tell(NOTIFY_READY);
    uv_mutex_unlock(&s->lock);
}

/* A time that runs goes on: what comes now can hang as well. */
void signals_served(struct signals *s)
{
    if (!s->opened)
        return;
    uv_mutex_lock(&s->lock);
    s->app = NULL;
    s->state = SIGNALS_LATE;
    uv_mutex_unlock(&s->lock);
}

/* A signal that nobody has read yet is dropped: what it wants is done. */
void signals_close(struct signals *s)
{
    struct signalfd_siginfo info;
    if (!s->opened)
        return;
    s->opened = false;
    uv_mutex_lock(&s->lock);
    s->state = SIGNALS_CLOSED;
    s->due_ns = MOCKET_NEVER;
    uv_mutex_unlock(&s->lock);
    wake(s);
    uv_thread_join(&s->thread);
    while (read(s->signal_fd, &info, sizeof info) == sizeof info)
        continue;
    close_fds(s);
    uv_mutex_destroy(&s->lock);
    pthread_sigmask(SIG_SETMASK, &s->before, NULL);
}
