/* Readiness comes from libuv, the bytes go straight between transport and buffers: that spares a layer of callbacks.
 * The transport is closed at once when the connection ends; the struct lives until libuv has closed the handle and the
 * session has ended, whichever is later. When nothing is left to do, the connection gives back all that it can do
 * without. */
#include "connection.h"

#include <stdio.h>
#include <string.h>

#include "../../../base/check.h"
#include "../../../base/memory.h"
#include "../../../base/span.h"
#include "../tls/tls.h"

void mocket__connection_check(const struct mocket_connection *c)
{
    mocket__output_check(&c->out);
    assert(!mocket__connection_is_closing(c) || (c->out.len == 0 && !c->timeout.next));
    assert(mocket__connection_is_closing(c) || c->transport.fd >= 0);
    assert(c->admission != MOCKET_ADMISSION_REFUSED || c->worker->refused_count > 0);
    assert(c->in.start <= c->in.end && c->in.end <= c->in.cap);
    assert(c->state != MOCKET_CONNECTION_HANDSHAKE || (c->transport.ops->begin && !c->session && c->out.len == 0));
    assert(!mocket__connection_is_closing(c) || !c->again.on);
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
    mocket__schedule_cancel(&c->again);
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

static uint32_t linger_now(const struct mocket_connection *c)
{
    return (uint32_t)mocket__clock_now(&c->worker->clock);
}

/* Our side is shut, and input is thrown away for a while. */
static void linger(struct mocket_connection *c)
{
    uint32_t now_ms = linger_now(c);
    c->state = MOCKET_CONNECTION_LINGERING;
    c->lingers = (struct mocket_linger){ .began = now_ms, .discarded = now_ms };
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
    linger(c);
}

static bool has_lingered(const struct mocket_connection *c)
{
    const struct mocket_native_worker *w = c->worker;
    uint32_t now_ms = linger_now(c), silent_ms = now_ms - c->lingers.discarded, all_ms = now_ms - c->lingers.began;
    return silent_ms >= w->linger_silence_ms || all_ms >= w->linger_total_ms;
}

/* ---- What to wait for ---- */

static void on_poll(uv_poll_t *poll, int status, int events);

void mocket__connection_update_polling(struct mocket_connection *c)
{
    if (mocket__connection_is_closing(c))
        return;
    bool read = c->input_side != MOCKET_INPUT_ENDED &&
                (c->state == MOCKET_CONNECTION_HANDSHAKE || mocket__connection_discards(c) || !c->protocol->is_full(c));
    bool watch = !read && c->input_side == MOCKET_INPUT_OPEN; /* it may leave while nobody reads */
    bool unsent = mocket__output_unsent(&c->out) > 0;
    unsigned events = (read ? UV_READABLE : 0) | (unsent ? UV_WRITABLE : 0) | (watch ? UV_DISCONNECT : 0);
    if (read && c->transport.has_more && !c->again.on)
        mocket__schedule_turn(&c->worker->schedule, &c->again);
    if (events == c->polled)
        return;
    c->polled = (uint8_t)events;
    if (events == 0)
        uv_poll_stop(&c->poll);
    else if (uv_poll_start(&c->poll, (int)events, on_poll) < 0)
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

/* Does the time of the class begin anew, although the connection was in the class before? The time for a handshake, and
 * that for a head, is one span, whatever arrives; that of lingering is looked at now and then; the others are times of
 * silence. Silence ends with bytes of a request or of a message: part of a record of TLS is none. */
static bool begins_anew(struct mocket_connection *c, enum mocket_timeout_class class)
{
    switch (class) {
    case MOCKET_TIMEOUT_HANDSHAKE:
    case MOCKET_TIMEOUT_HEAD:
    case MOCKET_TIMEOUT_LINGER:
        return false;
    case MOCKET_TIMEOUT_IDLE:
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
    enum mocket_timeout_class class = c->state == MOCKET_CONNECTION_LINGERING   ? MOCKET_TIMEOUT_LINGER
                                      : c->state == MOCKET_CONNECTION_HANDSHAKE ? MOCKET_TIMEOUT_HANDSHAKE
                                                                                : c->protocol->time_class(c);
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
    if (c->state < MOCKET_CONNECTION_LINGERING && need == MOCKET_NEED_NOTHING && mocket__output_unsent(&c->out) == 0)
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
    if (n > 0 && c->state == MOCKET_CONNECTION_LINGERING)
        c->lingers.discarded = linger_now(c);
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
    if (n > 0)
        c->heard = true;
    c->protocol->received(c, n > 0);
}

static void send_more(struct mocket_connection *c)
{
    if (mocket__output_continue(&c->out) < 0)
        mocket__connection_cut(c);
    else if (mocket__output_unsent(&c->out) > 0)
        return;
    else if (c->state == MOCKET_CONNECTION_HANDSHAKE || c->state == MOCKET_CONNECTION_LINGERING)
        mocket__connection_update_polling(c); /* it was no answer */
    else
        c->protocol->sent(c);
}

static void hang_up(struct mocket_connection *c)
{
    if (c->input_side == MOCKET_INPUT_OPEN)
        c->input_side = MOCKET_INPUT_HUNG_UP;
    c->protocol->left(c);
    mocket__connection_update_polling(c);
}

/* ---- The handshake ---- */

/* Returns the protocol that the client has chosen. */
static const struct mocket_protocol *chosen_protocol(const struct mocket_connection *c)
{
    const struct mocket_protocol *const *all = c->arrival->protocols;
    mocket_span name = c->transport.ops->chosen(&c->transport);
    for (size_t i = 0; all[i]; i++)
        if (all[i]->name && mocket__span_eq(name, mocket__span(all[i]->name)))
            return all[i];
    return all[0];
}

/* A flood of broken handshakes must not be a flood of lines: programs without levels get none. */
static void log_failure(const struct mocket_connection *c, const char *why)
{
    char text[256];
    const struct mocket_server *s = c->worker->server;
    if (!s->opts->log)
        return;
    int len = snprintf(text, sizeof text, "TLS handshake with %s failed: %s", c->peer[0] ? c->peer : "a client", why);
    mocket__server_log(s, MOCKET_LOG_DEBUG, (mocket_span){ text, strnlen(text, len < 0 ? 0 : sizeof text) });
}

/* The connection has a protocol and may be used. */
static void begin(struct mocket_connection *c)
{
    c->state = MOCKET_CONNECTION_SERVING;
    if (c->admission == MOCKET_ADMISSION_REFUSED)
        c->protocol->refuse(c);
    c->protocol->work(c);
}

static void settle_handshake(struct mocket_connection *c)
{
    mocket__connection_update_polling(c);
    if (!mocket__connection_is_closing(c))
        update_timeout(c);
    MOCKET_CHECK_CALL(mocket__connection_check(c));
}

static void shake_hands(struct mocket_connection *c)
{
    int rc = c->transport.ops->begin(&c->transport);
    if (rc > 0) {
        mocket__connection_hand_over(c, chosen_protocol(c), NULL);
        begin(c);
        return;
    }
    if (rc < 0)
        log_failure(c, c->transport.ops->problem(&c->transport));
    if (rc == MOCKET_TRANSPORT_REFUSED && c->transport.ops->shut(&c->transport))
        linger(c);
    else if (rc < 0)
        mocket__connection_cut(c);
    settle_handshake(c);
}

/* ---- What the loop calls ---- */

static void read_input(struct mocket_connection *c)
{
    if (c->state == MOCKET_CONNECTION_HANDSHAKE)
        shake_hands(c);
    else if (mocket__connection_discards(c))
        throw_away(c);
    else
        read_some(c);
    if (c->transport.has_more)
        mocket__connection_update_polling(c);
}

static void take_events(struct mocket_connection *c, unsigned events)
{
    if (events & UV_WRITABLE)
        send_more(c);
    if (events & c->polled & UV_DISCONNECT && !mocket__connection_is_closing(c))
        hang_up(c);
    if (events & c->polled & UV_READABLE && !mocket__connection_is_closing(c))
        read_input(c);
}

static void on_again(struct mocket_job *job)
{
    take_events(MOCKET_CONTAINER_OF(job, struct mocket_connection, again), UV_READABLE);
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
        take_events(c, (unsigned)events);
    mocket__schedule_leave(schedule, outermost);
}

/* ---- The beginning ---- */

/* A connection that holds its peer's address; zeroed otherwise. IPv4 clients of an IPv6 socket are shown as what they
 * are. */
static struct mocket_connection *allocate(const struct sockaddr *from, const struct mocket_networks *trusted)
{
    struct mocket_address address = { 0 };
    char text[MOCKET_ADDRESS_TEXT] = "";
    if (from) {
        mocket__address_of(&address, from);
        mocket__address_text(&address, text);
    }
    size_t len = strlen(text) + 1;
    struct mocket_connection *c = mocket__new(sizeof *c + len);
    if (!c)
        return NULL;
    c->address = address;
    c->trusted = from ? mocket__networks_hold(trusted, &address) : trusted->local;
    c->peer_len = (uint8_t)(len - 1);
    memcpy(c->peer, text, len);
    return c;
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

/* Returns a connection that is not counted and has no transport yet. NULL when out of memory. */
static struct mocket_connection *connection_new(struct mocket_native_worker *w, const struct sockaddr *from,
                                                const struct mocket_arrival *arrival)
{
    struct mocket_connection *c = allocate(from, &w->server->app->root->trusted);
    if (!c)
        return NULL;
    c->worker = w;
    c->arrival = arrival;
    c->poll.data = c;
    c->again.run = on_again;
    c->out = (struct mocket_output){ .transport = &c->transport, .till = w->till };
    mocket__connection_hand_over(c, arrival->protocols[0], NULL);
    c->transport.local = !from;
    return c;
}

/* Returns false if the connection has no place, or there is no memory. */
static bool open_connection(struct mocket_connection *c, int fd)
{
    struct mocket_native_worker *w = c->worker;
    struct mocket_tls *tls = c->arrival->tls;
    if (!take_place(c))
        return false;
    if (!tls)
        mocket__transport_plain(&c->transport, fd, c->transport.local);
    else if (!mocket__transport_tls(&c->transport, tls, w->tls_lane, fd))
        return false;
    if (uv_poll_init(&w->loop, &c->poll, fd) == 0)
        return true;
    if (c->transport.ops->forget)
        c->transport.ops->forget(&c->transport);
    return false;
}

void mocket__connection_accept(struct mocket_native_worker *w, int fd, const struct sockaddr *from,
                               const struct mocket_arrival *arrival)
{
    struct mocket_connection *c = connection_new(w, from, arrival);
    if (!c || !open_connection(c, fd)) {
        if (c)
            leave_server(c);
        mocket__free(c);
        mocket__server_refuse(fd, arrival);
        return;
    }
    w->connection_count++;
    bool outermost = mocket__schedule_enter(&w->schedule);
    if (c->transport.ops->begin)
        settle_handshake(c);
    else
        begin(c);
    mocket__schedule_leave(&w->schedule, outermost);
}

void mocket__connection_stop(struct mocket_connection *c)
{
    if (c->state == MOCKET_CONNECTION_HANDSHAKE)
        close_connection(c, false);
    else
        c->protocol->stop(c);
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
