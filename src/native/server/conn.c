/* The life of a connection: bytes come, heads are parsed, each request runs on a fiber, and when nothing is left to do
 * the connection gives back all it can do without.
 *
 * Everything that may be possible now is tried in go: serve the next request unless one is under way, an answer is
 * still being written, or the connection ends. settle then looks at what is left and decides what to wait for: bytes,
 * time, or nothing. Both run on the loop's stack only. A fiber that waits is never dropped: whatever ends its wait puts
 * the connection into the ready list, which the outermost call drains, so that no handler is resumed from within
 * another.
 *
 * The struct lives until libuv has closed the handle and the handler has returned, whichever is later. */
#include "conn.h"

#include <errno.h>
#include <sys/random.h>
#include <sys/socket.h>

#include "../../base/memory.h"

#define LINGER_MAX 1048576   /* bytes that are thrown away before a connection is cut */
#define SPARE_CONNECTIONS 64 /* above the limit: they get an answer that says so */

static bool is_active(const struct mocket_conn *c)
{
    return c->ex != NULL && c->ex->fiber != NULL;
}

/* ---- the end ---- */

static void free_if_done(struct mocket_conn *c)
{
    if (!c->closed || c->ex != NULL)
        return;
    struct mocket_worker *w = c->worker;
    if (c->in.ptr != NULL)
        mocket__input_release(&c->in, &w->inputs);
    mocket__free(c);
    mocket__worker_conn_gone(w);
}

static void on_close(uv_handle_t *handle)
{
    struct mocket_conn *c = handle->data;
    c->closed = true;
    free_if_done(c);
}

static void drop_head(struct mocket_conn *c)
{
    if (c->ex == NULL || is_active(c))
        return;
    mocket__exchange_reset(c->ex);
    mocket__exchange_free(c->ex);
}

static void close_conn(struct mocket_conn *c, bool reset)
{
    if (c->closing)
        return;
    c->closing = c->broken = true;
    mocket__timeouts_remove(&c->timeout);
    if (!reset || c->local || uv_tcp_close_reset(&c->handle.tcp, on_close) < 0)
        uv_close(&c->handle.any, on_close);
    drop_head(c);
}

/* The client will hear or say no more: what waits for it learns that. Waits of others' making may have a say (park). */
static void tell_gone(struct mocket_conn *c)
{
    if (c->wait == MOCKET_WAIT_BODY) {
        mocket__conn_wake(c, MOCKET_ECLOSED);
    } else if (c->wait == MOCKET_WAIT_PARK && c->ex->park.begin == NULL && c->ex->park.gone != NULL) {
        struct mocket_park *park = &c->ex->park; /* it has begun: it can be told */
        void (*gone)(void *arg, struct mocket_park *park) = park->gone;
        park->gone = NULL;
        gone(park->arg, park);
    }
}

void mocket__conn_break(struct mocket_conn *c)
{
    if (c->closing)
        return;
    close_conn(c, true);
    if (c->wait == MOCKET_WAIT_WRITE && c->pending == 0)
        mocket__conn_wake(c, MOCKET_ECLOSED);
    else
        tell_gone(c);
}

/* The last answer is out. If the client may still be sending, closing now would reset the connection and take the
 * answer away from it: our end is shut, and its bytes are thrown away for a while (RFC 9112, section 9.6). */
static void end_conn(struct mocket_conn *c)
{
    if (!c->linger || c->eof || shutdown(c->fd, SHUT_WR) < 0) {
        close_conn(c, false);
        return;
    }
    c->lingering = true;
    c->in.start = c->in.end = 0;
}

/* ---- what to wait for ---- */

static bool is_full(const struct mocket_conn *c)
{
    return (is_active(c) || c->pending > 0) && mocket__input_len(&c->in) >= MOCKET_INPUT_LARGE;
}

static void on_room(uv_handle_t *handle, size_t suggested, uv_buf_t *buf);
static void on_bytes(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf);

void mocket__conn_update_reading(struct mocket_conn *c)
{
    bool want = !c->eof && !c->closing && (c->lingering || !is_full(c));
    if (want == c->reading)
        return;
    c->reading = want;
    if (!want)
        uv_read_stop(&c->handle.stream);
    else if (uv_read_start(&c->handle.stream, on_room, on_bytes) < 0)
        mocket__conn_break(c);
}

static enum mocket_timeout_class class_of(const struct mocket_conn *c)
{
    if (c->lingering)
        return MOCKET_TIMEOUT_LINGER;
    if (c->wait == MOCKET_WAIT_BODY)
        return MOCKET_TIMEOUT_BODY;
    if (c->pending > 0)
        return MOCKET_TIMEOUT_WRITE;
    if (is_active(c))
        return MOCKET_TIMEOUT_NONE;
    return mocket__input_len(&c->in) > 0 ? MOCKET_TIMEOUT_HEAD : MOCKET_TIMEOUT_IDLE;
}

/* The time for a head and for lingering is one span, whatever arrives; the others are times of silence. */
static void update_timeout(struct mocket_conn *c)
{
    enum mocket_timeout_class class = class_of(c);
    bool once = class == MOCKET_TIMEOUT_HEAD || class == MOCKET_TIMEOUT_LINGER;
    if (class == MOCKET_TIMEOUT_WRITE)
        c->pending_left = uv_stream_get_write_queue_size(&c->handle.stream);
    if (!once || c->timeout.class != class || c->timeout.next == NULL)
        mocket__worker_limit(c->worker, &c->timeout, class);
}

static void settle(struct mocket_conn *c)
{
    if (!c->closing)
        mocket__output_flush(c);
    if (!c->closing && !is_active(c) && c->pending == 0 && !c->lingering) {
        if (c->last)
            end_conn(c);
        else if (c->eof || (mocket__worker_stopping(c->worker) && mocket__input_len(&c->in) == 0))
            close_conn(c, false); /* of a next request there is nothing, or only a part that will not grow */
    }
    if (c->closing)
        return;
    if (!is_active(c) && mocket__input_len(&c->in) == 0) {
        drop_head(c);
        if (c->in.ptr != NULL)
            mocket__input_release(&c->in, &c->worker->inputs);
    }
    mocket__conn_update_reading(c);
    if (!c->closing)
        update_timeout(c);
}

/* ---- handlers on their fibers ---- */

static void run_handler(void *arg)
{
    struct mocket_exchange *ex = arg;
    mocket_dispatch(ex->conn->worker->server->app, &ex->req, &ex->res);
}

int mocket__conn_wait(struct mocket_conn *c, enum mocket_wait what)
{
    c->wait = what;
    mocket__fiber_park(c->ex->fiber);
    return c->wait_result;
}

/* Runs the handler until it waits (false) or has returned (true). What it wrote is on its way before anything it waits
 * for begins. */
static bool step(struct mocket_conn *c)
{
    struct mocket_exchange *ex = c->ex;
    c->wait = MOCKET_WAIT_NOTHING;
    if (!mocket__fiber_resume(ex->fiber)) {
        ex->fiber = NULL;
        return true;
    }
    mocket__output_flush(c);
    if (c->wait == MOCKET_WAIT_PARK) {
        void (*begin)(void *arg, struct mocket_park *park) = ex->park.begin;
        ex->park.begin = NULL;
        begin(ex->park.arg, &ex->park);
        if (c->eof || c->broken)
            tell_gone(c);
    } else if (c->wait == MOCKET_WAIT_WRITE && c->pending == 0) {
        mocket__conn_wake(c, c->broken ? MOCKET_ECLOSED : 0);
    } else if (c->wait == MOCKET_WAIT_BODY && c->broken) {
        mocket__conn_wake(c, MOCKET_ECLOSED);
    }
    return false;
}

/* The handler has returned. */
static void finish(struct mocket_conn *c)
{
    struct mocket_exchange *ex = c->ex;
    bool complete = ex->answer == MOCKET_ANSWER_DONE;
    if (!complete || !ex->keep_alive) {
        c->last = true;
        c->linger |= !ex->h1.body_done || mocket__input_len(&c->in) > 0;
    }
    /* A plain close would look like the end of the body. */
    bool reset = !complete && (ex->until_close || ex->answer == MOCKET_ANSWER_NONE);
    mocket__exchange_reset(ex);
    if (c->closing) {
        mocket__exchange_free(ex);
        free_if_done(c);
    } else if (reset) {
        mocket__output_flush(c);
        mocket__conn_break(c);
    }
}

/* ---- requests ---- */

static bool refuse(struct mocket_conn *c, int status)
{
    mocket__answer_refuse(c, status);
    return false;
}

static bool start(struct mocket_conn *c, struct mocket_exchange *ex, size_t used)
{
    mocket__exchange_begin(ex, used);
    ex->fiber = mocket__fiber_new(&c->worker->fibers, run_handler, ex);
    if (ex->fiber != NULL)
        return true;
    mocket__exchange_reset(ex);
    return refuse(c, 503);
}

enum served { SERVED_NONE, SERVED_ONE, SERVED_GONE };

static enum served serve_next(struct mocket_conn *c)
{
    if (c->closing || c->last || c->pending > 0 || is_active(c) || mocket__input_len(&c->in) == 0)
        return SERVED_NONE;
    struct mocket_exchange *ex = c->ex != NULL ? c->ex : mocket__exchange_new(c);
    if (ex == NULL) {
        refuse(c, 503);
        return SERVED_NONE;
    }
    ptrdiff_t used = mocket__h1_head(&ex->h1, &ex->req.message, &ex->arena, mocket__input_view(&c->in));
    if (used < 0)
        refuse(c, (int)-used);
    if (used <= 0 || !start(c, ex, (size_t)used) || !step(c))
        return SERVED_NONE;
    bool gone = c->closed;
    finish(c);
    return gone ? SERVED_GONE : SERVED_ONE;
}

static void go(struct mocket_conn *c)
{
    enum served served;
    do {
        served = serve_next(c);
    } while (served == SERVED_ONE);
    if (served != SERVED_GONE)
        settle(c);
}

static void resume(struct mocket_conn *c)
{
    if (!step(c)) {
        settle(c);
        return;
    }
    bool gone = c->closed;
    finish(c);
    if (!gone)
        go(c);
}

static void drain_ready(struct mocket_worker *w)
{
    w->busy = true;
    while (w->ready_first != NULL) {
        struct mocket_conn *c = w->ready_first;
        w->ready_first = c->next_ready;
        if (w->ready_first == NULL)
            w->ready_last = NULL;
        resume(c);
    }
    w->busy = false;
}

void mocket__conn_wake(struct mocket_conn *c, int result)
{
    struct mocket_worker *w = c->worker;
    c->wait = MOCKET_WAIT_READY;
    c->wait_result = result;
    c->next_ready = NULL;
    if (w->ready_last != NULL)
        w->ready_last->next_ready = c;
    else
        w->ready_first = c;
    w->ready_last = c;
    if (!w->busy)
        drain_ready(w);
}

void mocket__conn_work(struct mocket_conn *c)
{
    struct mocket_worker *w = c->worker;
    bool outermost = !w->busy;
    w->busy = true;
    go(c);
    if (outermost)
        drain_ready(w);
}

/* ---- bytes ---- */

static void on_room(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    struct mocket_conn *c = handle->data;
    struct mocket_worker *w = c->worker;
    (void)suggested;
    *buf = uv_buf_init(w->discard, c->lingering ? sizeof(w->discard) : 0);
    if (c->lingering || (is_active(c) && !mocket__exchange_unshare(c->ex)))
        return;
    size_t room = mocket__input_room(&c->in, &w->inputs);
    *buf = uv_buf_init(room > 0 ? c->in.ptr + c->in.end : NULL, (unsigned)room);
}

static void on_end(struct mocket_conn *c, bool orderly)
{
    c->eof = true;
    c->reading = false;
    uv_read_stop(&c->handle.stream);
    if (!orderly)
        mocket__conn_break(c);
    else if (c->lingering)
        close_conn(c, false);
    else if (is_active(c))
        tell_gone(c);
    else
        mocket__conn_work(c);
}

static void on_bytes(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct mocket_conn *c = stream->data;
    (void)buf;
    if (n < 0) {
        on_end(c, n == UV_EOF);
        return;
    }
    if (c->lingering) {
        c->drained += (size_t)n;
        if (c->drained > LINGER_MAX)
            close_conn(c, true);
        return;
    }
    c->in.end += (size_t)n;
    if (c->wait == MOCKET_WAIT_BODY && n > 0)
        mocket__conn_wake(c, 0);
    else if (is_active(c))
        mocket__conn_update_reading(c);
    else
        mocket__conn_work(c);
}

/* ---- the beginning ---- */

static uint64_t now_ns(struct mocket_env *env)
{
    (void)env;
    return uv_hrtime();
}

static void log_line(struct mocket_env *env, int level, mocket_span line)
{
    const struct mocket_conn *c = (const struct mocket_conn *)((char *)env - offsetof(struct mocket_conn, env));
    mocket__server_log(c->worker->server, level, line);
}

static int fill_random(struct mocket_env *env, void *buf, size_t len)
{
    (void)env;
    char *at = buf;
    while (len > 0) {
        ssize_t n = getrandom(at, len, 0);
        if (n < 0 && errno != EINTR)
            return MOCKET_EIO;
        at += n > 0 ? n : 0;
        len -= n > 0 ? (size_t)n : 0;
    }
    return 0;
}

static int open_handle(struct mocket_conn *c, uv_stream_t *listening)
{
    uv_loop_t *loop = &c->worker->loop;
    int rc = c->local ? uv_pipe_init(loop, &c->handle.pipe, 0) : uv_tcp_init(loop, &c->handle.tcp);
    if (rc < 0)
        return rc;
    c->handle.any.data = c;
    rc = uv_accept(listening, &c->handle.stream);
    return rc < 0 ? rc : uv_fileno(&c->handle.any, &c->fd);
}

/* IPv4 clients of an IPv6 socket are shown as what they are. */
static void learn_peer(struct mocket_conn *c)
{
    struct sockaddr_storage sa;
    int len = sizeof(sa);
    if (c->local || uv_tcp_getpeername(&c->handle.tcp, (struct sockaddr *)&sa, &len) < 0)
        return;
    if (sa.ss_family == AF_INET)
        uv_ip4_name((struct sockaddr_in *)&sa, c->peer, sizeof(c->peer));
    else
        uv_ip6_name((struct sockaddr_in6 *)&sa, c->peer, sizeof(c->peer));
    if (strncmp(c->peer, "::ffff:", 7) == 0 && strchr(c->peer, '.') != NULL)
        memmove(c->peer, c->peer + 7, strlen(c->peer + 7) + 1);
}

void mocket__conn_accept(struct mocket_worker *w, uv_stream_t *listening, bool local)
{
    struct mocket_conn *c = mocket__new(sizeof(*c));
    if (c == NULL)
        return;
    c->worker = w;
    c->local = local;
    c->env = (struct mocket_env){ .now_ns = now_ns, .log = log_line, .random = fill_random, .worker = w->app_worker };
    w->conn_count++;
    if (open_handle(c, listening) < 0) {
        close_conn(c, false);
        return;
    }
    if (!local)
        uv_tcp_nodelay(&c->handle.tcp, 1);
    learn_peer(c);
    if (w->conn_count > w->server->max_connections + SPARE_CONNECTIONS) {
        close_conn(c, true);
        return;
    }
    if (w->conn_count > w->server->max_connections)
        mocket__answer_refuse(c, 503);
    mocket__conn_work(c);
}

/* ---- time ---- */

static void time_of_head_is_up(struct mocket_conn *c)
{
    mocket__answer_refuse(c, 408);
    drop_head(c);
    mocket__conn_work(c);
}

/* A slow client is no dead one as long as it takes some bytes. */
static void time_of_write_is_up(struct mocket_conn *c)
{
    if (uv_stream_get_write_queue_size(&c->handle.stream) < c->pending_left)
        update_timeout(c);
    else
        mocket__conn_break(c);
}

void mocket__conn_timeout(struct mocket_conn *c)
{
    switch (c->timeout.class) {
    case MOCKET_TIMEOUT_HEAD:
        time_of_head_is_up(c);
        break;
    case MOCKET_TIMEOUT_BODY:
        mocket__conn_wake(c, MOCKET_ETIMEDOUT);
        break;
    case MOCKET_TIMEOUT_WRITE:
        time_of_write_is_up(c);
        break;
    default:
        close_conn(c, false);
    }
}

void mocket__conn_stop(struct mocket_conn *c)
{
    close_conn(c, false);
}
