/* After the handshake a connection keeps its exchange, because the event lives on, but no fiber and no input buffer:
 * an idle socket takes three kilobytes.
 *
 * work tries everything that may be possible now: events whose handler is due run one after another, each on a fiber,
 * or on the loop's stack for the host; bytes are decoded as long as nothing waits, and while a handler is busy up to a
 * bound; what was queued to be sent is sent, all of it in as few calls as possible. Sending never runs anything: it
 * queues, and has work scheduled, because it may be called from anywhere.
 *
 * The end has one form. Whatever ended it, a close frame, a mistake of the client's, a lost connection, silence, the
 * socket is "over" with a code: waits of its handler end, the event MOCKET_WS_CLOSED comes last, then the exchange is
 * given back and the connection closes like any other whose last answer is being sent. Only a close frame of ours does
 * not end it: the client's is waited for, some seconds. */
#include "socket.h"

#include "../../../base/check.h"
#include "../../../base/memory.h"
#include "../../../base/span.h"
#include "../../../wire/ws_accept.h"

#define NOTES_MAX 16 /* events that wait for a handler before reading stops, and their bytes */
#define NOTE_BYTES_MAX 65536
#define SEND_HIGH 65536 /* unsent bytes at which a handler waits */

static struct mocket_ws_session *ws_of(const struct mocket_socket *s)
{
    return s->backend;
}

static struct mocket_ws_session *session(const struct mocket_connection *c)
{
    return c->session;
}

static bool is_gone(const struct mocket_ws_session *ws)
{
    return mocket__connection_is_closing(ws->connection);
}

static bool is_over(const struct mocket_ws_session *ws)
{
    return ws->state == MOCKET_SOCKET_OVER;
}

void mocket__socket_check(const struct mocket_ws_session *ws)
{
    size_t count = 0, len = 0;
    const struct mocket_ws_note *last = NULL;
    for (const struct mocket_ws_note *n = ws->first; n; last = n, n = n->next) {
        count++;
        len += n->bytes.len;
    }
    assert(last == ws->last && count == ws->note_count && len == ws->note_len);
    assert(ws->connection->session == ws && ws->connection->protocol == &mocket__websocket);
    assert(is_over(ws) == (ws->end.kind == MOCKET_WS_CLOSED));
    assert(ws->opened || !ws->current);
}

/* Work is to be done soon; never at once. Any stack of this thread. */
static void schedule(struct mocket_ws_session *ws)
{
    if (!ws->working)
        mocket__schedule_due(&ws->connection->worker->schedule, &ws->job);
}

/* ---- Notes ---- */

static void drop_note(struct mocket_ws_session *ws, struct mocket_ws_note *n)
{
    mocket__buf_release(&n->bytes);
    if (n != &ws->open && n != &ws->end)
        mocket__free(n);
}

static struct mocket_ws_note *take_note(struct mocket_ws_session *ws)
{
    struct mocket_ws_note *n = ws->first;
    if (!n)
        return NULL;
    ws->first = n->next;
    if (!n->next)
        ws->last = NULL;
    ws->note_count--;
    ws->note_len -= n->bytes.len;
    return n;
}

static void drop_notes(struct mocket_ws_session *ws)
{
    struct mocket_ws_note *n;
    while ((n = take_note(ws)))
        drop_note(ws, n);
}

/* A copy for a handler: with a NUL behind, which does not count. */
static void copy_payload(struct mocket_buf *to, mocket_span payload)
{
    if (payload.len == 0)
        return;
    mocket__buf_span(to, payload);
    char *end = mocket__buf_room(to, 1);
    if (end)
        *end = '\0';
    else
        to->len = 0;
}

/* Takes the bytes over. False: no memory. */
static bool add_note(struct mocket_ws_session *ws, int kind, struct mocket_buf *bytes)
{
    struct mocket_ws_note *n = mocket__new(sizeof *n);
    if (!n || mocket__buf_status(bytes) < 0) {
        mocket__free(n);
        mocket__buf_release(bytes);
        return false;
    }
    *n = (struct mocket_ws_note){ .kind = kind, .bytes = *bytes };
    if (ws->last)
        ws->last->next = n;
    else
        ws->first = n;
    ws->last = n;
    ws->note_count++;
    ws->note_len += bytes->len;
    return true;
}

static bool notes_are_full(const struct mocket_ws_session *ws)
{
    return ws->note_count >= NOTES_MAX || ws->note_len >= NOTE_BYTES_MAX;
}

static size_t most_backlog(const struct mocket_ws_session *ws)
{
    return (size_t)mocket__app_setting(ws->connection->worker->server->app, MOCKET_MAX_BACKLOG);
}

/* The second: a client that lets us answer pings, and does not read the answers. */
static bool has_enough(const struct mocket_ws_session *ws)
{
    return notes_are_full(ws) || ws->connection->out.len > most_backlog(ws);
}

/* ---- Frames of ours ---- */

static int queue_frame(struct mocket_ws_session *ws, int opcode, mocket_span payload)
{
    char head[MOCKET_WS_HEAD_MAX];
    size_t len = mocket__ws_write_head(head, opcode, payload.len);
    if (is_gone(ws))
        return MOCKET_ECLOSED;
    int rc = (opcode == MOCKET_WS_OP_CLOSE ? mocket__output_queue_owed : mocket__output_queue)(
        &ws->connection->out, (mocket_span){ head, len }, payload);
    if (rc < 0)
        return rc;
    ws->exchange->body_out += payload.len;
    schedule(ws);
    return 0;
}

/* code 0, or MOCKET_WS_CODE_NONE: without one. */
static void queue_close(struct mocket_ws_session *ws, int code, mocket_span reason)
{
    char payload[MOCKET_CONTROL_MAX] = { (char)(code >> 8), (char)code };
    size_t len = code == 0 || code == MOCKET_WS_CODE_NONE ? 0 : MOCKET_CLOSE_CODE_LEN + reason.len;
    if (ws->state != MOCKET_SOCKET_TALKING)
        return;
    ws->state = MOCKET_SOCKET_CLOSE_SENT;
    if (len > 2)
        memcpy(payload + 2, reason.ptr, reason.len);
    if (queue_frame(ws, MOCKET_WS_OP_CLOSE, (mocket_span){ payload, len }) == MOCKET_ENOMEM)
        mocket__connection_cut(ws->connection);
}

/* ---- The end ---- */

/* From now on only MOCKET_WS_CLOSED is to come. */
static void end_with(struct mocket_ws_session *ws, int code, mocket_span reason)
{
    if (is_over(ws))
        return;
    ws->state = MOCKET_SOCKET_OVER;
    ws->end = (struct mocket_ws_note){ .kind = MOCKET_WS_CLOSED, .code = code };
    copy_payload(&ws->end.bytes, reason);
    mocket__ws_release(&ws->codec);
    if (ws->held)
        drop_notes(ws);
    mocket__exchange_client(ws->exchange, MOCKET_CLIENT_GONE);
    schedule(ws);
}

/* The client is told why (RFC 6455, section 7.1.7); its answer is not waited for. */
static void fail(struct mocket_ws_session *ws, int code)
{
    queue_close(ws, code, (mocket_span){ 0 });
    end_with(ws, code, (mocket_span){ 0 });
}

/* The connection is lost: nobody would get what handlers make of the rest. */
static void lose(struct mocket_ws_session *ws)
{
    drop_notes(ws);
    end_with(ws, MOCKET_WS_CODE_LOST, (mocket_span){ 0 });
}

/* MOCKET_WS_CLOSED was handled. The session's memory is the exchange's, which the other protocol resets. */
static void leave(struct mocket_ws_session *ws)
{
    struct mocket_connection *c = ws->connection;
    struct mocket_native_worker *w = c->worker;
    mocket__schedule_cancel(&ws->job);
    mocket__topics_leave(&w->topics, &ws->subscriber);
    mocket__ws_release(&ws->codec);
    drop_notes(ws);
    mocket__connection_hand_over(c, ws->before, ws->before_session);
    c->protocol->regained(c, ws->orderly);
}

/* ---- What comes ---- */

static void on_ping(struct mocket_ws_session *ws, mocket_span payload)
{
    struct mocket_buf copy = { 0 };
    if (ws->state != MOCKET_SOCKET_TALKING)
        return;
    copy_payload(&copy, payload);
    int rc = queue_frame(ws, MOCKET_WS_OP_PONG, payload);
    if (!add_note(ws, MOCKET_WS_PING, &copy))
        rc = MOCKET_ENOMEM;
    if (rc == MOCKET_ENOMEM || rc == MOCKET_ELIMIT)
        fail(ws, rc == MOCKET_ELIMIT ? MOCKET_WS_CODE_TRY_LATER : MOCKET_WS_CODE_FAILED);
}

static void on_close(struct mocket_ws_session *ws, int code, mocket_span reason)
{
    ws->orderly = true;
    queue_close(ws, code, (mocket_span){ 0 });
    end_with(ws, code, reason);
}

/* Messages that cross a close frame of ours are nobody's. */
static void on_data(struct mocket_ws_session *ws, struct mocket_ws_message *m)
{
    ws->exchange->body_in += m->bytes.len;
    if (ws->state != MOCKET_SOCKET_TALKING)
        mocket__buf_release(&m->bytes);
    else if (!add_note(ws, m->opcode, &m->bytes))
        fail(ws, MOCKET_WS_CODE_FAILED);
}

static void on_message(struct mocket_ws_session *ws, struct mocket_ws_message *m)
{
    mocket_span control = { m->control, m->len };
    switch (m->opcode) {
    case MOCKET_WS_OP_CLOSE:
        on_close(ws, m->code, control);
        break;
    case MOCKET_WS_OP_PING:
        on_ping(ws, control);
        break;
    case MOCKET_WS_OP_PONG:
        break; /* that the client lives was noted when bytes came */
    default:
        on_data(ws, m);
    }
}

/* Decodes one message or control frame. False: there is none, or it may not be taken now. */
static bool decode(struct mocket_ws_session *ws)
{
    struct mocket_connection *c = ws->connection;
    struct mocket_ws_message m;
    size_t used;
    bool ended = c->input_side == MOCKET_INPUT_ENDED;
    if (is_over(ws) || !ws->opened || has_enough(ws))
        return false;
    int got = mocket__ws_read(&ws->codec, mocket__input_view(&c->in), &used, &m);
    c->in.start += used;
    if (got > 0)
        on_message(ws, &m);
    else if (got < 0)
        fail(ws, -got);
    else if (ended)
        end_with(ws, MOCKET_WS_CODE_LOST, (mocket_span){ 0 }); /* without a close frame */
    return got != 0 || ended;
}

/* Nothing came for half of the limit. */
static void on_silence(struct mocket_ws_session *ws)
{
    ws->connection->heard = true; /* the time begins anew */
    if (!ws->pinged) {
        ws->pinged = true;
        queue_frame(ws, MOCKET_WS_OP_PING, (mocket_span){ 0 });
    } else {
        queue_close(ws, MOCKET_WS_CODE_GOING_AWAY, (mocket_span){ 0 });
        end_with(ws, MOCKET_WS_CODE_LOST, (mocket_span){ 0 });
    }
    schedule(ws);
}

/* ---- Handlers ---- */

static mocket_span note_data(const struct mocket_ws_note *n)
{
    return n->bytes.len > 0 ? mocket__buf_view(&n->bytes) : (mocket_span){ "", 0 };
}

static void run_handler(void *arg)
{
    struct mocket_ws_session *ws = arg;
    const struct mocket_ws_note *n = ws->current;
    mocket__socket_event(ws->socket, n->kind, note_data(n), n->code);
    if (n->kind == MOCKET_WS_CLOSED)
        mocket__socket_end(ws->socket);
}

static void run_on_loop(struct mocket_ws_session *ws, const struct mocket_ws_note *n)
{
    struct mocket_socket *s = ws->socket;
    if (n->kind == MOCKET_WS_CLOSED) {
        s->closed = true;
        s->code = n->code;
    }
    s->on_event(s, n->kind, note_data(n), n->code);
    if (n->kind == MOCKET_WS_CLOSED)
        mocket__socket_end(s);
}

/* The handler is done with it. True: that was the last one. */
static bool note_done(struct mocket_ws_session *ws)
{
    bool last = ws->current->kind == MOCKET_WS_CLOSED;
    drop_note(ws, ws->current);
    ws->current = NULL;
    if (last)
        leave(ws);
    return last;
}

/* Without a stack for the handler: from now on only MOCKET_WS_CLOSED is to come, for which one is laid by. What was
 * deferred must run all the same; it needs none. */
static void run_without_handler(struct mocket_ws_session *ws, const struct mocket_ws_note *n)
{
    fail(ws, MOCKET_WS_CODE_FAILED);
    if (n->kind == MOCKET_WS_CLOSED)
        mocket__socket_end(ws->socket);
}

enum ran { RAN_ON, RAN_PARKED, RAN_LAST };

static enum ran run_note(struct mocket_ws_session *ws, struct mocket_ws_note *n)
{
    struct mocket_exchange *ex = ws->exchange;
    ws->current = n;
    if (ws->socket->on_event) {
        run_on_loop(ws, n);
        return note_done(ws) ? RAN_LAST : RAN_ON;
    }
    struct mocket_fibers *fibers = &ws->connection->worker->fibers;
    struct mocket_fiber *fiber =
        (n->kind == MOCKET_WS_CLOSED ? mocket__fiber_must : mocket__fiber_new)(fibers, run_handler, ws);
    if (fiber)
        mocket__exchange_start(ex, fiber);
    if (!fiber)
        run_without_handler(ws, n);
    else if (!mocket__exchange_step(ex))
        return RAN_PARKED;
    return note_done(ws) ? RAN_LAST : RAN_ON;
}

/* What a handler is to be told next; NULL: nothing. */
static struct mocket_ws_note *next_note(struct mocket_ws_session *ws)
{
    if (!ws->opened) {
        ws->opened = true;
        return &ws->open;
    }
    for (;;) {
        if (is_gone(ws))
            lose(ws);
        if (ws->first && !ws->held)
            return take_note(ws);
        if (is_over(ws))
            return &ws->end;
        if (!decode(ws))
            return NULL;
    }
}

/* True: the socket has ended. */
static bool run_notes(struct mocket_ws_session *ws)
{
    struct mocket_ws_note *n;
    enum ran ran = RAN_ON;
    while (ran == RAN_ON && !ws->current && (n = next_note(ws)))
        ran = run_note(ws, n);
    return ran == RAN_LAST;
}

static void tell_writable(struct mocket_ws_session *ws)
{
    void (*tell)(struct mocket_socket *s) = ws->tell;
    if (!tell || (ws->connection->out.len >= SEND_HIGH / 2 && !is_over(ws)))
        return;
    ws->tell = NULL;
    tell(ws->socket);
}

static void push(struct mocket_ws_session *ws)
{
    if (!is_gone(ws) && mocket__output_push(&ws->connection->out) < 0)
        mocket__connection_cut(ws->connection);
}

static void wake_if_sent(struct mocket_ws_session *ws)
{
    if (ws->exchange->state == MOCKET_EXCHANGE_WRITING && mocket__output_unsent(&ws->connection->out) == 0)
        mocket__exchange_wake(ws->exchange, is_gone(ws) ? MOCKET_ECLOSED : 0);
}

static void work(struct mocket_connection *c)
{
    struct mocket_ws_session *ws = session(c);
    bool was_full;
    mocket__schedule_cancel(&ws->job);
    ws->working = true;
    do {
        if (run_notes(ws))
            return;
        while (ws->current && decode(ws)) /* pings, and whether the client is still there */
            ;
        was_full = has_enough(ws);
        push(ws);
        wake_if_sent(ws);
        tell_writable(ws);
        /* What was left in the input is not told of again: there is room for its answers now. */
    } while ((was_full && !has_enough(ws)) || (!ws->current && (is_gone(ws) || is_over(ws))));
    ws->working = false;
    MOCKET_CHECK_CALL(mocket__socket_check(ws));
    mocket__connection_settle(c);
}

static void work_due(struct mocket_job *job)
{
    work(MOCKET_CONTAINER_OF(job, struct mocket_ws_session, job)->connection);
}

/* ---- What the exchange calls ---- */

static void on_flush(struct mocket_exchange *ex)
{
    struct mocket_connection *c = ex->owner;
    mocket__connection_flush(c);
    push(session(c));
    wake_if_sent(session(c));
}

static void on_settle(struct mocket_exchange *ex)
{
    mocket__connection_settle(ex->owner);
}

/* Without a note, it was the handler of the handshake. */
static void on_returned(struct mocket_exchange *ex)
{
    struct mocket_connection *c = ex->owner;
    struct mocket_ws_session *ws = session(c);
    if (!ws->current || !note_done(ws))
        work(c);
}

/* ---- What a handler does ---- */

static int op_send(struct mocket_socket *s, int kind, mocket_span data)
{
    static const int opcodes[] = { [MOCKET_WS_TEXT] = MOCKET_WS_OP_TEXT,
                                   [MOCKET_WS_BINARY] = MOCKET_WS_OP_BINARY,
                                   [MOCKET_WS_PING] = MOCKET_WS_OP_PING,
                                   [MOCKET_WS_PONG] = MOCKET_WS_OP_PONG };
    struct mocket_ws_session *ws = ws_of(s);
    if (is_over(ws) || is_gone(ws))
        return MOCKET_ECLOSED;
    if (ws->state == MOCKET_SOCKET_CLOSE_SENT)
        return MOCKET_ESTATE;
    if (ws->connection->out.len >= SEND_HIGH)
        return MOCKET_EAGAIN;
    return queue_frame(ws, opcodes[kind], data);
}

/* A client that reads as fast as the handler sends must not keep the thread for the two of them. */
static int op_wait(struct mocket_socket *s)
{
    struct mocket_ws_session *ws = ws_of(s);
    struct mocket_exchange *ex = ws->exchange;
    if (ex->state != MOCKET_EXCHANGE_RUNNING)
        return MOCKET_ESTATE; /* not this socket's handler */
    push(ws);
    if (!is_over(ws) && !is_gone(ws))
        mocket__exchange_wait(ex, mocket__output_unsent(&ws->connection->out) > 0 ? MOCKET_EXCHANGE_WRITING
                                                                                  : MOCKET_EXCHANGE_YIELDING);
    return is_over(ws) || is_gone(ws) ? MOCKET_ECLOSED : 0;
}

static int op_close(struct mocket_socket *s, int code, mocket_span reason)
{
    struct mocket_ws_session *ws = ws_of(s);
    if (is_over(ws) || is_gone(ws))
        return MOCKET_ECLOSED;
    queue_close(ws, code, reason);
    return 0;
}

static int op_subscribe(struct mocket_socket *s, mocket_span topic, bool on)
{
    struct mocket_ws_session *ws = ws_of(s);
    struct mocket_topics *topics = &ws->connection->worker->topics;
    if (on)
        return mocket__topics_subscribe(topics, &ws->subscriber, topic);
    mocket__topics_unsubscribe(topics, &ws->subscriber, topic);
    return 0;
}

/* ---- What is published ---- */

/* Messages that it has not begun to get make room for the close frame that tells why. */
static void too_slow(struct mocket_ws_session *ws)
{
    mocket__output_forget(&ws->connection->out);
    fail(ws, MOCKET_WS_CODE_TRY_LATER);
}

static void deliver(struct mocket_subscriber *s, struct mocket_published *p)
{
    struct mocket_ws_session *ws = MOCKET_CONTAINER_OF(s, struct mocket_ws_session, subscriber);
    struct mocket_connection *c = ws->connection;
    if (ws->state != MOCKET_SOCKET_TALKING || is_gone(ws))
        return;
    if (c->out.len > 0 && c->out.len + p->frame.len > most_backlog(ws))
        push(ws);
    if (is_gone(ws))
        return;
    if (c->out.len > 0 && c->out.len + p->frame.len > most_backlog(ws)) {
        too_slow(ws);
        return;
    }
    int rc = mocket__output_share(&c->out, p);
    if (rc == 0) {
        ws->exchange->body_out += p->payload_len;
        schedule(ws);
    } else if (rc == MOCKET_ELIMIT) {
        too_slow(ws);
    } else {
        mocket__connection_cut(c); /* a message that is lost must not pass unnoticed */
    }
}

enum mocket_mail_state mocket__sockets_mail(struct mocket_schedule *schedule)
{
    struct mocket_topics *topics = &MOCKET_CONTAINER_OF(schedule, struct mocket_native_worker, schedule)->topics;
    if (!mocket__topics_have_mail(topics))
        return MOCKET_MAIL_NONE;
    mocket__topics_deliver(topics, deliver);
    return mocket__topics_have_mail(topics) ? MOCKET_MAIL_LEFT : MOCKET_MAIL_DELIVERED;
}

/* ---- What the connection calls ---- */

static bool prepare(struct mocket_connection *c)
{
    if (!c->in.ptr && session(c)->codec.frame_left > MOCKET_INPUT_SMALL)
        mocket__input_copy(&c->in, &c->worker->inputs, (mocket_span){ 0 }, MOCKET_INPUT_LARGE);
    return true;
}

static void received(struct mocket_connection *c, bool some)
{
    if (some)
        session(c)->pinged = false;
    work(c);
}

static void sent(struct mocket_connection *c)
{
    if (session(c)->exchange->state == MOCKET_EXCHANGE_WRITING)
        mocket__exchange_wake(session(c)->exchange, 0);
    else
        work(c);
}

static void left(struct mocket_connection *c)
{
    mocket__exchange_client(session(c)->exchange, mocket__connection_client(c));
    if (mocket__connection_is_closing(c))
        schedule(session(c));
}

static void no_room(struct mocket_connection *c)
{
    fail(session(c), MOCKET_WS_CODE_TRY_LATER);
    work(c);
}

static bool is_full(const struct mocket_connection *c)
{
    return is_over(session(c)) || has_enough(session(c));
}

static enum mocket_need need(const struct mocket_connection *c)
{
    (void)c;
    return MOCKET_NEED_CONNECTION;
}

static enum mocket_timeout_class time_class(const struct mocket_connection *c)
{
    if (session(c)->state == MOCKET_SOCKET_CLOSE_SENT)
        return MOCKET_TIMEOUT_CLOSING;
    if (mocket__output_unsent(&c->out) > 0)
        return MOCKET_TIMEOUT_WRITE;
    return is_full(c) ? MOCKET_TIMEOUT_NONE : MOCKET_TIMEOUT_SOCKET; /* nothing can be heard while it is full */
}

static void timed_out(struct mocket_connection *c)
{
    on_silence(session(c));
}

static void stop(struct mocket_connection *c)
{
    session(c)->socket->closing = true;
    queue_close(session(c), MOCKET_WS_CODE_GOING_AWAY, (mocket_span){ 0 });
}

const struct mocket_protocol mocket__websocket = {
    .part = MOCKET_CHARGE_SOCKETS,
    .goodbye_len = 2 + MOCKET_CONTROL_MAX, /* a close frame: head and payload */
    .work = work,
    .prepare = prepare,
    .received = received,
    .sent = sent,
    .ended = work,
    .left = left,
    .no_room = no_room,
    .is_full = is_full,
    .need = need,
    .time_class = time_class,
    .timed_out = timed_out,
    .stop = stop,
};

/* ---- The handshake ---- */

/* The first bytes go the way of all answers: what was answered before is in it. */
static int send_answer(struct mocket_connection *c, const struct mocket_request *req,
                       const struct mocket_response_head *head)
{
    static const mocket_span name = { "sec-websocket-key", 17 };
    size_t at = 0;
    const struct mocket_field *key = mocket__fields_next(&req->message.fields, name, &at);
    mocket__ws_write_answer(&c->worker->out, key->value, head->fields);
    mocket__connection_flush(c);
    return mocket__connection_is_closing(c) ? MOCKET_ECLOSED : 0;
}

static void begin(struct mocket_ws_session *ws)
{
    static const struct mocket_socket_ops ops = { op_send, op_wait, op_close, op_subscribe };
    static const struct mocket_exchange_ops exchange_ops = { on_flush, on_settle, on_returned };
    struct mocket_native_worker *w = ws->connection->worker;
    mocket__ws_init(&ws->codec, &w->ws_machines, mocket__app_setting(w->server->app, MOCKET_MAX_MESSAGE));
    ws->codec.payload.till = w->till;
    ws->codec.payload.part = MOCKET_CHARGE_SOCKETS;
    ws->job.run = work_due;
    ws->socket->backend = ws;
    ws->socket->ops = &ops;
    ws->exchange->ops = &exchange_ops;
    ws->connection->heard = true;
    mocket__connection_hand_over(ws->connection, &mocket__websocket, ws);
}

int mocket__socket_upgrade(struct mocket_connection *c, struct mocket_exchange *ex,
                           const struct mocket_response_head *head, struct mocket_socket *s)
{
    if (mocket__worker_stopping(c->worker))
        return MOCKET_ELIMIT;
    struct mocket_ws_session *ws = mocket__arena_zero(&ex->arena, sizeof *ws);
    if (!ws)
        return MOCKET_ENOMEM;
    int rc = send_answer(c, &ex->req, head);
    if (rc < 0)
        return rc;
    ex->status = head->status;
    ws->connection = c;
    ws->before = c->protocol;
    ws->before_session = c->session;
    ws->exchange = ex;
    ws->socket = s;
    begin(ws);
    return 0;
}

/* ---- For the host ---- */

void mocket__native_ws_hold(struct mocket_socket *s, bool hold)
{
    struct mocket_ws_session *ws = ws_of(s);
    ws->held = hold;
    if (!hold)
        schedule(ws);
    else if (is_over(ws))
        drop_notes(ws);
}

size_t mocket__native_ws_backlog(const struct mocket_socket *s)
{
    return ws_of(s)->connection->out.len;
}

void mocket__native_ws_when_writable(struct mocket_socket *s, void (*tell)(struct mocket_socket *s))
{
    struct mocket_ws_session *ws = ws_of(s);
    ws->tell = tell;
    schedule(ws);
}
