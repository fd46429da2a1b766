/* A worker is a thread with a loop, listening handles of its own, and pools that nobody else touches. Nothing is shared
 * between workers but the app, which is frozen, and the settings.
 *
 * Stopping comes in by a counter and an async handle, the only way in from other threads and signal handlers. The first
 * time listening ends, idle connections close, and the others finish, lingering less than before. The second time, or
 * when the grace is over, connections are cut. The loop ends when the last connection is gone, which is when the last
 * handler has returned. */
#include "worker.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../../base/memory.h"
#include "environment.h"
#include "../tls/tls.h"
#include "h1.h"
#include "socket.h"

#define ACCEPTS_PER_TURN 64
#define ACCEPT_PAUSE_MS 100     /* when the kernel has nothing to accept with */
#define LINGER_LOOKS 5          /* within the silence of a client that lingers */
#define STOP_LINGER_MS 1000     /* in all, while the worker stops */
#define CLOSING_MS 5000         /* for the close frame that answers ours */
#define COMPLAINT_EVERY_MS 1000 /* about connections that could not be accepted */

/* What connections may begin as. */
static const struct mocket_protocol *const protocols[] = { &mocket__h1, NULL };

const char *mocket__worker_protocol(size_t i)
{
    return protocols[i] ? protocols[i]->name : NULL;
}

/* ---- time limits ---- */

/* How often to look whether a connection has lingered for long enough: within one class all limits are the same. */
static int64_t linger_look_ms(const struct mocket_native_worker *w)
{
    int64_t least_ms = w->linger_silence_ms < w->linger_total_ms ? w->linger_silence_ms : w->linger_total_ms;
    return least_ms / LINGER_LOOKS;
}

static void init_limits(struct mocket_native_worker *w)
{
    const mocket_app *app = w->server->app;
    int64_t *limit_ms = w->clock.timeouts.limit_ms;
    limit_ms[MOCKET_TIMEOUT_NONE] = MOCKET_UNLIMITED;
    limit_ms[MOCKET_TIMEOUT_HANDSHAKE] = mocket__app_setting(app, MOCKET_HANDSHAKE_TIMEOUT);
    limit_ms[MOCKET_TIMEOUT_IDLE] = mocket__app_setting(app, MOCKET_IDLE_TIMEOUT);
    limit_ms[MOCKET_TIMEOUT_HEAD] = mocket__app_setting(app, MOCKET_HEAD_TIMEOUT);
    limit_ms[MOCKET_TIMEOUT_BODY] = mocket__h1_body_look_ms(w->server->body_silence_ms, w->server->body_total_ms);
    limit_ms[MOCKET_TIMEOUT_WRITE] = mocket__app_setting(app, MOCKET_WRITE_TIMEOUT);
    w->linger_silence_ms = mocket__app_setting(app, MOCKET_LINGER_TIMEOUT);
    w->linger_total_ms = mocket__app_setting(app, MOCKET_LINGER_TOTAL);
    limit_ms[MOCKET_TIMEOUT_LINGER] = linger_look_ms(w);
    limit_ms[MOCKET_TIMEOUT_CLOSING] = CLOSING_MS;
    int64_t silence_ms = mocket__app_setting(app, MOCKET_WS_TIMEOUT);
    limit_ms[MOCKET_TIMEOUT_SOCKET] = silence_ms < 0 ? MOCKET_UNLIMITED : (silence_ms + 1) / 2;
}

/* A client that still sends has its answer already: a stop waits for it a little, and no more. */
static void shorten_lingering(struct mocket_native_worker *w)
{
    if (w->linger_total_ms > STOP_LINGER_MS)
        w->linger_total_ms = STOP_LINGER_MS;
    mocket__clock_change(&w->clock, MOCKET_TIMEOUT_LINGER, linger_look_ms(w));
}

/* ---- accepting ---- */

static void complain(struct mocket_native_worker *w, const char *what)
{
    char text[160];
    uint64_t now_ms = uv_now(&w->loop);
    if (w->complained_ms != 0 && now_ms - w->complained_ms < COMPLAINT_EVERY_MS)
        return;
    w->complained_ms = now_ms;
    int len = snprintf(text, sizeof text, "a connection was not accepted: %s", what);
    mocket__server_log(w->server, MOCKET_LOG_WARN, (mocket_span){ text, (size_t)len });
}

static void on_acceptable(uv_poll_t *poll, int status, int events);

static int watch_accepts(struct mocket_native_worker *w)
{
    int rc = 0;
    for (size_t i = 0; i < w->server->listener_count && rc == 0; i++)
        if (w->accepts[i].open)
            rc = uv_poll_start(&w->accepts[i].poll, UV_READABLE, on_acceptable);
    return rc;
}

static void on_pause_over(uv_timer_t *timer)
{
    watch_accepts(timer->data);
}

/* Trying again at once would only take time: clients wait a little longer. */
static void pause_accepts(struct mocket_native_worker *w)
{
    for (size_t i = 0; i < w->server->listener_count; i++)
        if (w->accepts[i].open)
            uv_poll_stop(&w->accepts[i].poll);
    uv_timer_start(&w->accept_timer, on_pause_over, ACCEPT_PAUSE_MS, 0);
}

/* There are no descriptors: accepts a client with the one in reserve and refuses it. Returns false if there is none. */
static bool refuse_one(struct mocket_native_worker *w, const struct mocket_accept *a)
{
    if (w->reserve_fd < 0)
        return false;
    close(w->reserve_fd);
    int fd = accept4(a->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0)
        mocket__server_refuse(fd, &a->arrival);
    w->reserve_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    return fd >= 0 && w->reserve_fd >= 0;
}

/* Can accepting go on? */
static bool bear(struct mocket_native_worker *w, struct mocket_accept *a, int error)
{
    if (error == EAGAIN || error == EWOULDBLOCK)
        return false;
    if (error == EINTR || error == ECONNABORTED || error == EPROTO || error == ENETDOWN || error == EHOSTUNREACH)
        return true;
    complain(w, strerror(error));
    if ((error == EMFILE || error == ENFILE) && refuse_one(w, a))
        return true;
    if (w->reserve_fd < 0)
        w->reserve_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    pause_accepts(w);
    return false;
}

static void on_acceptable(uv_poll_t *poll, int status, int events)
{
    struct mocket_native_worker *w = poll->data;
    struct mocket_accept *a = (struct mocket_accept *)poll; /* its first member */
    (void)status, (void)events;
    for (int i = 0; i < ACCEPTS_PER_TURN && a->open; i++) {
        struct sockaddr_storage from;
        socklen_t len = sizeof from;
        int fd = accept4(a->fd, (struct sockaddr *)&from, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0)
            mocket__connection_accept(w, fd, a->local ? NULL : (const struct sockaddr *)&from, &a->arrival);
        else if (!bear(w, a, errno))
            break;
    }
}

/* The descriptor stays its listener's until the listener is told that it was taken. */
static int open_accepts(struct mocket_native_worker *w)
{
    struct mocket_server *s = w->server;
    w->accepts = mocket__new(sizeof *w->accepts * s->listener_count);
    if (!w->accepts)
        return UV_ENOMEM;
    for (size_t i = 0; i < s->listener_count; i++) {
        struct mocket_accept *a = &w->accepts[i];
        int *fd = &s->listeners[i].fds[w->number];
        int rc = uv_poll_init(&w->loop, &a->poll, *fd);
        if (rc < 0)
            return rc;
        a->poll.data = w;
        a->local = s->listeners[i].local;
        a->arrival = (struct mocket_arrival){ .protocols = protocols,
                                              .tls = s->listeners[i].secure ? s->tls : NULL,
                                              .redirects = s->listeners[i].redirects };
        a->open = true;
        a->fd = *fd;
        *fd = -1;
    }
    return watch_accepts(w);
}

/* ---- stopping ---- */

static void close_accepts(struct mocket_native_worker *w)
{
    for (size_t i = 0; i < w->server->listener_count; i++) {
        struct mocket_accept *a = &w->accepts[i];
        if (!a->open)
            continue;
        uv_close((uv_handle_t *)&a->poll, NULL);
        close(a->fd);
        a->open = false;
    }
    uv_timer_stop(&w->accept_timer);
}

static void end_if_empty(struct mocket_native_worker *w)
{
    if (mocket__worker_stopping(w) && w->connection_count == 0)
        uv_stop(&w->loop);
}

/* Each connection is in one class of time limits, until it is cut. What waited for clients runs when all are cut. */
static void cut_all(struct mocket_native_worker *w)
{
    struct mocket_timeout *first;
    bool outermost = mocket__schedule_enter(&w->schedule);
    for (int i = 0; i < MOCKET_TIMEOUT_COUNT; i++)
        while ((first = mocket__timeouts_first(&w->clock.timeouts, (enum mocket_timeout_class)i)) != NULL)
            mocket__connection_cut(mocket__connection_of_timeout(first));
    mocket__schedule_leave(&w->schedule, outermost);
}

static void on_grace_over(uv_timer_t *timer)
{
    cut_all(timer->data);
}

static void stop_one(struct mocket_timeout *m)
{
    struct mocket_connection *c = mocket__connection_of_timeout(m);
    mocket__connection_stop(c);
}

static void stop_gently(struct mocket_native_worker *w)
{
    int64_t grace_ms = w->server->grace_ms;
    bool outermost = mocket__schedule_enter(&w->schedule);
    close_accepts(w);
    mocket__timeouts_each(&w->clock.timeouts, stop_one);
    shorten_lingering(w);
    mocket__schedule_leave(&w->schedule, outermost);
    if (grace_ms >= 0)
        uv_timer_start(&w->grace_timer, on_grace_over, (uint64_t)grace_ms, 0);
    end_if_empty(w);
}

static void on_stop(uv_async_t *async)
{
    struct mocket_native_worker *w = async->data;
    int wanted = atomic_load(&w->stops_wanted);
    bool first = w->stops_seen == 0 && wanted > 0;
    w->stops_seen = wanted;
    if (first)
        stop_gently(w);
    if (wanted > 1)
        cut_all(w);
}

/* There may be mail. */
static void on_mail(uv_async_t *async)
{
    struct mocket_native_worker *w = async->data;
    mocket__schedule_run(&w->schedule);
}

void mocket__worker_stop(struct mocket_native_worker *w)
{
    atomic_fetch_add(&w->stops_wanted, 1);
    uv_async_send(&w->stop_async);
}

static void on_due(struct mocket_timeout *m)
{
    mocket__connection_timeout(mocket__connection_of_timeout(m));
}

/* ---- life ---- */

int mocket__worker_open(struct mocket_native_worker *w)
{
    int rc = uv_loop_init(&w->loop);
    if (rc < 0)
        return MOCKET_ENOMEM;
    w->loop_open = true;
    w->reserve_fd = -1;
    w->till = w->inputs.till = mocket__account_till(w->server->opts->account);
    w->clock.is_due = on_due;
    mocket__clock_init(&w->clock, &w->loop);
    init_limits(w);
    w->when_empty = end_if_empty;
    w->schedule.bring_mail = mocket__sockets_mail;
    mocket__schedule_init(&w->schedule, &w->loop);
    rc = uv_async_init(&w->loop, &w->stop_async, on_stop);
    if (rc == 0)
        rc = uv_async_init(&w->loop, &w->mail_async, on_mail);
    if (rc < 0 || mocket__topics_init(&w->topics) < 0)
        return MOCKET_EIO;
    w->topics.till = w->till;
    w->tls_lane = w->server->tls ? mocket__tls_lane_new(w->till) : NULL;
    if (!mocket__fibers_reserve(&w->fibers) || (w->server->tls && !w->tls_lane))
        return MOCKET_ENOMEM;
    uv_timer_init(&w->loop, &w->grace_timer);
    uv_timer_init(&w->loop, &w->accept_timer);
    w->stop_async.data = w->mail_async.data = w->grace_timer.data = w->accept_timer.data = w;
    w->client.connections_max = w->server->descriptors.outgoing;
    w->reserve_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    return open_accepts(w) < 0 ? MOCKET_EIO : 0;
}

void mocket__worker_run(struct mocket_native_worker *w)
{
    const mocket_app *app = w->server->app;
    w->app_worker = mocket__app_worker_start(app);
    w->env = mocket__native_environment(w);
    uv_run(&w->loop, UV_RUN_DEFAULT);
    mocket__app_worker_stop(app, w->app_worker);
}

static void close_handle(uv_handle_t *handle, void *arg)
{
    (void)arg;
    if (!uv_is_closing(handle))
        uv_close(handle, NULL);
}

void mocket__worker_close(struct mocket_native_worker *w)
{
    if (w->accepts)
        close_accepts(w);
    if (w->client.pool)
        w->client.end(w->client.pool);
    w->client.pool = NULL;
    if (w->loop_open) {
        uv_walk(&w->loop, close_handle, NULL);
        uv_run(&w->loop, UV_RUN_DEFAULT);
        uv_loop_close(&w->loop);
        w->loop_open = false;
        if (w->reserve_fd >= 0)
            close(w->reserve_fd);
    }
    mocket__h1_exchanges_release(w);
    mocket__topics_release(&w->topics);
    mocket__ws_machines_release(&w->ws_machines);
    mocket__input_pool_release(&w->inputs);
    mocket__fibers_release(&w->fibers);
    mocket__buf_release(&w->out);
    mocket__tls_lane_free(w->tls_lane);
    mocket__free(w->accepts);
    w->accepts = NULL;
    mocket__till_close(w->till);
}
