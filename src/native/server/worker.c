/* A worker is a thread with a loop, listening handles of its own, and pools that nobody else touches. Nothing is shared
 * between workers but the app, which is frozen, and the settings.
 *
 * Stopping comes in by a counter and an async handle, the only way in from other threads and signal handlers. The first
 * time the doors close, idle connections leave and the others finish; the second time, or when the grace is over, they
 * are cut. The loop ends when the last connection is gone, which is when the last handler has returned. */
#include "conn.h"

#include <stdio.h>
#include <time.h>

#include "../../base/memory.h"
#include "../../http/h1_write.h"
#include "../log.h"

#define BACKLOG 1024
#define LINGER_MS 2000
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

mocket_span mocket__worker_date(struct mocket_worker *w)
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

static void start_timer(struct mocket_worker *w, uint64_t due_ms)
{
    uint64_t now_ms = uv_now(&w->loop);
    uint64_t wait_ms = due_ms > now_ms + TIMER_STEP_MS ? due_ms - now_ms : TIMER_STEP_MS;
    w->timer_due_ms = now_ms + wait_ms;
    uv_timer_start(&w->timeout_timer, on_timeout_timer, wait_ms, 0);
}

static void on_timeout_timer(uv_timer_t *timer)
{
    struct mocket_worker *w = timer->data;
    struct mocket_timeout *due;
    w->timer_due_ms = MOCKET_NEVER;
    while ((due = mocket__timeouts_due(&w->timeouts, uv_now(&w->loop))) != NULL)
        mocket__conn_timeout(mocket__conn_of_timeout(due));
    uint64_t next_ms = mocket__timeouts_next(&w->timeouts);
    if (next_ms < w->timer_due_ms)
        start_timer(w, next_ms);
}

void mocket__worker_limit(struct mocket_worker *w, struct mocket_timeout *m, enum mocket_timeout_class class)
{
    uint64_t due_ms = mocket__timeouts_set(&w->timeouts, m, class, uv_now(&w->loop));
    if (due_ms < w->timer_due_ms)
        start_timer(w, due_ms);
}

static void init_limits(struct mocket_worker *w)
{
    const mocket_app *app = w->server->app;
    int64_t *limit_ms = w->timeouts.limit_ms;
    mocket__timeouts_init(&w->timeouts);
    limit_ms[MOCKET_TIMEOUT_NONE] = MOCKET_UNLIMITED;
    limit_ms[MOCKET_TIMEOUT_IDLE] = mocket__app_setting(app, MOCKET_IDLE_TIMEOUT);
    limit_ms[MOCKET_TIMEOUT_HEAD] = mocket__app_setting(app, MOCKET_HEAD_TIMEOUT);
    limit_ms[MOCKET_TIMEOUT_BODY] = mocket__app_setting(app, MOCKET_BODY_TIMEOUT);
    limit_ms[MOCKET_TIMEOUT_WRITE] = mocket__app_setting(app, MOCKET_WRITE_TIMEOUT);
    limit_ms[MOCKET_TIMEOUT_LINGER] = LINGER_MS;
    w->timer_due_ms = MOCKET_NEVER;
}

/* ---- accepting ---- */

static void complain(struct mocket_worker *w, const char *what)
{
    char text[160];
    uint64_t now_ms = uv_now(&w->loop);
    if (w->complained_ms != 0 && now_ms - w->complained_ms < COMPLAINT_EVERY_MS)
        return;
    w->complained_ms = now_ms;
    int len = snprintf(text, sizeof(text), "a connection was not accepted: %s", what);
    mocket__server_log(w->server, MOCKET_LOG_WARN, (mocket_span){ text, (size_t)len });
}

/* Without descriptors libuv closes what waits in the queue and tells; the next ones may find some again. */
static void on_connection(uv_stream_t *stream, int status)
{
    struct mocket_worker *w = stream->data;
    struct mocket_accept *accept = (struct mocket_accept *)stream; /* its first member */
    if (status < 0)
        complain(w, uv_strerror(status));
    else
        mocket__conn_accept(w, stream, accept->local);
}

static int open_accept(struct mocket_worker *w, struct mocket_accept *a, struct mocket_listener *l)
{
    int *fd = &l->fds[w->number];
    a->local = l->local;
    int rc = a->local ? uv_pipe_init(&w->loop, &a->handle.pipe, 0) : uv_tcp_init(&w->loop, &a->handle.tcp);
    if (rc < 0)
        return rc;
    a->open = true;
    a->handle.stream.data = w;
    rc = a->local ? uv_pipe_open(&a->handle.pipe, *fd) : uv_tcp_open(&a->handle.tcp, *fd);
    if (rc < 0)
        return rc;
    *fd = -1; /* libuv's by now */
    return uv_listen(&a->handle.stream, BACKLOG, on_connection);
}

static int open_accepts(struct mocket_worker *w)
{
    struct mocket_server *s = w->server;
    w->accepts = mocket__new(sizeof(*w->accepts) * s->listener_count);
    if (w->accepts == NULL)
        return UV_ENOMEM;
    for (size_t i = 0; i < s->listener_count; i++) {
        int rc = open_accept(w, &w->accepts[i], &s->listeners[i]);
        if (rc < 0)
            return rc;
    }
    return 0;
}

/* ---- stopping ---- */

static void close_accepts(struct mocket_worker *w)
{
    for (size_t i = 0; i < w->server->listener_count; i++) {
        struct mocket_accept *a = &w->accepts[i];
        if (a->open)
            uv_close((uv_handle_t *)&a->handle, NULL);
        a->open = false;
    }
}

static void end_if_empty(struct mocket_worker *w)
{
    if (mocket__worker_stopping(w) && w->conn_count == 0)
        uv_stop(&w->loop);
}

static void cut_all(struct mocket_worker *w)
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

static void stop_gently(struct mocket_worker *w)
{
    struct mocket_timeout *first;
    int64_t grace_ms = w->server->grace_ms;
    close_accepts(w);
    while ((first = mocket__timeouts_first(&w->timeouts, MOCKET_TIMEOUT_IDLE)) != NULL)
        mocket__conn_stop(mocket__conn_of_timeout(first));
    if (grace_ms >= 0)
        uv_timer_start(&w->grace_timer, on_grace_over, (uint64_t)grace_ms, 0);
    end_if_empty(w);
}

static void on_stop(uv_async_t *async)
{
    struct mocket_worker *w = async->data;
    int wanted = atomic_load(&w->stops_wanted);
    bool first = w->stops_seen == 0 && wanted > 0;
    w->stops_seen = wanted;
    if (first)
        stop_gently(w);
    if (wanted > 1)
        cut_all(w);
}

void mocket__worker_stop(struct mocket_worker *w)
{
    atomic_fetch_add(&w->stops_wanted, 1);
    uv_async_send(&w->stop_async);
}

void mocket__worker_conn_gone(struct mocket_worker *w)
{
    w->conn_count--;
    end_if_empty(w);
}

/* ---- life ---- */

int mocket__worker_open(struct mocket_worker *w)
{
    int rc = uv_loop_init(&w->loop);
    if (rc < 0)
        return MOCKET_ENOMEM;
    w->loop_open = true;
    init_limits(w);
    rc = uv_async_init(&w->loop, &w->stop_async, on_stop);
    if (rc < 0)
        return MOCKET_EIO;
    uv_timer_init(&w->loop, &w->timeout_timer);
    uv_timer_init(&w->loop, &w->grace_timer);
    w->stop_async.data = w->timeout_timer.data = w->grace_timer.data = w;
    return open_accepts(w) < 0 ? MOCKET_EIO : 0;
}

void mocket__worker_run(struct mocket_worker *w)
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

void mocket__worker_close(struct mocket_worker *w)
{
    if (w->loop_open) {
        uv_walk(&w->loop, close_handle, NULL);
        uv_run(&w->loop, UV_RUN_DEFAULT);
        uv_loop_close(&w->loop);
        w->loop_open = false;
    }
    mocket__exchanges_release(w);
    mocket__input_pool_release(&w->inputs);
    mocket__fibers_release(&w->fibers);
    mocket__buf_release(&w->out);
    mocket__free(w->accepts);
    w->accepts = NULL;
}
