/* Readiness comes from libuv, the bytes go straight between transport and buffers: that spares a layer of callbacks.
 * The transport is closed at once when the connection ends; the struct lives until libuv has closed the handle and the
 * session has ended, whichever is later. When nothing is left to do, the connection gives back all that it can do
 * without. */
#include "connection.h"

#include "../../../base/check.h"
#include "../../../base/memory.h"

void mocket__connection_check(const struct mocket_connection *c)
{
    mocket__output_check(&c->out);
    assert(!mocket__connection_is_closing(c) || (c->out.len == 0 && !c->timeout.next));
    assert(mocket__connection_is_closing(c) || c->transport.fd >= 0);
    assert(c->admission != MOCKET_ADMISSION_REFUSED || c->worker->refused_count > 0);
    assert(c->in.start <= c->in.end && c->in.end <= c->in.cap);
}

/* ---- The end ---- */

static bool free_if_done(struct mocket_connection *c)
{
    if (c->state != MOCKET_CONNECTION_CLOSED || c->session)
        return false;
    struct mocket_native_worker *w = c->worker;
    if (c->in.ptr)
        mocket__input_release(&c->in, &w->inputs);
    mocket__free(c);
    if (--w->connection_count == 0)
        w->when_empty(w);
    return true;
}

static void on_close(uv_handle_t *handle)
{
    struct mocket_connection *c = handle->data;
    c->state = MOCKET_CONNECTION_CLOSED;
    free_if_done(c);
}

/* The address that its connections are counted by; NULL: they are not. Clients of a proxy share its address. */
static const struct mocket_address *counted_address(const struct mocket_connection *c)
{
    return c->transport.local || c->trusted ? NULL : &c->address;
}

/* Its place is free for another one. */
static void leave_server(struct mocket_connection *c)
{
    if (c->admission == MOCKET_ADMISSION_REFUSED)
        c->worker->refused_count--;
    else if (c->admission == MOCKET_ADMISSION_COUNTED)
        mocket__server_leave(c->worker->server, counted_address(c));
    c->admission = MOCKET_ADMISSION_NONE;
}

static void close_connection(struct mocket_connection *c, bool reset)
{
    if (mocket__connection_is_closing(c))
        return;
    c->state = MOCKET_CONNECTION_CLOSING;
    mocket__timeouts_remove(&c->timeout);
    mocket__output_drop(&c->out);
    uv_close((uv_handle_t *)&c->poll, on_close);
    c->transport.ops->close(&c->transport, reset);
    leave_server(c);
    if (c->protocol->closed)
        c->protocol->closed(c);
}

void mocket__connection_close(struct mocket_connection *c)
{
    close_connection(c, false);
}

void mocket__connection_cut(struct mocket_connection *c)
{
    if (mocket__connection_is_closing(c))
        return;
    close_connection(c, true);
    c->protocol->left(c);
}

bool mocket__connection_end_session(struct mocket_connection *c)
{
    c->session = NULL;
    return free_if_done(c);
}

void mocket__connection_hand_over(struct mocket_connection *c, const struct mocket_protocol *protocol, void *session)
{
    c->protocol = protocol;
    c->session = session;
    c->out.part = protocol->part;
}

/* The last answer was sent. When the client may still be sending, closing now would reset the connection, and the
 * client could lose the answer. So our side is shut, and input is thrown away for a while (RFC 9112, section 9.6). */
static void end(struct mocket_connection *c)
{
    if (c->state != MOCKET_CONNECTION_DISCARDING || c->input_side == MOCKET_INPUT_ENDED ||
        !c->transport.ops->shut(&c->transport)) {
        close_connection(c, false);
        return;
    }
    c->state = MOCKET_CONNECTION_LINGERING;
    c->lingers_ms = c->discarded_ms = mocket__clock_now(&c->worker->clock);
}

static bool has_lingered(const struct mocket_connection *c)
{
    const struct mocket_native_worker *w = c->worker;
    uint64_t now_ms = mocket__clock_now(&w->clock);
    return now_ms - c->discarded_ms >= (uint64_t)w->linger_silence_ms ||
           now_ms - c->lingers_ms >= (uint64_t)w->linger_total_ms;
}

/* ---- What to wait for ---- */

static void on_poll(uv_poll_t *poll, int status, int events);

void mocket__connection_update_polling(struct mocket_connection *c)
{
    if (mocket__connection_is_closing(c))
        return;
    bool read = c->input_side != MOCKET_INPUT_ENDED && (mocket__connection_discards(c) || !c->protocol->is_full(c));
    bool watch = !read && c->input_side == MOCKET_INPUT_OPEN; /* it may leave while nobody reads */
    int events = (read ? UV_READABLE : 0) | (c->out.len > 0 ? UV_WRITABLE : 0) | (watch ? UV_DISCONNECT : 0);
    if (events == c->polled)
        return;
    c->polled = events;
    if (events == 0)
        uv_poll_stop(&c->poll);
    else if (uv_poll_start(&c->poll, events, on_poll) < 0)
        mocket__connection_cut(c);
}

/* A slow client is no dead one as long as it takes some bytes. After the last message that is no excuse for one that
 * had nothing else to take. */
static bool took_some(struct mocket_connection *c, enum mocket_timeout_class class)
{
    int64_t then = c->taken_then, left_then = (int64_t)(c->out.sent_len + c->out.len) - then;
    c->taken_then = mocket__output_taken(&c->out);
    return c->taken_then > then && (class != MOCKET_TIMEOUT_CLOSING || left_then > (int64_t)c->protocol->goodbye_len);
}

/* Does the time of the class begin anew, although the connection was in the class before? The time for a head is one
 * span, whatever arrives; that of lingering is looked at now and then; the others are times of silence. */
static bool begins_anew(struct mocket_connection *c, enum mocket_timeout_class class)
{
    switch (class) {
    case MOCKET_TIMEOUT_HEAD:
    case MOCKET_TIMEOUT_LINGER:
        return false;
    case MOCKET_TIMEOUT_SOCKET:
        return c->heard;
    case MOCKET_TIMEOUT_WRITE:
    case MOCKET_TIMEOUT_CLOSING:
        return took_some(c, class);
    default:
        return true;
    }
}

static void update_timeout(struct mocket_connection *c)
{
    enum mocket_timeout_class class =
        c->state == MOCKET_CONNECTION_LINGERING ? MOCKET_TIMEOUT_LINGER : c->protocol->time_class(c);
    bool anew = begins_anew(c, class);
    c->heard = false;
    if (anew || c->timeout.class != class || !c->timeout.next)
        mocket__clock_limit(&c->worker->clock, &c->timeout, class);
}

static bool is_stopping(const struct mocket_connection *c)
{
    return mocket__worker_stopping(c->worker);
}

/* Nothing is under way and everything was sent. Of a next request there is nothing, or only a part that will not
 * grow. */
static void end_if_over(struct mocket_connection *c)
{
    if (c->state > MOCKET_CONNECTION_SERVING)
        end(c);
    else if (c->input_side == MOCKET_INPUT_ENDED || (is_stopping(c) && mocket__input_len(&c->in) == 0))
        close_connection(c, false);
}

void mocket__connection_settle(struct mocket_connection *c)
{
    mocket__connection_flush(c);
    if (mocket__connection_is_closing(c))
        return;
    enum mocket_need need = c->protocol->need(c);
    if (c->state < MOCKET_CONNECTION_LINGERING && need == MOCKET_NEED_NOTHING && c->out.len == 0)
        end_if_over(c);
    if (mocket__connection_is_closing(c))
        return;
    if (need != MOCKET_NEED_INPUT && c->in.ptr && mocket__input_len(&c->in) == 0)
        mocket__input_release(&c->in, &c->worker->inputs);
    mocket__connection_update_polling(c);
    if (!mocket__connection_is_closing(c))
        update_timeout(c);
    MOCKET_CHECK_CALL(mocket__connection_check(c));
}

/* ---- Bytes ---- */

void mocket__connection_flush(struct mocket_connection *c)
{
    struct mocket_buf *out = &c->worker->out;
    bool failed = mocket__buf_status(out) < 0;
    if (!failed && out->len > 0 && !mocket__connection_is_closing(c))
        failed = mocket__output_put(&c->out, mocket__buf_view(out)) < 0;
    mocket__buf_reset(out);
    if (failed)
        mocket__connection_cut(c);
}

/* orderly: the client has only ended its side. */
static void on_end(struct mocket_connection *c, bool orderly)
{
    c->input_side = MOCKET_INPUT_ENDED;
    if (!orderly)
        mocket__connection_cut(c);
    else if (c->state == MOCKET_CONNECTION_LINGERING)
        close_connection(c, false);
    else
        c->protocol->ended(c);
    mocket__connection_update_polling(c);
}

/* Returns the number of bytes, 0 if there are none after all, below zero if on_end was called. */
static ptrdiff_t receive(struct mocket_connection *c, char *at, size_t room)
{
    ptrdiff_t n = c->transport.ops->read(&c->transport, at, room);
    if (n < 0)
        on_end(c, n == MOCKET_TRANSPORT_ENDED);
    return n;
}

static void throw_away(struct mocket_connection *c)
{
    ptrdiff_t n = receive(c, c->worker->discard, sizeof c->worker->discard);
    if (n > 0)
        c->discarded_ms = mocket__clock_now(&c->worker->clock);
}

static void read_some(struct mocket_connection *c)
{
    size_t room = c->protocol->prepare(c) ? mocket__input_room(&c->in, &c->worker->inputs) : 0;
    if (room == 0) {
        c->protocol->no_room(c);
        return;
    }
    ptrdiff_t n = receive(c, c->in.ptr + c->in.end, room);
    if (n < 0)
        return;
    c->in.end += (size_t)n;
    c->heard = c->heard || n > 0;
    c->protocol->received(c, n > 0);
}

static void send_more(struct mocket_connection *c)
{
    if (mocket__output_continue(&c->out) < 0)
        mocket__connection_cut(c);
    else if (c->out.len == 0)
        c->protocol->sent(c);
}

static void hang_up(struct mocket_connection *c)
{
    if (c->input_side == MOCKET_INPUT_OPEN)
        c->input_side = MOCKET_INPUT_HUNG_UP;
    c->protocol->left(c);
    mocket__connection_update_polling(c);
}

static void take_events(struct mocket_connection *c, int events)
{
    if (events & UV_WRITABLE)
        send_more(c);
    if (events & c->polled & UV_DISCONNECT && !mocket__connection_is_closing(c))
        hang_up(c);
    if (!(events & c->polled & UV_READABLE) || mocket__connection_is_closing(c))
        return;
    if (mocket__connection_discards(c))
        throw_away(c);
    else
        read_some(c);
}

/* status: the descriptor has failed. */
static void on_poll(uv_poll_t *poll, int status, int events)
{
    struct mocket_connection *c = poll->data;
    struct mocket_schedule *schedule = &c->worker->schedule;
    bool outermost = mocket__schedule_enter(schedule);
    if (status < 0)
        mocket__connection_cut(c);
    else
        take_events(c, events);
    mocket__schedule_leave(schedule, outermost);
}

/* ---- The beginning ---- */

/* IPv4 clients of an IPv6 socket are shown as what they are. */
static void learn_peer(struct mocket_connection *c, const struct sockaddr *from)
{
    const struct mocket_networks *trusted = &c->worker->server->app->root->trusted;
    if (!from) {
        c->trusted = trusted->local;
        return;
    }
    mocket__address_of(&c->address, from);
    mocket__address_text(&c->address, c->peer);
    c->trusted = mocket__networks_hold(trusted, &c->address);
}

/* One too many may wait for its answer without holding a place, unless too many do. */
static bool take_place(struct mocket_connection *c)
{
    struct mocket_native_worker *w = c->worker;
    if (mocket__server_enter(w->server, counted_address(c))) {
        c->admission = MOCKET_ADMISSION_COUNTED;
        return true;
    }
    if (w->refused_count >= w->server->descriptors.refused)
        return false;
    c->admission = MOCKET_ADMISSION_REFUSED;
    w->refused_count++;
    return true;
}

void mocket__connection_accept(struct mocket_native_worker *w, int fd, const struct sockaddr *from,
                               const struct mocket_protocol *protocol)
{
    struct mocket_connection *c = mocket__new(sizeof *c);
    if (!c) {
        mocket__server_refuse(fd);
        return;
    }
    c->worker = w;
    c->poll.data = c;
    mocket__transport_plain(&c->transport, fd, !from);
    c->out = (struct mocket_output){ .transport = &c->transport, .till = w->till };
    mocket__connection_hand_over(c, protocol, NULL);
    learn_peer(c, from);
    if (!take_place(c) || uv_poll_init(&w->loop, &c->poll, fd) < 0) {
        leave_server(c);
        mocket__free(c);
        mocket__server_refuse(fd);
        return;
    }
    w->connection_count++;
    bool outermost = mocket__schedule_enter(&w->schedule);
    if (c->admission == MOCKET_ADMISSION_REFUSED)
        protocol->refuse(c);
    protocol->work(c);
    mocket__schedule_leave(&w->schedule, outermost);
}

/* ---- Time ---- */

static void time_of_write_is_up(struct mocket_connection *c)
{
    if (took_some(c, c->timeout.class))
        mocket__clock_limit(&c->worker->clock, &c->timeout, c->timeout.class);
    else
        mocket__connection_cut(c);
}

static void time_of_linger_is_up(struct mocket_connection *c)
{
    if (has_lingered(c))
        close_connection(c, false);
    else
        mocket__clock_limit(&c->worker->clock, &c->timeout, MOCKET_TIMEOUT_LINGER);
}

static void time_is_up(struct mocket_connection *c)
{
    switch (c->timeout.class) {
    case MOCKET_TIMEOUT_HEAD:
    case MOCKET_TIMEOUT_BODY:
    case MOCKET_TIMEOUT_SOCKET:
        c->protocol->timed_out(c);
        break;
    case MOCKET_TIMEOUT_WRITE:
    case MOCKET_TIMEOUT_CLOSING: /* what was said before the close frame may still be on its way */
        time_of_write_is_up(c);
        break;
    case MOCKET_TIMEOUT_LINGER:
        time_of_linger_is_up(c);
        break;
    default:
        close_connection(c, false);
    }
}

void mocket__connection_timeout(struct mocket_connection *c)
{
    struct mocket_schedule *schedule = &c->worker->schedule;
    bool outermost = mocket__schedule_enter(schedule);
    time_is_up(c);
    mocket__schedule_leave(schedule, outermost);
}
