/* After the handshake a connection keeps its exchange, because the event lives on, but no fiber and no input buffer:
 * an idle socket is a few kilobytes.
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

#include "../../../base/memory.h"
#include "../../../base/span.h"
#include "../../../wire/ws_accept.h"
#include "conn.h"

#define NOTES_MAX 16 /* events that wait for a handler before reading stops, and their bytes */
#define NOTE_BYTES_MAX 65536
#define SEND_HIGH 65536 /* unsent bytes at which a handler waits */

static struct mocket_ws_conn *ws_of(const struct mocket_socket *s)
{
    return s->backend;
}

/* ---- lists of the worker ---- */

static struct mocket_ws_link *link_of(struct mocket_ws_conn *ws, size_t offset)
{
    return (struct mocket_ws_link *)((char *)ws + offset);
}

static void append(struct mocket_ws_list *list, struct mocket_ws_conn *ws, size_t offset)
{
    *link_of(ws, offset) = (struct mocket_ws_link){ .prev = list->last };
    if (list->last != NULL)
        link_of(list->last, offset)->next = ws;
    else
        list->first = ws;
    list->last = ws;
}

static void unlink_from(struct mocket_ws_list *list, struct mocket_ws_conn *ws, size_t offset)
{
    const struct mocket_ws_link *link = link_of(ws, offset);
    if (link->prev != NULL)
        link_of(link->prev, offset)->next = link->next;
    else
        list->first = link->next;
    if (link->next != NULL)
        link_of(link->next, offset)->prev = link->prev;
    else
        list->last = link->prev;
}

#define ALL offsetof(struct mocket_ws_conn, all)
#define DUE offsetof(struct mocket_ws_conn, due)

static void not_due(struct mocket_ws_conn *ws)
{
    if (ws->is_due)
        unlink_from(&ws->conn->worker->due_sockets, ws, DUE);
    ws->is_due = false;
}

void mocket__socket_schedule(struct mocket_ws_conn *ws)
{
    struct mocket_native_worker *w = ws->conn->worker;
    if (ws->working || ws->is_due)
        return;
    append(&w->due_sockets, ws, DUE);
    ws->is_due = true;
    if (!w->busy)
        mocket__worker_hurry(w);
}

/* ---- notes ---- */

static void drop_note(struct mocket_ws_conn *ws, struct mocket_ws_note *n)
{
    mocket__buf_release(&n->bytes);
    if (n != &ws->open && n != &ws->end)
        mocket__free(n);
}

static struct mocket_ws_note *take_note(struct mocket_ws_conn *ws)
{
    struct mocket_ws_note *n = ws->first;
    if (n == NULL)
        return NULL;
    ws->first = n->next;
    if (n->next == NULL)
        ws->last = NULL;
    ws->note_count--;
    ws->note_len -= n->bytes.len;
    return n;
}

static void drop_notes(struct mocket_ws_conn *ws)
{
    struct mocket_ws_note *n;
    while ((n = take_note(ws)) != NULL)
        drop_note(ws, n);
}

/* A copy for a handler: with a NUL behind, which does not count. */
static void copy_payload(struct mocket_buf *to, mocket_span payload)
{
    if (payload.len == 0)
        return;
    mocket__buf_span(to, payload);
    char *end = mocket__buf_room(to, 1);
    if (end != NULL)
        *end = '\0';
    else
        to->len = 0;
}

/* Takes the bytes over. False: no memory. */
static bool add_note(struct mocket_ws_conn *ws, int kind, struct mocket_buf *bytes)
{
    struct mocket_ws_note *n = mocket__new(sizeof(*n));
    if (n == NULL || mocket__buf_status(bytes) < 0) {
        mocket__free(n);
        mocket__buf_release(bytes);
        return false;
    }
    *n = (struct mocket_ws_note){ .kind = kind, .bytes = *bytes };
    if (ws->last != NULL)
        ws->last->next = n;
    else
        ws->first = n;
    ws->last = n;
    ws->note_count++;
    ws->note_len += bytes->len;
    return true;
}

static bool notes_are_full(const struct mocket_ws_conn *ws)
{
    return ws->note_count >= NOTES_MAX || ws->note_len >= NOTE_BYTES_MAX;
}

static size_t most_backlog(const struct mocket_ws_conn *ws)
{
    return (size_t)mocket__app_setting(ws->conn->worker->server->app, MOCKET_MAX_BACKLOG);
}

/* The second: a client that lets us answer pings, and does not read the answers. */
bool mocket__socket_is_full(const struct mocket_ws_conn *ws)
{
    return notes_are_full(ws) || ws->conn->unsent_len > most_backlog(ws);
}

/* ---- frames of ours ---- */

static int queue_frame(struct mocket_ws_conn *ws, int opcode, mocket_span payload)
{
    char head[MOCKET_WS_HEAD_MAX];
    size_t len = mocket__ws_write_head(head, opcode, payload.len);
    if (ws->conn->broken)
        return MOCKET_ECLOSED;
    int rc = mocket__output_queue(ws->conn, (mocket_span){ head, len }, payload);
    if (rc < 0)
        return rc;
    ws->conn->ex->body_out += payload.len;
    mocket__socket_schedule(ws);
    return 0;
}

/* code 0, or MOCKET_WS_CODE_NONE: without one. */
static void queue_close(struct mocket_ws_conn *ws, int code, mocket_span reason)
{
    char payload[MOCKET_CONTROL_MAX] = { (char)(code >> 8), (char)code };
    size_t len = code == 0 || code == MOCKET_WS_CODE_NONE ? 0 : MOCKET_CLOSE_CODE_LEN + reason.len;
    if (ws->close_sent)
        return;
    ws->close_sent = true;
    if (len > 2)
        memcpy(payload + 2, reason.ptr, reason.len);
    if (queue_frame(ws, MOCKET_WS_OP_CLOSE, (mocket_span){ payload, len }) == MOCKET_ENOMEM)
        mocket__conn_break(ws->conn);
}

/* ---- the end ---- */

/* From now on only MOCKET_WS_CLOSED is to come. */
static void end_with(struct mocket_ws_conn *ws, int code, mocket_span reason)
{
    if (ws->over)
        return;
    ws->over = ws->conn->left = true;
    ws->end = (struct mocket_ws_note){ .kind = MOCKET_WS_CLOSED, .code = code };
    copy_payload(&ws->end.bytes, reason);
    mocket__ws_release(&ws->codec);
    if (ws->held)
        drop_notes(ws);
    mocket__conn_tell_gone(ws->conn);
    mocket__socket_schedule(ws);
}

/* The client is told why (RFC 6455, section 7.1.7); its answer is not waited for. */
static void fail(struct mocket_ws_conn *ws, int code)
{
    queue_close(ws, code, (mocket_span){ 0 });
    end_with(ws, code, (mocket_span){ 0 });
}

void mocket__socket_full(struct mocket_ws_conn *ws)
{
    fail(ws, MOCKET_WS_CODE_TRY_LATER);
}

/* The connection is lost: nobody would get what handlers make of the rest. */
static void lose(struct mocket_ws_conn *ws)
{
    drop_notes(ws);
    end_with(ws, MOCKET_WS_CODE_LOST, (mocket_span){ 0 });
}

/* MOCKET_WS_CLOSED was handled. */
static void leave(struct mocket_ws_conn *ws)
{
    struct mocket_conn *c = ws->conn;
    struct mocket_native_worker *w = c->worker;
    struct mocket_exchange *ex = c->ex;
    not_due(ws);
    unlink_from(&w->sockets, ws, ALL);
    mocket__topics_leave(&w->topics, &ws->subscriber);
    mocket__ws_release(&ws->codec);
    drop_notes(ws);
    ex->answer = ws->orderly ? MOCKET_ANSWER_DONE : MOCKET_ANSWER_CUT;
    c->ws = NULL;
    mocket__exchange_tell(ex);
    mocket__exchange_reset(ex); /* the socket's memory is in it */
    mocket__conn_end_socket(c);
}

/* ---- what comes ---- */

static void on_ping(struct mocket_ws_conn *ws, mocket_span payload)
{
    struct mocket_buf copy = { 0 };
    if (ws->close_sent)
        return;
    copy_payload(&copy, payload);
    int rc = queue_frame(ws, MOCKET_WS_OP_PONG, payload);
    if (!add_note(ws, MOCKET_WS_PING, &copy))
        rc = MOCKET_ENOMEM;
    if (rc == MOCKET_ENOMEM || rc == MOCKET_ELIMIT)
        fail(ws, rc == MOCKET_ELIMIT ? MOCKET_WS_CODE_TRY_LATER : MOCKET_WS_CODE_FAILED);
}

static void on_close(struct mocket_ws_conn *ws, int code, mocket_span reason)
{
    ws->orderly = true;
    queue_close(ws, code, (mocket_span){ 0 });
    end_with(ws, code, reason);
}

/* Messages that cross a close frame of ours are nobody's. */
static void on_data(struct mocket_ws_conn *ws, struct mocket_ws_message *m)
{
    ws->conn->ex->body_in += m->bytes.len;
    if (ws->close_sent)
        mocket__buf_release(&m->bytes);
    else if (!add_note(ws, m->opcode, &m->bytes))
        fail(ws, MOCKET_WS_CODE_FAILED);
}

static void on_message(struct mocket_ws_conn *ws, struct mocket_ws_message *m)
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
static bool decode(struct mocket_ws_conn *ws)
{
    struct mocket_conn *c = ws->conn;
    struct mocket_ws_message m;
    size_t used;
    if (ws->over || !ws->opened || mocket__socket_is_full(ws))
        return false;
    int got = mocket__ws_read(&ws->codec, mocket__input_view(&c->in), &used, &m);
    c->in.start += used;
    if (got > 0)
        on_message(ws, &m);
    else if (got < 0)
        fail(ws, -got);
    else if (c->eof)
        end_with(ws, MOCKET_WS_CODE_LOST, (mocket_span){ 0 }); /* without a close frame */
    return got != 0 || c->eof;
}

void mocket__socket_heard(struct mocket_ws_conn *ws)
{
    ws->heard = true;
    ws->pinged = false;
}

void mocket__socket_silent(struct mocket_conn *c)
{
    struct mocket_ws_conn *ws = c->ws;
    ws->heard = true; /* the time begins anew */
    if (!ws->pinged) {
        ws->pinged = true;
        queue_frame(ws, MOCKET_WS_OP_PING, (mocket_span){ 0 });
    } else {
        queue_close(ws, MOCKET_WS_CODE_GOING_AWAY, (mocket_span){ 0 });
        end_with(ws, MOCKET_WS_CODE_LOST, (mocket_span){ 0 });
    }
    mocket__socket_schedule(ws);
}

/* ---- handlers ---- */

static mocket_span note_data(const struct mocket_ws_note *n)
{
    return n->bytes.len > 0 ? mocket__buf_view(&n->bytes) : (mocket_span){ "", 0 };
}

static void run_handler(void *arg)
{
    struct mocket_ws_conn *ws = arg;
    const struct mocket_ws_note *n = ws->current;
    mocket__socket_event(ws->socket, n->kind, note_data(n), n->code);
    if (n->kind == MOCKET_WS_CLOSED)
        mocket__socket_end(ws->socket);
}

static void run_on_loop(struct mocket_ws_conn *ws, const struct mocket_ws_note *n)
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
static bool note_done(struct mocket_ws_conn *ws)
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
static void run_without_handler(struct mocket_ws_conn *ws, const struct mocket_ws_note *n)
{
    fail(ws, MOCKET_WS_CODE_FAILED);
    if (n->kind == MOCKET_WS_CLOSED)
        mocket__socket_end(ws->socket);
}

enum ran { RAN_ON, RAN_PARKED, RAN_LAST };

static enum ran run_note(struct mocket_ws_conn *ws, struct mocket_ws_note *n)
{
    struct mocket_exchange *ex = ws->conn->ex;
    ws->current = n;
    if (ws->socket->on_event != NULL) {
        run_on_loop(ws, n);
        return note_done(ws) ? RAN_LAST : RAN_ON;
    }
    struct mocket_fibers *fibers = &ws->conn->worker->fibers;
    ex->fiber = (n->kind == MOCKET_WS_CLOSED ? mocket__fiber_must : mocket__fiber_new)(fibers, run_handler, ws);
    if (ex->fiber == NULL)
        run_without_handler(ws, n);
    else if (!mocket__conn_step(ws->conn))
        return RAN_PARKED;
    return note_done(ws) ? RAN_LAST : RAN_ON;
}

/* What a handler is to be told next; NULL: nothing. */
static struct mocket_ws_note *next_note(struct mocket_ws_conn *ws)
{
    if (!ws->opened) {
        ws->opened = true;
        return &ws->open;
    }
    for (;;) {
        if (ws->conn->broken)
            lose(ws);
        if (ws->first != NULL && !ws->held)
            return take_note(ws);
        if (ws->over)
            return &ws->end;
        if (!decode(ws))
            return NULL;
    }
}

/* True: the socket has ended. */
static bool run_notes(struct mocket_ws_conn *ws)
{
    struct mocket_ws_note *n;
    enum ran ran = RAN_ON;
    while (ran == RAN_ON && ws->current == NULL && (n = next_note(ws)) != NULL)
        ran = run_note(ws, n);
    return ran == RAN_LAST;
}

static void tell_writable(struct mocket_ws_conn *ws)
{
    void (*tell)(struct mocket_socket *s) = ws->tell;
    if (tell == NULL || (ws->conn->unsent_len >= SEND_HIGH / 2 && !ws->over))
        return;
    ws->tell = NULL;
    tell(ws->socket);
}

void mocket__socket_work(struct mocket_conn *c)
{
    struct mocket_ws_conn *ws = c->ws;
    bool was_full;
    not_due(ws);
    ws->working = true;
    do {
        if (run_notes(ws))
            return;
        while (ws->current != NULL && decode(ws)) /* pings, and whether the client is still there */
            ;
        was_full = mocket__socket_is_full(ws);
        mocket__output_push(c);
        if (c->wait == MOCKET_WAIT_WRITE && c->unsent_len == 0)
            mocket__conn_wake(c, c->broken ? MOCKET_ECLOSED : 0);
        tell_writable(ws);
        /* What was left in the input is not told of again: there is room for its answers now. */
    } while ((was_full && !mocket__socket_is_full(ws)) || (ws->current == NULL && (c->broken || ws->over)));
    ws->working = false;
    mocket__conn_settle(c);
}

bool mocket__socket_returned(struct mocket_conn *c)
{
    return note_done(c->ws);
}

/* ---- what a handler does ---- */

static int op_send(struct mocket_socket *s, int kind, mocket_span data)
{
    static const int opcodes[] = { [MOCKET_WS_TEXT] = MOCKET_WS_OP_TEXT,
                                   [MOCKET_WS_BINARY] = MOCKET_WS_OP_BINARY,
                                   [MOCKET_WS_PING] = MOCKET_WS_OP_PING,
                                   [MOCKET_WS_PONG] = MOCKET_WS_OP_PONG };
    struct mocket_ws_conn *ws = ws_of(s);
    if (ws->over || ws->conn->broken)
        return MOCKET_ECLOSED;
    if (ws->close_sent)
        return MOCKET_ESTATE;
    if (ws->conn->unsent_len >= SEND_HIGH)
        return MOCKET_EAGAIN;
    return queue_frame(ws, opcodes[kind], data);
}

/* A client that reads as fast as the handler sends must not keep the thread for the two of them. */
static int op_wait(struct mocket_socket *s)
{
    struct mocket_ws_conn *ws = ws_of(s);
    struct mocket_conn *c = ws->conn;
    if (c->ex->fiber == NULL || c->wait != MOCKET_WAIT_NOTHING)
        return MOCKET_ESTATE; /* not this socket's handler */
    mocket__output_push(c);
    if (!ws->over && !c->broken)
        mocket__conn_wait(c, c->unsent_len > 0 ? MOCKET_WAIT_WRITE : MOCKET_WAIT_TURN);
    return ws->over || c->broken ? MOCKET_ECLOSED : 0;
}

static int op_close(struct mocket_socket *s, int code, mocket_span reason)
{
    struct mocket_ws_conn *ws = ws_of(s);
    if (ws->over || ws->conn->broken)
        return MOCKET_ECLOSED;
    queue_close(ws, code, reason);
    return 0;
}

static int op_subscribe(struct mocket_socket *s, mocket_span topic, bool on)
{
    struct mocket_ws_conn *ws = ws_of(s);
    struct mocket_topics *topics = &ws->conn->worker->topics;
    if (on)
        return mocket__topics_subscribe(topics, &ws->subscriber, topic);
    mocket__topics_unsubscribe(topics, &ws->subscriber, topic);
    return 0;
}

/* ---- what is published ---- */

/* Messages that it has not begun to get make room for the close frame that tells why. */
static void too_slow(struct mocket_ws_conn *ws)
{
    mocket__output_forget(ws->conn);
    fail(ws, MOCKET_WS_CODE_TRY_LATER);
}

static void deliver(struct mocket_subscriber *s, struct mocket_published *p)
{
    struct mocket_ws_conn *ws = MOCKET_CONTAINER_OF(s, struct mocket_ws_conn, subscriber);
    struct mocket_conn *c = ws->conn;
    if (ws->over || ws->close_sent || c->broken)
        return;
    if (c->unsent_len > 0 && c->unsent_len + p->frame.len > most_backlog(ws))
        mocket__output_push(c);
    if (c->broken)
        return;
    if (c->unsent_len > 0 && c->unsent_len + p->frame.len > most_backlog(ws)) {
        too_slow(ws);
        return;
    }
    int rc = mocket__output_share(c, p);
    if (rc == 0) {
        c->ex->body_out += p->payload_len;
        mocket__socket_schedule(ws);
    } else if (rc == MOCKET_ELIMIT) {
        too_slow(ws);
    } else {
        mocket__conn_break(c); /* a message that is lost must not pass unnoticed */
    }
}

void mocket__sockets_mail(struct mocket_native_worker *w)
{
    mocket__topics_deliver(&w->topics, deliver);
}

void mocket__sockets_due(struct mocket_native_worker *w)
{
    struct mocket_ws_conn *ws;
    while ((ws = w->due_sockets.first) != NULL)
        mocket__socket_work(ws->conn);
}

void mocket__sockets_stop(struct mocket_native_worker *w)
{
    for (struct mocket_ws_conn *ws = w->sockets.first; ws != NULL; ws = ws->all.next) {
        ws->socket->closing = true;
        queue_close(ws, MOCKET_WS_CODE_GOING_AWAY, (mocket_span){ 0 });
    }
}

/* ---- the handshake ---- */

/* The way of the first bytes is the answers' own: what was answered before is in it. */
static int send_answer(struct mocket_conn *c, const struct mocket_response_head *head)
{
    static const mocket_span name = { "sec-websocket-key", 17 };
    size_t at = 0;
    const struct mocket_field *key = mocket__fields_next(&c->ex->req.message.fields, name, &at);
    mocket__ws_write_answer(&c->worker->out, key->value, head->fields);
    mocket__output_flush(c);
    return c->broken ? MOCKET_ECLOSED : 0;
}

int mocket__socket_upgrade(struct mocket_conn *c, const struct mocket_response_head *head, struct mocket_socket *s)
{
    static const struct mocket_socket_ops ops = { op_send, op_wait, op_close, op_subscribe };
    struct mocket_exchange *ex = c->ex;
    struct mocket_native_worker *w = c->worker;
    if (mocket__worker_stopping(w))
        return MOCKET_ELIMIT;
    if (ex->pinned.ptr != NULL) /* there was no memory to move the head; who has a body is no handshake */
        return MOCKET_ENOMEM;
    struct mocket_ws_conn *ws = mocket__arena_zero(&ex->arena, sizeof(*ws));
    if (ws == NULL)
        return MOCKET_ENOMEM;
    int rc = send_answer(c, head);
    if (rc < 0)
        return rc;
    ws->conn = c;
    ws->socket = s;
    ws->heard = true;
    mocket__ws_init(&ws->codec, &w->ws_machines, mocket__app_setting(w->server->app, MOCKET_MAX_MESSAGE));
    ws->codec.payload.till = w->till;
    ws->codec.payload.part = MOCKET_CHARGE_SOCKETS;
    append(&w->sockets, ws, ALL);
    s->backend = ws;
    s->ops = &ops;
    ex->status = head->status;
    c->ws = ws;
    return 0;
}

/* ---- for the host ---- */

void mocket__native_ws_hold(struct mocket_socket *s, bool hold)
{
    struct mocket_ws_conn *ws = ws_of(s);
    ws->held = hold;
    if (!hold)
        mocket__socket_schedule(ws);
    else if (ws->over)
        drop_notes(ws);
}

size_t mocket__native_ws_backlog(const struct mocket_socket *s)
{
    return ws_of(s)->conn->unsent_len;
}

void mocket__native_ws_when_writable(struct mocket_socket *s, void (*tell)(struct mocket_socket *s))
{
    struct mocket_ws_conn *ws = ws_of(s);
    ws->tell = tell;
    mocket__socket_schedule(ws);
}
