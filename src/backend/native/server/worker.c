/* A worker is a thread with a loop, listening handles of its own, and pools that nobody else touches. Nothing is shared
 * between workers but the app, which is frozen, and the settings.
 *
 * Stopping comes in by a counter and an async handle, the only way in from other threads and signal handlers. The first
 * time the doors close, idle connections leave and the others finish, lingering less than before; the second time, or
 * when the grace is over, they are cut. The loop ends when the last connection is gone, which is when the last handler
 * has returned. */
#include "conn.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "../../../base/memory.h"
#include "../../../wire/h1_write.h"
#include "../log.h"

#define ACCEPTS_PER_TURN 64
#define ACCEPT_PAUSE_MS 100     /* when the kernel has nothing to accept with */
#define LINGER_LOOKS 5          /* within the silence of a client that lingers */
#define STOP_LINGER_MS 1000     /* in all, while the worker stops */
#define CLOSING_MS 5000         /* for the close frame that answers ours */
#define TIMER_STEP_MS 10        /* limits are kept to this */
#define COMPLAINT_EVERY_MS 1000 /* about connections that could not be accepted */

/* ---- log and clock ---- */

void mocket__server_log(const struct mocket_server *s, int level, mocket_span line)
{
    if (s->opts->log != NULL)
        s->opts->log(s->opts->data, level, line);
    else
        mocket__log_stderr(level, line);
}

mocket_span mocket__worker_date(struct mocket_native_worker *w)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME_COARSE, &now);
    if (now.tv_sec != w->date_s) {
        w->date_s = now.tv_sec;
        mocket__http_date(w->date, now.tv_sec);
    }
    return (mocket_span){ w->date, sizeof(w->date) - 1 };
}

/* ---- time limits ---- */

static void on_timeout_timer(uv_timer_t *timer);

static void start_timer(struct mocket_native_worker *w, uint64_t due_ms)
{
    uint64_t now_ms = uv_now(&w->loop);
    uint64_t wait_ms = due_ms > now_ms + TIMER_STEP_MS ? due_ms - now_ms : TIMER_STEP_MS;
    w->timer_due_ms = now_ms + wait_ms;
    uv_timer_start(&w->timeout_timer, on_timeout_timer, wait_ms, 0);
}

static void keep_timer(struct mocket_native_worker *w)
{
    uint64_t next_ms = mocket__timeouts_next(&w->timeouts);
    if (next_ms < w->timer_due_ms)
        start_timer(w, next_ms);
}

static void on_timeout_timer(uv_timer_t *timer)
{
    struct mocket_native_worker *w = timer->data;
    struct mocket_timeout *due;
    w->timer_due_ms = MOCKET_NEVER;
    while ((due = mocket__timeouts_due(&w->timeouts, uv_now(&w->loop))) != NULL)
        mocket__conn_timeout(mocket__conn_of_timeout(due));
    keep_timer(w);
}

void mocket__worker_limit(struct mocket_native_worker *w, struct mocket_timeout *m, enum mocket_timeout_class class)
{
    uint64_t due_ms = mocket__timeouts_set(&w->timeouts, m, class, uv_now(&w->loop));
    if (due_ms < w->timer_due_ms)
        start_timer(w, due_ms);
}

/* How often to look whether a connection has lingered for long enough: within one class all limits are the same. */
static int64_t linger_look_ms(const struct mocket_native_worker *w)
{
    int64_t least_ms = w->linger_silence_ms < w->linger_total_ms ? w->linger_silence_ms : w->linger_total_ms;
    return least_ms / LINGER_LOOKS;
}

static void init_limits(struct mocket_native_worker *w)
{
    const mocket_app *app = w->server->app;
    int64_t *limit_ms = w->timeouts.limit_ms;
    mocket__timeouts_init(&w->timeouts);
    limit_ms[MOCKET_TIMEOUT_NONE] = MOCKET_UNLIMITED;
    limit_ms[MOCKET_TIMEOUT_IDLE] = mocket__app_setting(app, MOCKET_IDLE_TIMEOUT);
    limit_ms[MOCKET_TIMEOUT_HEAD] = mocket__app_setting(app, MOCKET_HEAD_TIMEOUT);
    limit_ms[MOCKET_TIMEOUT_BODY] = mocket__body_look_ms(w->server->body_silence_ms, w->server->body_total_ms);
    limit_ms[MOCKET_TIMEOUT_WRITE] = mocket__app_setting(app, MOCKET_WRITE_TIMEOUT);
    w->linger_silence_ms = mocket__app_setting(app, MOCKET_LINGER_TIMEOUT);
    w->linger_total_ms = mocket__app_setting(app, MOCKET_LINGER_TOTAL);
    limit_ms[MOCKET_TIMEOUT_LINGER] = linger_look_ms(w);
    limit_ms[MOCKET_TIMEOUT_CLOSING] = CLOSING_MS;
    int64_t silence_ms = mocket__app_setting(app, MOCKET_WS_TIMEOUT);
    limit_ms[MOCKET_TIMEOUT_SOCKET] = silence_ms < 0 ? MOCKET_UNLIMITED : (silence_ms + 1) / 2;
    w->timer_due_ms = MOCKET_NEVER;
}

/* A client that still sends has its answer already: a stop waits for it a little, and no more. */
static void shorten_lingering(struct mocket_native_worker *w)
{
    if (w->linger_total_ms > STOP_LINGER_MS)
        w->linger_total_ms = STOP_LINGER_MS;
    mocket__timeouts_change(&w->timeouts, MOCKET_TIMEOUT_LINGER, linger_look_ms(w), uv_now(&w->loop));
    keep_timer(w);
}

/* ---- accepting ---- */

static void complain(struct mocket_native_worker *w, const char *what)
{
    char text[160];
    uint64_t now_ms = uv_now(&w->loop);
    if (w->complained_ms != 0 && now_ms - w->complained_ms < COMPLAINT_EVERY_MS)
        return;
    w->complained_ms = now_ms;
    int len = snprintf(text, sizeof(text), "a connection was not accepted: %s", what);
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

/* Trying again at once would only burn time: those who wait to be accepted wait a little longer. */
static void pause_accepts(struct mocket_native_worker *w)
{
    for (size_t i = 0; i < w->server->listener_count; i++)
        if (w->accepts[i].open)
            uv_poll_stop(&w->accepts[i].poll);
    uv_timer_start(&w->accept_timer, on_pause_over, ACCEPT_PAUSE_MS, 0);
}

/* There are no descriptors: the one in reserve takes the client out of the queue and tells it. False: there is none. */
static bool refuse_one(struct mocket_native_worker *w, int listening)
{
    if (w->reserve_fd < 0)
        return false;
    close(w->reserve_fd);
    int fd = accept4(listening, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0)
        mocket__refuse_socket(fd);
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
    if ((error == EMFILE || error == ENFILE) && refuse_one(w, a->fd))
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
        socklen_t len = sizeof(from);
        int fd = accept4(a->fd, (struct sockaddr *)&from, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0)
            mocket__conn_accept(w, fd, a->local ? NULL : (const struct sockaddr *)&from);
        else if (!bear(w, a, errno))
            break;
    }
}

/* The descriptor stays its listener's until the listener is told that it was taken. */
static int open_accepts(struct mocket_native_worker *w)
{
    struct mocket_server *s = w->server;
    w->accepts = mocket__new(sizeof(*w->accepts) * s->listener_count);
    if (w->accepts == NULL)
        return UV_ENOMEM;
    for (size_t i = 0; i < s->listener_count; i++) {
        struct mocket_accept *a = &w->accepts[i];
        int *fd = &s->listeners[i].fds[w->number];
        int rc = uv_poll_init(&w->loop, &a->poll, *fd);
        if (rc < 0)
            return rc;
        a->poll.data = w;
        a->local = s->listeners[i].local;
        a->open = true;
        a->fd = *fd;
        *fd = -1;
    }
    return watch_accepts(w);
}

/* ---- places ---- */

bool mocket__server_enter(struct mocket_server *s, const struct mocket_address *from)
{
    if (atomic_fetch_add(&s->connections, 1) < s->max_connections &&
        (s->addresses == NULL || from == NULL || mocket__addresses_enter(s->addresses, from)))
        return true;
    atomic_fetch_sub(&s->connections, 1);
    return false;
}

void mocket__server_leave(struct mocket_server *s, const struct mocket_address *from)
{
    if (s->addresses != NULL && from != NULL)
        mocket__addresses_leave(s->addresses, from);
    atomic_fetch_sub(&s->connections, 1);
}

/* What the client has sent already is read, otherwise closing would be a reset and take the answer away. */
void mocket__refuse_socket(int fd)
{
    static const char answer[] =
        "HTTP/1.1 503 Service Unavailable\r\n"
        "Content-Type: text/plain; charset=utf-8\r\n"
        "Retry-After: 1\r\n"
        "Content-Length: 19\r\n"
        "Connection: close\r\n"
        "\r\n"
        "Service Unavailable";
    char unread[4096];
    ssize_t n = send(fd, answer, sizeof(answer) - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n > 0 && recv(fd, unread, sizeof(unread), MSG_DONTWAIT) >= 0)
        shutdown(fd, SHUT_WR);
    close(fd);
}

/* ---- turns ---- */

static void on_hurry(uv_idle_t *idle)
{
    uv_idle_stop(idle);
    mocket__conn_turns(idle->data);
}

void mocket__worker_hurry(struct mocket_native_worker *w)
{
    uv_idle_start(&w->hurry, on_hurry);
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
    if (mocket__worker_stopping(w) && w->conn_count == 0)
        uv_stop(&w->loop);
}

static void cut_all(struct mocket_native_worker *w)
{
    struct mocket_timeout *first;
    for (int i = 0; i < MOCKET_TIMEOUT_COUNT; i++)
        while ((first = mocket__timeouts_first(&w->timeouts, (enum mocket_timeout_class)i)) != NULL)
            mocket__conn_break(mocket__conn_of_timeout(first));
}

static void on_grace_over(uv_timer_t *timer)
{
    cut_all(timer->data);
}

static void stop_gently(struct mocket_native_worker *w)
{
    struct mocket_timeout *first;
    int64_t grace_ms = w->server->grace_ms;
    close_accepts(w);
    while ((first = mocket__timeouts_first(&w->timeouts, MOCKET_TIMEOUT_IDLE)) != NULL)
        mocket__conn_stop(mocket__conn_of_timeout(first));
    shorten_lingering(w);
    w->busy = true;
    mocket__sockets_stop(w);
    mocket__conn_drain(w);
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
    mocket__conn_drain(async->data);
}

void mocket__worker_stop(struct mocket_native_worker *w)
{
    atomic_fetch_add(&w->stops_wanted, 1);
    uv_async_send(&w->stop_async);
}

void mocket__worker_conn_gone(struct mocket_native_worker *w)
{
    w->conn_count--;
    end_if_empty(w);
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
    init_limits(w);
    rc = uv_async_init(&w->loop, &w->stop_async, on_stop);
    if (rc == 0)
        rc = uv_async_init(&w->loop, &w->mail_async, on_mail);
    if (rc < 0 || mocket__topics_init(&w->topics) < 0)
        return MOCKET_EIO;
    w->topics.till = w->till;
    if (!mocket__fibers_reserve(&w->fibers))
        return MOCKET_ENOMEM;
    uv_timer_init(&w->loop, &w->timeout_timer);
    uv_timer_init(&w->loop, &w->grace_timer);
    uv_timer_init(&w->loop, &w->accept_timer);
    uv_idle_init(&w->loop, &w->hurry);
    w->stop_async.data = w->mail_async.data = w->timeout_timer.data = w->grace_timer.data = w->accept_timer.data =
        w->hurry.data = w;
    w->client.connections_max = w->server->descriptors.outgoing;
    w->reserve_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    return open_accepts(w) < 0 ? MOCKET_EIO : 0;
}

void mocket__worker_run(struct mocket_native_worker *w)
{
    const mocket_app *app = w->server->app;
    w->app_worker = mocket__app_worker_start(app);
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
    if (w->accepts != NULL)
        close_accepts(w);
    if (w->client.pool != NULL)
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
    mocket__exchanges_release(w);
    mocket__topics_release(&w->topics);
    mocket__ws_machines_release(&w->ws_machines);
    mocket__input_pool_release(&w->inputs);
    mocket__fibers_release(&w->fibers);
    mocket__buf_release(&w->out);
    mocket__free(w->accepts);
    w->accepts = NULL;
    mocket__till_close(w->till);
}
