/* The life of a connection: bytes come, heads are parsed, each request runs on a fiber, and when nothing is left to do
 * the connection gives back all it can do without.
 *
 * Everything that may be possible now is tried in go: serve the next request unless one is under way, an answer is
 * still being written, or the connection ends. settle then looks at what is left and decides what to wait for: bytes,
 * time, or nothing. Both run on the loop's stack only. A fiber that waits is never dropped: whatever ends its wait puts
 * the connection into the ready list, which the outermost call drains, so that no handler is resumed from within
 * another.
 *
 * Readiness comes from libuv, the bytes go straight between socket and buffers: that spares a layer of callbacks and
 * lets one struct serve TCP and Unix sockets. The descriptor is closed at once when the connection ends; the struct
 * lives until libuv has closed the handle and the handler has returned, whichever is later. */
#include "conn.h"

#include <errno.h>
#include <sys/random.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../../base/memory.h"
#include "../sleep.h"

#define CLOSE_FRAME_MAX (2 + MOCKET_CONTROL_MAX) /* a head and a payload */

static bool is_active(const struct mocket_conn *c)
{
    return c->ex != NULL && c->ex->fiber != NULL;
}

/* ---- the end ---- */

static void free_if_done(struct mocket_conn *c)
{
    if (c->state != MOCKET_CONN_CLOSED || c->ex != NULL)
        return;
    struct mocket_native_worker *w = c->worker;
    if (c->in.ptr != NULL)
        mocket__input_release(&c->in, &w->inputs);
    mocket__free(c);
    mocket__worker_conn_gone(w);
}

static void on_close(uv_handle_t *handle)
{
    struct mocket_conn *c = handle->data;
    c->state = MOCKET_CONN_CLOSED;
    free_if_done(c);
}

static void drop_head(struct mocket_conn *c)
{
    if (c->ex == NULL || c->ws != NULL || is_active(c))
        return;
    mocket__exchange_reset(c->ex);
    mocket__exchange_free(c->ex);
}

/* The address that its connections are counted by; NULL: they are not. Clients of a proxy share its address. */
static const struct mocket_address *counted_address(const struct mocket_conn *c)
{
    return c->local || c->trusted ? NULL : &c->address;
}

/* Its place is free for another one. */
static void leave_server(struct mocket_conn *c)
{
    struct mocket_server *s = c->worker->server;
    if (c->refused)
        c->worker->refused_count--;
    if (c->counted)
        mocket__server_leave(s, counted_address(c));
    c->refused = c->counted = false;
}

static void close_conn(struct mocket_conn *c, bool reset)
{
    static const struct linger at_once = { .l_onoff = 1 };
    if (mocket__conn_is_closing(c))
        return;
    c->state = MOCKET_CONN_CLOSING;
    c->broken = true;
    mocket__timeouts_remove(&c->timeout);
    mocket__output_drop(c);
    uv_close((uv_handle_t *)&c->poll, on_close);
    if (reset && !c->local)
        setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    close(c->fd);
    leave_server(c);
    drop_head(c);
}

/* The client will hear or say no more: what waits for it learns that. Waits of others' making may have a say (park). */
void mocket__conn_tell_gone(struct mocket_conn *c)
{
    if (c->wait == MOCKET_WAIT_BODY || (c->ws != NULL && c->wait == MOCKET_WAIT_WRITE)) {
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
    if (mocket__conn_is_closing(c))
        return;
    close_conn(c, true);
    if (c->wait == MOCKET_WAIT_WRITE)
        mocket__conn_wake(c, MOCKET_ECLOSED);
    else
        mocket__conn_tell_gone(c);
    if (c->ws != NULL)
        mocket__socket_schedule(c->ws);
}

/* The last answer was sent. When the client may still be sending, closing now would reset the connection, and the
 * client could lose the answer. So our end is shut, and input is thrown away for a while (RFC 9112, section 9.6). */
static void end_conn(struct mocket_conn *c)
{
    if (c->state != MOCKET_CONN_DISCARDING || c->eof || shutdown(c->fd, SHUT_WR) < 0) {
        close_conn(c, false);
        return;
    }
    c->state = MOCKET_CONN_LINGERING;
    c->shut_ms = c->heard_ms = uv_now(&c->worker->loop);
}

static bool has_lingered(const struct mocket_conn *c)
{
    const struct mocket_native_worker *w = c->worker;
    uint64_t now_ms = uv_now(&w->loop);
    return now_ms - c->heard_ms >= (uint64_t)w->linger_silence_ms ||
           now_ms - c->shut_ms >= (uint64_t)w->linger_total_ms;
}

/* ---- what to wait for ---- */

static bool is_full(const struct mocket_conn *c)
{
    if (c->ws != NULL)
        return c->ws->over || mocket__socket_is_full(c->ws);
    return (is_active(c) || c->unsent_len > 0) && mocket__input_len(&c->in) >= MOCKET_INPUT_LARGE;
}

static void on_poll(uv_poll_t *poll, int status, int events);

void mocket__conn_update_polling(struct mocket_conn *c)
{
    if (mocket__conn_is_closing(c))
        return;
    bool read = !c->eof && (mocket__conn_discards(c) || !is_full(c));
    bool watch = !read && !c->eof && !c->hung_up; /* it may leave while nobody reads */
    int events = (read ? UV_READABLE : 0) | (c->unsent_len > 0 ? UV_WRITABLE : 0) | (watch ? UV_DISCONNECT : 0);
    if (events == c->polled)
        return;
    c->polled = events;
    if (events == 0)
        uv_poll_stop(&c->poll);
    else if (uv_poll_start(&c->poll, events, on_poll) < 0)
        mocket__conn_break(c);
}

static enum mocket_timeout_class class_of_socket(const struct mocket_conn *c)
{
    if (c->ws->close_sent && !c->ws->over)
        return MOCKET_TIMEOUT_CLOSING;
    if (c->unsent_len > 0)
        return MOCKET_TIMEOUT_WRITE;
    return is_full(c) ? MOCKET_TIMEOUT_NONE : MOCKET_TIMEOUT_SOCKET; /* nothing can be heard while it is full */
}

static enum mocket_timeout_class class_of(const struct mocket_conn *c)
{
    if (c->state == MOCKET_CONN_LINGERING)
        return MOCKET_TIMEOUT_LINGER;
    if (c->ws != NULL)
        return class_of_socket(c);
    if (c->wait == MOCKET_WAIT_BODY)
        return MOCKET_TIMEOUT_BODY;
    if (c->unsent_len > 0)
        return MOCKET_TIMEOUT_WRITE;
    if (is_active(c))
        return MOCKET_TIMEOUT_NONE;
    return mocket__input_len(&c->in) > 0 ? MOCKET_TIMEOUT_HEAD : MOCKET_TIMEOUT_IDLE;
}

/* A slow client is no dead one as long as it takes some bytes. After our close frame that is no excuse for one that had
 * nothing else to take. */
static bool took_some(struct mocket_conn *c, enum mocket_timeout_class class)
{
    int64_t then = c->taken_then, left_then = (int64_t)(c->sent_len + c->unsent_len) - then;
    c->taken_then = mocket__output_taken(c);
    return c->taken_then > then && (class != MOCKET_TIMEOUT_CLOSING || left_then > CLOSE_FRAME_MAX);
}

/* The time for a head is one span, whatever arrives; that of lingering is looked at now and then; the
 * others are times of silence. */
static void update_timeout(struct mocket_conn *c)
{
    enum mocket_timeout_class class = class_of(c);
    bool once = class == MOCKET_TIMEOUT_HEAD || class == MOCKET_TIMEOUT_LINGER ||
                (class == MOCKET_TIMEOUT_SOCKET && !c->ws->heard);
    if (class == MOCKET_TIMEOUT_WRITE || class == MOCKET_TIMEOUT_CLOSING)
        once = !took_some(c, class);
    if (c->ws != NULL)
        c->ws->heard = false;
    if (!once || c->timeout.class != class || c->timeout.next == NULL)
        mocket__worker_limit(c->worker, &c->timeout, class);
}

void mocket__conn_settle(struct mocket_conn *c)
{
    if (!mocket__conn_is_closing(c))
        mocket__output_flush(c);
    if (mocket__conn_discards(c) && !is_active(c))
        c->in.start = c->in.end;
    if (c->state < MOCKET_CONN_LINGERING && !is_active(c) && c->unsent_len == 0 && c->ws == NULL) {
        if (c->state > MOCKET_CONN_SERVING)
            end_conn(c);
        else if (c->eof || (mocket__worker_stopping(c->worker) && mocket__input_len(&c->in) == 0))
            close_conn(c, false); /* of a next request there is nothing, or only a part that will not grow */
    }
    if (mocket__conn_is_closing(c))
        return;
    if ((!is_active(c) || c->ws != NULL) && mocket__input_len(&c->in) == 0) {
        drop_head(c);
        if (c->in.ptr != NULL)
            mocket__input_release(&c->in, &c->worker->inputs);
    }
    mocket__conn_update_polling(c);
    if (!mocket__conn_is_closing(c))
        update_timeout(c);
}

/* ---- handlers on their fibers ---- */

static void run_handler(void *arg)
{
    struct mocket_exchange *ex = arg;
    mocket_dispatch(ex->conn->worker->server->app, &ex->req, &ex->res);
}

int mocket__conn_wait(struct mocket_conn *c, enum mocket_wait_kind what)
{
    c->wait = what;
    mocket__fiber_park(c->ex->fiber);
    c->ex->turn_len = 0;
    return c->wait_result;
}

static void wait_for_turn(struct mocket_conn *c);

/* What the handler wrote is on its way before anything it waits for begins. */
bool mocket__conn_step(struct mocket_conn *c)
{
    struct mocket_exchange *ex = c->ex;
    c->wait = MOCKET_WAIT_NOTHING;
    if (!mocket__fiber_resume(ex->fiber)) {
        ex->fiber = NULL;
        return true;
    }
    mocket__output_flush(c);
    if (c->ws != NULL)
        mocket__output_push(c);
    if (c->wait == MOCKET_WAIT_PARK) {
        void (*begin)(void *arg, struct mocket_park *park) = ex->park.begin;
        ex->park.begin = NULL;
        begin(ex->park.arg, &ex->park);
        if (mocket__conn_has_left(c))
            mocket__conn_tell_gone(c);
    } else if (c->wait == MOCKET_WAIT_WRITE && c->unsent_len == 0) {
        mocket__conn_wake(c, c->broken ? MOCKET_ECLOSED : 0);
    } else if (c->wait == MOCKET_WAIT_TURN) {
        wait_for_turn(c);
    } else if (c->wait == MOCKET_WAIT_BODY && c->broken) {
        mocket__conn_wake(c, MOCKET_ECLOSED);
    }
    return false;
}

/* The handler has returned. */
static void finish(struct mocket_conn *c)
{
    struct mocket_exchange *ex = c->ex;
    if (c->ws != NULL)
        return; /* it goes on as a socket */
    bool complete = ex->answer == MOCKET_ANSWER_DONE;
    if (!complete || !ex->keep_alive) {
        bool sends = !ex->h1.body_done || mocket__input_len(&c->in) > 0;
        mocket__conn_advance(c, sends ? MOCKET_CONN_DISCARDING : MOCKET_CONN_ENDING);
    }
    /* A plain close would look like the end of the body. */
    bool reset = !complete && (ex->until_close || ex->answer == MOCKET_ANSWER_NONE);
    mocket__exchange_tell(ex);
    mocket__exchange_reset(ex);
    if (mocket__conn_is_closing(c)) {
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
    if (c->state != MOCKET_CONN_SERVING || c->unsent_len > 0 || is_active(c) || c->ws != NULL ||
        mocket__input_len(&c->in) == 0)
        return SERVED_NONE;
    struct mocket_exchange *ex = c->ex != NULL ? c->ex : mocket__exchange_new(c);
    if (ex == NULL) {
        refuse(c, 503);
        return SERVED_NONE;
    }
    ptrdiff_t used = mocket__h1_head(&ex->h1, &ex->req.message, &ex->arena, mocket__input_view(&c->in));
    if (used < 0)
        refuse(c, (int)-used);
    if (used <= 0 || !start(c, ex, (size_t)used) || !mocket__conn_step(c))
        return SERVED_NONE;
    bool gone = c->state == MOCKET_CONN_CLOSED && c->ws == NULL;
    finish(c);
    return gone ? SERVED_GONE : SERVED_ONE;
}

static void go(struct mocket_conn *c)
{
    enum served served;
    do {
        served = serve_next(c);
    } while (served == SERVED_ONE);
    if (served == SERVED_GONE)
        return;
    if (c->ws != NULL)
        mocket__socket_work(c);
    else
        mocket__conn_settle(c);
}

static void resume(struct mocket_conn *c)
{
    if (!mocket__conn_step(c)) {
        mocket__conn_settle(c);
        return;
    }
    if (c->ws != NULL && c->ws->current != NULL) {
        if (!mocket__socket_returned(c))
            mocket__socket_work(c);
        return;
    }
    bool gone = c->state == MOCKET_CONN_CLOSED && c->ws == NULL;
    finish(c);
    if (!gone)
        go(c);
}

static void append(struct mocket_conn_list *list, struct mocket_conn *c)
{
    c->next_ready = NULL;
    if (list->last != NULL)
        list->last->next_ready = c;
    else
        list->first = c;
    list->last = c;
}

static void drain_ready(struct mocket_native_worker *w)
{
    struct mocket_conn *c;
    do {
        while ((c = w->ready.first) != NULL) {
            w->ready.first = c->next_ready;
            if (w->ready.first == NULL)
                w->ready.last = NULL;
            resume(c);
        }
        mocket__sockets_due(w);
    } while (w->ready.first != NULL);
}

/* A portion of the mail: there may be no end of it. */
void mocket__conn_drain(struct mocket_native_worker *w)
{
    w->busy = true;
    drain_ready(w);
    if (mocket__topics_have_mail(&w->topics)) {
        mocket__sockets_mail(w);
        drain_ready(w);
        if (mocket__topics_have_mail(&w->topics))
            mocket__worker_hurry(w); /* the rest when the others had their turn */
    }
    w->busy = false;
}

void mocket__conn_wake(struct mocket_conn *c, int result)
{
    struct mocket_native_worker *w = c->worker;
    c->wait = MOCKET_WAIT_READY;
    c->wait_result = result;
    append(&w->ready, c);
    if (!w->busy)
        mocket__conn_drain(w);
}

/* The loop looks at everybody else's sockets once, then comes back. */
static void wait_for_turn(struct mocket_conn *c)
{
    append(&c->worker->turns, c);
    mocket__worker_hurry(c->worker);
}

void mocket__conn_turns(struct mocket_native_worker *w)
{
    struct mocket_conn *next, *c = w->turns.first;
    w->turns = (struct mocket_conn_list){ 0 };
    w->busy = true;
    for (; c != NULL; c = next) {
        next = c->next_ready;
        mocket__conn_wake(c, c->broken ? MOCKET_ECLOSED : 0);
    }
    mocket__conn_drain(w);
}

void mocket__conn_work(struct mocket_conn *c)
{
    struct mocket_native_worker *w = c->worker;
    bool outermost = !w->busy;
    w->busy = true;
    go(c);
    if (outermost)
        mocket__conn_drain(w);
}

void mocket__conn_end_socket(struct mocket_conn *c)
{
    mocket__conn_advance(c, MOCKET_CONN_DISCARDING);
    c->left = false;
    if (mocket__conn_is_closing(c)) {
        mocket__exchange_free(c->ex);
        free_if_done(c);
        return;
    }
    c->in.start = c->in.end;
    mocket__conn_settle(c);
}

/* ---- bytes ---- */

static void on_end(struct mocket_conn *c, bool orderly)
{
    c->eof = true;
    if (!orderly)
        mocket__conn_break(c);
    else if (c->state == MOCKET_CONN_LINGERING)
        close_conn(c, false);
    else if (!is_active(c) || c->ws != NULL)
        mocket__conn_work(c);
    else
        mocket__conn_tell_gone(c);
    mocket__conn_update_polling(c);
}

/* Bytes, 0 when there are none after all, below zero when the client is gone or says no more (on_end was called). */
static ssize_t receive(struct mocket_conn *c, char *at, size_t room)
{
    ssize_t n = recv(c->fd, at, room, 0);
    if (n > 0)
        return n;
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    on_end(c, n == 0);
    return -1;
}

static void throw_away(struct mocket_conn *c)
{
    ssize_t n = receive(c, c->worker->discard, sizeof(c->worker->discard));
    if (n > 0)
        c->heard_ms = uv_now(&c->worker->loop);
}

/* There is no memory for what the client sends, or no more may be held: it is told, as far as that goes. */
static void no_room(struct mocket_conn *c)
{
    if (c->ws != NULL) {
        mocket__socket_full(c->ws);
        mocket__conn_work(c);
    } else if (c->wait == MOCKET_WAIT_BODY) {
        mocket__conn_wake(c, MOCKET_ENOMEM);
    } else if (!is_active(c)) {
        mocket__answer_refuse(c, 503);
        drop_head(c);
        mocket__conn_work(c);
    } else {
        mocket__conn_break(c);
    }
}

static void read_some(struct mocket_conn *c)
{
    size_t room = 0;
    if (c->ws != NULL && c->in.ptr == NULL && c->ws->codec.frame_left > MOCKET_INPUT_SMALL)
        mocket__input_copy(&c->in, &c->worker->inputs, (mocket_span){ 0 }, MOCKET_INPUT_LARGE);
    if (!is_active(c) || mocket__exchange_unshare(c->ex))
        room = mocket__input_room(&c->in, &c->worker->inputs);
    if (room == 0) {
        no_room(c);
        return;
    }
    ssize_t n = receive(c, c->in.ptr + c->in.end, room);
    if (n < 0)
        return;
    c->in.end += (size_t)n;
    if (c->ws != NULL && n > 0)
        mocket__socket_heard(c->ws);
    if (c->wait == MOCKET_WAIT_BODY && n > 0)
        mocket__conn_wake(c, 0);
    else if (is_active(c) && c->ws == NULL)
        mocket__conn_update_polling(c);
    else
        mocket__conn_work(c);
}

/* status: the socket has failed. */
static void on_poll(uv_poll_t *poll, int status, int events)
{
    struct mocket_conn *c = poll->data;
    if (status < 0) {
        mocket__conn_break(c);
        return;
    }
    if (events & UV_WRITABLE)
        mocket__output_continue(c);
    if (events & c->polled & UV_DISCONNECT && !mocket__conn_is_closing(c)) {
        c->hung_up = true;
        mocket__conn_tell_gone(c);
        mocket__conn_update_polling(c);
    }
    if (!(events & c->polled & UV_READABLE) || mocket__conn_is_closing(c))
        return;
    if (mocket__conn_discards(c))
        throw_away(c);
    else
        read_some(c);
}

/* ---- the beginning ---- */

static uint64_t now_ns(struct mocket_env *env)
{
    (void)env;
    return uv_hrtime();
}

static void log_line(struct mocket_env *env, int level, mocket_span line)
{
    const struct mocket_conn *c = MOCKET_CONTAINER_OF(env, struct mocket_conn, env);
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

/* IPv4 clients of an IPv6 socket are shown as what they are. */
static void learn_peer(struct mocket_conn *c, const struct sockaddr *from)
{
    const struct mocket_networks *trusted = &c->worker->server->app->root->trusted;
    c->local = from == NULL;
    c->trusted = c->local && trusted->local;
    if (c->local)
        return;
    mocket__address_of(&c->address, from);
    mocket__address_text(&c->address, c->peer);
    c->trusted = mocket__networks_hold(trusted, &c->address);
}

/* One too many: it may wait for its answer without holding a place, unless too many do. */
static bool take_place(struct mocket_conn *c)
{
    struct mocket_native_worker *w = c->worker;
    c->counted = mocket__server_enter(w->server, counted_address(c));
    if (c->counted)
        return true;
    if (w->refused_count >= w->server->descriptors.refused)
        return false;
    c->refused = true;
    w->refused_count++;
    return true;
}

void mocket__conn_accept(struct mocket_native_worker *w, int fd, const struct sockaddr *from)
{
    struct mocket_conn *c = mocket__new(sizeof(*c));
    if (c == NULL) {
        mocket__refuse_socket(fd);
        return;
    }
    c->worker = w;
    c->fd = fd;
    c->poll.data = c;
    c->env = (struct mocket_env){ .now_ns = now_ns,
                                  .log = log_line,
                                  .random = fill_random,
                                  .sleep = mocket__native_sleep,
                                  .worker = w->app_worker,
                                  .can_fetch = true };
    learn_peer(c, from);
    if (!take_place(c) || uv_poll_init(&w->loop, &c->poll, fd) < 0) {
        leave_server(c);
        mocket__free(c);
        mocket__refuse_socket(fd);
        return;
    }
    w->conn_count++;
    if (c->refused)
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

static void time_of_write_is_up(struct mocket_conn *c)
{
    if (took_some(c, c->timeout.class))
        mocket__worker_limit(c->worker, &c->timeout, c->timeout.class);
    else
        mocket__conn_break(c);
}

static void time_of_socket_is_up(struct mocket_conn *c)
{
    struct mocket_native_worker *w = c->worker;
    w->busy = true; /* so that its handler, which may be told, does not run before this is done */
    mocket__socket_silent(c);
    mocket__conn_drain(w);
}

void mocket__conn_timeout(struct mocket_conn *c)
{
    switch (c->timeout.class) {
    case MOCKET_TIMEOUT_HEAD:
        time_of_head_is_up(c);
        break;
    case MOCKET_TIMEOUT_BODY:
        if (mocket__body_is_late(c->ex))
            mocket__conn_wake(c, MOCKET_ETIMEDOUT);
        else
            mocket__worker_limit(c->worker, &c->timeout, MOCKET_TIMEOUT_BODY);
        break;
    case MOCKET_TIMEOUT_WRITE:
    case MOCKET_TIMEOUT_CLOSING: /* what was said before the close frame may still be on its way */
        time_of_write_is_up(c);
        break;
    case MOCKET_TIMEOUT_SOCKET:
        time_of_socket_is_up(c);
        break;
    case MOCKET_TIMEOUT_LINGER:
        if (has_lingered(c))
            close_conn(c, false);
        else
            mocket__worker_limit(c->worker, &c->timeout, MOCKET_TIMEOUT_LINGER);
        break;
    default:
        close_conn(c, false);
    }
}

void mocket__conn_stop(struct mocket_conn *c)
{
    close_conn(c, false);
}
