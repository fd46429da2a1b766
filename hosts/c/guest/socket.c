/* Between a native socket, whose events come on the loop's stack whenever they like, and an instance, which is entered
 * for one thing at a time. So an event is copied and becomes a job; when the instance is free it runs there and then.
 * What the guest does goes straight to the native socket, or, before that is open, waits in a queue of records.
 *
 * What must stay true: kind 4 is the last job of a socket and comes exactly once, whichever way it ended (the client
 * left, the handshake failed, the guest closed it); the server may call back below any of its functions, so what this
 * file knows is settled before it calls one. */
#include "socket.h"

#include <string.h>

#include "../../../src/base/memory.h"
#include "../../../src/base/span.h"
#include "../../../src/http/websocket.h"
#include "imports.h"
#include "operation.h"
#include "place.h"
#include "span.h"
#include "worker.h"

#define EVENT_BYTES_MAX 262144u        /* of messages that wait for the guest, beyond the first one */
#define INSTANCE_BYTES_MAX (16u << 20) /* the same, of all sockets of an instance */
#define QUEUED_MAX 262144u             /* bytes of what waits for the handshake, beyond the first message */
#define SEND_LEAST (INT64_C(1) << 20)

/* ---- Life ---- */

static void count_in(struct guest_instance *i, struct guest_socket *s)
{
    s->instance = i;
    s->worker = i->worker;
    s->previous = NULL;
    s->next = i->sockets;
    if (s->next)
        s->next->previous = s;
    i->sockets = s;
    guest_place_take(i);
    guest_count(i->log->stats, GUEST_STAT_SOCKETS, 1);
}

static void free_socket(struct guest_socket *s)
{
    guest_count(s->worker->log.stats, GUEST_STAT_SOCKETS, -1);
    atomic_fetch_sub(&s->worker->program->sockets_open, 1);
    mocket__buf_release(&s->queued);
    mocket__free(s);
}

/* The inside leaves; the socket itself is gone if the outside has left before. */
static void leave_inside(struct guest_socket *s)
{
    struct guest_instance *i = s->instance;
    guest_owner_release(&s->owner);
    guest_handle_end(&i->handles, s->owner.number);
    *(s->previous ? &s->previous->next : &i->sockets) = s->next;
    if (s->next)
        s->next->previous = s->previous;
    guest_place_leave(i);
    s->instance = NULL;
    if (!s->outside)
        free_socket(s);
}

/* ---- Events, on their way to the guest ---- */

static void add_event(struct guest_event *ev, struct guest_socket *s)
{
    ev->job.kind = GUEST_JOB_EVENT;
    ev->socket = s;
    guest_instance_add(s->instance, &ev->job);
}

/* From the host's side, for a failure of its own or of the guest. */
static void fail(struct guest_socket *s, int code)
{
    if (s->closing || s->closed)
        return;
    s->closing = true;
    s->failure = code;
    if (s->native)
        s->native->ops->close(s->native, code, MOCKET_SPAN(""));
}

/* Whether it is read from. */
static void hold(struct guest_socket *s, bool on)
{
    if (!s->native || s->held == on)
        return;
    s->held = on;
    mocket__native_ws_hold(s->native, on);
}

static void hold_all(struct guest_instance *i)
{
    i->sockets_held = true;
    for (struct guest_socket *s = i->sockets; s; s = s->next)
        hold(s, true);
}

static bool is_much(const struct guest_socket *s)
{
    return s->event_count >= GUEST_EVENTS_MAX || s->event_bytes >= EVENT_BYTES_MAX;
}

static void add_message(struct guest_socket *s, int kind, mocket_span data)
{
    if (kind == MOCKET_WS_PING && is_much(s))
        return; /* it was answered already */
    struct mocket_till *till = s->worker->log.till;
    if (!mocket__till_take(till, MOCKET_CHARGE_SOCKETS, sizeof(struct guest_event) + data.len)) {
        guest_log_full(&s->worker->log);
        fail(s, MOCKET_WS_CODE_TRY_LATER);
        return;
    }
    struct guest_event *ev = data.len <= UINT32_MAX / 2 ? mocket__realloc(NULL, sizeof *ev + data.len) : NULL;
    if (!ev) {
        mocket__till_give(till, MOCKET_CHARGE_SOCKETS, sizeof *ev + data.len);
        fail(s, MOCKET_WS_CODE_FAILED);
        return;
    }
    *ev = (struct guest_event){ .kind = kind, .len = (uint32_t)data.len, .data = (char *)(ev + 1) };
    if (data.len > 0)
        memcpy(ev + 1, data.ptr, data.len);
    s->event_count++;
    s->event_bytes += data.len;
    s->instance->event_bytes += data.len;
    add_event(ev, s);
    if (kind != MOCKET_WS_PING)
        guest_count(s->worker->log.stats, GUEST_STAT_MESSAGES_IN, 1);
    if (is_much(s))
        hold(s, true);
    if (s->instance->event_bytes >= INSTANCE_BYTES_MAX && !s->instance->sockets_held)
        hold_all(s->instance);
}

static void read_on(struct guest_socket *s)
{
    if (s->event_count <= GUEST_EVENTS_MAX / 2 && s->event_bytes < EVENT_BYTES_MAX)
        hold(s, false);
}

/* A message of this one waits no longer. */
static void read_more(struct guest_socket *s)
{
    struct guest_instance *i = s->instance;
    if (!i->sockets_held) {
        read_on(s);
        return;
    }
    if (i->event_bytes > INSTANCE_BYTES_MAX / 2)
        return;
    i->sockets_held = false;
    for (s = i->sockets; s; s = s->next)
        read_on(s);
}

static void free_event(struct guest_event *ev)
{
    struct guest_socket *s = ev->socket;
    if (ev == &s->open || ev == &s->last)
        return;
    s->event_count--;
    s->event_bytes -= ev->len;
    s->instance->event_bytes -= ev->len;
    mocket__till_give(s->worker->log.till, MOCKET_CHARGE_SOCKETS, sizeof *ev + ev->len);
    mocket__free(ev);
}

/* What it waits for ends, and so does the call under way, or nearly so. */
static void die(struct guest_socket *s, int code)
{
    struct guest_instance *i = s->instance;
    s->owner.death = code;
    if (i->event && i->event->socket == s) {
        s->end_ns = mocket__deadline_first(s->end_ns, guest_now_ns() + GUEST_GRACE_NS);
        s->overdue = true;
    }
    guest_owner_die(&s->owner, code);
    guest_worker_schedule(i);
}

static void closed(struct guest_socket *s, int code, mocket_span reason)
{
    s->closed = true;
    s->native = NULL;
    mocket__buf_release(&s->queued);
    if (!s->instance)
        return;
    if (reason.len > MOCKET_CLOSE_REASON_MAX)
        reason.len = MOCKET_CLOSE_REASON_MAX;
    uint32_t len = (uint32_t)mocket__abi_closed_encode(code, reason, s->last_data);
    s->last = (struct guest_event){ .kind = MOCKET_WS_CLOSED, .len = len, .data = s->last_data };
    die(s, MOCKET_ECLOSED);
    add_event(&s->last, s); /* behind the operations that ended */
}

/* ---- What the guest does, on its way to the client ---- */

enum act { ACT_SEND, ACT_CLOSE, ACT_SUBSCRIBE, ACT_UNSUBSCRIBE };

struct record {
    uint32_t act;
    int32_t number; /* kind or code */
    uint64_t len;   /* of the data behind it */
};

static void on_writable(struct mocket_socket *native);

static int do_now(struct guest_socket *s, enum act what, int number, mocket_span data)
{
    struct mocket_socket *native = s->native;
    int rc;
    switch (what) {
    case ACT_SEND:
        rc = native->ops->send(native, number, data);
        if (rc != MOCKET_EAGAIN)
            return rc;
        s->full = true;
        mocket__native_ws_when_writable(native, on_writable);
        return rc;
    case ACT_CLOSE:
        return native->ops->close(native, number, data);
    default:
        return native->ops->subscribe(native, data, what == ACT_SUBSCRIBE);
    }
}

static int do_later(struct guest_socket *s, enum act what, int number, mocket_span data)
{
    struct record record = { what, number, data.len };
    bool topic = what == ACT_SUBSCRIBE || what == ACT_UNSUBSCRIBE;
    if (topic && s->topics_queued >= MOCKET_TOPICS_MAX)
        return MOCKET_ELIMIT;
    if (what == ACT_SEND && s->queued.len > 0 && s->queued.len + sizeof record + data.len > QUEUED_MAX)
        return MOCKET_EAGAIN;
    if (!mocket__buf_room(&s->queued, sizeof record + data.len)) {
        int rc = s->queued.status == MOCKET_ELIMIT ? MOCKET_ELIMIT : MOCKET_ENOMEM;
        s->queued.status = 0;
        return rc;
    }
    mocket__buf_add(&s->queued, (const char *)&record, sizeof record);
    mocket__buf_span(&s->queued, data);
    s->topics_queued += topic;
    return 0;
}

static int act(struct guest_socket *s, enum act what, int number, mocket_span data)
{
    return s->native && s->queued.len == 0 ? do_now(s, what, number, data) : do_later(s, what, number, data);
}

/* What waited, as far as the client takes it. It may leave meanwhile. */
static void flush(struct guest_socket *s)
{
    struct record record;
    while (s->native && s->queued.len > 0) {
        memcpy(&record, s->queued.ptr, sizeof record);
        mocket_span data = { s->queued.ptr + sizeof record, (size_t)record.len };
        int rc = do_now(s, (enum act)record.act, record.number, data);
        if (rc == MOCKET_EAGAIN)
            return;
        if (s->closed)
            return;
        mocket__buf_consume(&s->queued, sizeof record + (size_t)record.len);
        if (rc < 0 && rc != MOCKET_ECLOSED)
            fail(s, rc == MOCKET_ELIMIT && record.act == ACT_SEND ? MOCKET_WS_CODE_TRY_LATER : MOCKET_WS_CODE_FAILED);
    }
    mocket__buf_release(&s->queued);
    s->topics_queued = 0;
}

static bool has_room(const struct guest_socket *s)
{
    return !s->full && s->queued.len < QUEUED_MAX;
}

static void tell_room(struct guest_socket *s)
{
    if (s->instance && has_room(s))
        guest_ops_end(s->owner.ops, GUEST_OP_SEND, 0);
}

/* ---- The outside ---- */

/* What the native server knows of a socket. */
struct outside {
    struct mocket_socket socket;
    struct guest_socket *inside;
};

static void on_writable(struct mocket_socket *native)
{
    struct guest_socket *s = ((struct outside *)native)->inside;
    s->full = false;
    flush(s);
    tell_room(s);
}

static void opened(struct guest_socket *s, struct mocket_socket *native)
{
    s->native = native;
    if (!s->instance || s->failure) {
        native->ops->close(native, s->failure ? s->failure : MOCKET_WS_CODE_FAILED, MOCKET_SPAN(""));
        return;
    }
    add_event(&s->open, s);
    hold(s, s->instance->sockets_held);
    flush(s);
    tell_room(s);
}

static void on_event(struct mocket_socket *native, int kind, mocket_span data, int code)
{
    struct guest_socket *s = ((struct outside *)native)->inside;
    if (kind == MOCKET_WS_OPEN)
        opened(s, native);
    else if (kind == MOCKET_WS_CLOSED)
        closed(s, code, data);
    else if (s->instance && !s->closed)
        add_message(s, kind, data);
    if (s->instance)
        guest_worker_event(s->instance);
}

void guest_socket_disown(struct guest_socket *s)
{
    s->outside = false;
    if (!s->closed)
        closed(s, MOCKET_WS_CODE_LOST, MOCKET_SPAN(""));
    if (!s->instance)
        free_socket(s);
}

/* The event has ended: after the last of the socket's, or because there will be none. */
static void on_over(void *ptr)
{
    guest_socket_disown(ptr);
}

int guest_socket_hand_over(struct guest_socket *s, mocket_event *e)
{
    struct outside *o = mocket__arena_zero(e->req->arena, sizeof *o);
    if (!o) {
        guest_socket_disown(s);
        return MOCKET_ENOMEM;
    }
    o->inside = s;
    o->socket.event = e;
    o->socket.on_event = on_event;
    e->res->status = 101;
    e->res->socket = &o->socket;
    e->res->kind = MOCKET_BODY_UPGRADE;
    mocket_defer(e, on_over, s); /* without memory it has run already, and the event fails */
    return 0;
}

/* ---- The inside ---- */

void guest_socket_begin(struct guest_event *ev)
{
    struct guest_socket *s = ev->socket;
    s->end_ns = mocket__deadline_after(guest_now_ns(), mocket__limit_ns(s->worker->program->timeout_ms));
    s->overdue = false;
    s->worker->calls++;
}

bool guest_socket_pass_in(struct guest_instance *i, struct guest_event *ev, uint32_t at)
{
    struct guest_bytes room;
    if (at == 0) {
        guest_request_log(i, NULL, MOCKET_LOG_WARN,
                          MOCKET_SPAN("mocket_alloc returned 0: the guest is out of memory for a WebSocket's event"));
        fail(ev->socket, MOCKET_WS_CODE_FAILED);
        ev->len = ev->kind == MOCKET_WS_CLOSED ? 0 : ev->len; /* that one comes in any case, without its data */
        return ev->kind == MOCKET_WS_CLOSED;
    }
    if (at % 8 != 0 || guest_span(i, at, ev->len, &room) < 0) {
        i->broken = true;
        guest_request_log(
            i, NULL, MOCKET_LOG_ERROR,
            MOCKET_SPAN("mocket_alloc returned an address that is not 8-aligned or outside of the memory"));
        return false;
    }
    memcpy(room.ptr, ev->data, ev->len);
    return true;
}

void guest_socket_end(struct guest_event *ev)
{
    struct guest_socket *s = ev->socket;
    bool last = ev == &s->last;
    s->worker->calls--;
    free_event(ev);
    if (last) {
        leave_inside(s);
        return;
    }
    if (!s->closed)
        s->owner.death = 0;
    read_more(s);
}

void guest_socket_overdue(struct guest_socket *s)
{
    s->end_ns = MOCKET_NEVER;
    die(s, s->closed ? MOCKET_ECLOSED : MOCKET_ETIMEDOUT);
}

static void drop_events(struct guest_instance *i)
{
    struct guest_job *next;
    if (i->event) {
        i->event->socket->worker->calls--;
        free_event(i->event);
        i->event = NULL;
    }
    for (struct guest_job *job = i->first_job; job; job = next) {
        next = job->next;
        if (job->kind != GUEST_JOB_EVENT)
            continue;
        guest_instance_remove(i, job);
        free_event(MOCKET_CONTAINER_OF(job, struct guest_event, job));
    }
}

void guest_sockets_abandon(struct guest_instance *i, int code)
{
    drop_events(i);
    while (i->sockets) {
        struct guest_socket *s = i->sockets;
        bool outside = s->outside;
        leave_inside(s);
        if (!outside)
            continue;
        fail(s, code);
        hold(s, false); /* else the client's answer to that is not read */
    }
}

/* ---- Imports ---- */

static const char *answer(union engine_slot *slots, int code)
{
    slots[0].i64 = 0;
    slots[0].i32 = code;
    return NULL;
}

static struct guest_socket *socket_of(const struct guest_instance *i, int32_t number)
{
    return guest_handle_get(&i->handles, number, GUEST_HANDLE_SOCKET);
}

static int state_of(const struct guest_socket *s)
{
    return s->closed ? MOCKET_ECLOSED : s->closing ? MOCKET_ESTATE : 0;
}

static int span_of(const struct guest_instance *i, uint32_t at, uint32_t len, mocket_span *out)
{
    struct guest_bytes bytes;
    int rc = guest_span(i, at, len, &bytes);
    if (rc == 0)
        *out = (mocket_span){ (const char *)bytes.ptr, bytes.len };
    return rc;
}

/* What belongs to the connection and the handshake is the host's, but for a protocol that the client offered. */
static int check_fields(const struct mocket_message *message, struct mocket_fields *f)
{
    size_t kept = 0, protocols = 0;
    for (size_t n = 0; n < f->count; n++) {
        mocket_span name = f->rows[n].name;
        bool protocol = mocket__span_ieq(name, MOCKET_SPAN("sec-websocket-protocol"));
        bool handshake = mocket__span_ieq(mocket__span_slice(name, 0, 14), MOCKET_SPAN("sec-websocket-"));
        if (protocol && (protocols++ > 0 || !mocket__ws_offers(message, f->rows[n].value)))
            return MOCKET_EINVAL;
        if (mocket__is_hop_by_hop(name) || (handshake && !protocol) ||
            mocket__span_ieq(name, MOCKET_SPAN("content-length")))
            continue;
        f->rows[kept++] = f->rows[n];
    }
    f->count = kept;
    return 0;
}

static bool reserve(struct guest_program *p)
{
    if (atomic_fetch_add(&p->sockets_open, 1) < p->sockets_max)
        return true;
    atomic_fetch_sub(&p->sockets_open, 1);
    return false;
}

static int32_t refuse(struct guest_instance *i, mocket_span why)
{
    guest_log_seldom(i->log, &i->log->refused_ns, MOCKET_LOG_WARN, why);
    return MOCKET_ELIMIT;
}

/* A socket of the request's instance, or MOCKET_ELIMIT, MOCKET_ENOMEM. */
static int32_t open_socket(struct guest_instance *i, struct guest_request *r, struct guest_socket **out)
{
    if (!guest_place_for_socket(i))
        return refuse(
            i, MOCKET_SPAN(
                   "WebSocket refused: its instance has no place for another one (--sockets-each, --max-instances)"));
    if (!reserve(i->program))
        return refuse(i, MOCKET_SPAN("WebSocket refused: the limit of open WebSockets is reached (--max-sockets)"));
    struct guest_socket *s = mocket__new(sizeof *s);
    int32_t number = s ? guest_handle_open(&i->handles, GUEST_HANDLE_SOCKET, s) : MOCKET_ENOMEM;
    if (number < 0) {
        mocket__free(s);
        atomic_fetch_sub(&i->program->sockets_open, 1);
        return number;
    }
    s->owner.kind = GUEST_HANDLE_SOCKET;
    s->owner.number = number;
    s->outside = true;
    s->queued.till = i->log->till;
    s->queued.part = MOCKET_CHARGE_SOCKETS;
    s->kind = guest_pace_kind_of_socket(r->kind);
    count_in(i, s);
    *out = s;
    return number;
}

/* ws_accept(req, head, head_len) -> ws */
const char *guest_import_ws_accept(void *data, union engine_slot *slots)
{
    struct guest_instance *i = data;
    struct guest_request *r = guest_handle_get(&i->handles, slots[0].i32, GUEST_HANDLE_REQUEST);
    struct guest_answer head = { .head = slots[1].u32, .head_len = slots[2].u32, .upgrade = true };
    struct mocket_fields fields = { 0 };
    struct guest_socket *s = NULL;
    if (!r)
        return answer(slots, MOCKET_EHANDLE);
    if (!i->program->module->has[GUEST_WS])
        return answer(slots, MOCKET_ENOTSUP);
    int32_t rc = guest_request_take_head(i, r, &head, &fields);
    if (rc == 0)
        rc = mocket__ws_check(r->message) ? MOCKET_EINVAL : check_fields(r->message, &fields);
    if (rc == 0)
        rc = open_socket(i, r, &s);
    if (rc > 0)
        guest_request_upgrade(r, &fields, s);
    return answer(slots, rc);
}

/* What a guest may send at once. */
static int check_size(const struct guest_instance *i, mocket_span data)
{
    int64_t most = i->program->message_max;
    return most >= 0 && data.len > (uint64_t)(most > SEND_LEAST ? most : SEND_LEAST) ? MOCKET_ETOOBIG : 0;
}

/* ws_send(ws, kind, ptr, len) -> status */
const char *guest_import_ws_send(void *data, union engine_slot *slots)
{
    struct guest_instance *i = data;
    struct guest_socket *s = socket_of(i, slots[0].i32);
    mocket_span bytes;
    int kind = slots[1].i32, rc = s ? span_of(i, slots[2].u32, slots[3].u32, &bytes) : MOCKET_EHANDLE;
    if (rc == 0)
        rc = check_size(i, bytes);
    if (rc == 0)
        rc = mocket__ws_check_message(kind, bytes);
    if (rc == 0)
        rc = state_of(s);
    if (rc == 0)
        rc = s->full ? MOCKET_EAGAIN : act(s, ACT_SEND, kind, bytes);
    if (rc == 0)
        guest_count(i->log->stats, GUEST_STAT_MESSAGES_OUT, 1);
    return answer(slots, rc);
}

/* ws_close(ws, code, reason, reason_len) -> status; code 0: none */
const char *guest_import_ws_close(void *data, union engine_slot *slots)
{
    struct guest_instance *i = data;
    struct guest_socket *s = socket_of(i, slots[0].i32);
    mocket_span reason;
    int code = slots[1].i32, rc = s ? span_of(i, slots[2].u32, slots[3].u32, &reason) : MOCKET_EHANDLE;
    if (rc < 0)
        return answer(slots, rc);
    if (mocket__ws_check_close(code, reason) < 0)
        return answer(slots, MOCKET_EINVAL);
    rc = state_of(s);
    if (rc < 0)
        return answer(slots, rc);
    s->closing = true;
    rc = act(s, ACT_CLOSE, code, reason);
    if (rc == MOCKET_ENOMEM || rc == MOCKET_ELIMIT)
        s->closing = false;
    return answer(slots, rc);
}

static const char *change_topic(struct guest_instance *i, union engine_slot *slots, enum act what)
{
    struct guest_socket *s = socket_of(i, slots[0].i32);
    mocket_span topic;
    int rc = s ? span_of(i, slots[1].u32, slots[2].u32, &topic) : MOCKET_EHANDLE;
    if (rc == 0)
        rc = mocket__ws_check_topic(topic);
    if (rc == 0)
        rc = state_of(s);
    return answer(slots, rc < 0 ? rc : act(s, what, 0, topic));
}

/* ws_subscribe(ws, topic, topic_len) -> status */
const char *guest_import_ws_subscribe(void *data, union engine_slot *slots)
{
    return change_topic(data, slots, ACT_SUBSCRIBE);
}

/* ws_unsubscribe(ws, topic, topic_len) -> status */
const char *guest_import_ws_unsubscribe(void *data, union engine_slot *slots)
{
    return change_topic(data, slots, ACT_UNSUBSCRIBE);
}

/* publish(topic, topic_len, kind, ptr, len) -> status */
const char *guest_import_publish(void *data, union engine_slot *slots)
{
    struct guest_instance *i = data;
    mocket_span topic, bytes;
    int kind = slots[2].i32, rc = span_of(i, slots[0].u32, slots[1].u32, &topic);
    if (rc == 0)
        rc = span_of(i, slots[3].u32, slots[4].u32, &bytes);
    if (rc == 0)
        rc = mocket__ws_check_publish(topic, kind, bytes);
    if (rc == 0)
        rc = check_size(i, bytes);
    if (rc == 0 && i->program->app)
        rc = mocket__publish(i->program->app, topic, kind, bytes); /* before there is an app nobody has subscribed */
    if (rc == 0)
        guest_count(i->log->stats, GUEST_STAT_PUBLISHED, 1);
    return answer(slots, rc);
}

int32_t guest_socket_ready(struct guest_instance *i, int32_t ws, uint32_t direction)
{
    struct guest_socket *s = socket_of(i, ws);
    struct guest_op *op;
    if (!s)
        return MOCKET_EHANDLE;
    if (direction != 1)
        return MOCKET_EINVAL;
    if (state_of(s) == MOCKET_ESTATE)
        return MOCKET_ESTATE;
    int32_t number = guest_op_begin(i, &s->owner, GUEST_OP_SEND, &op);
    if (number > 0 && (s->owner.death || has_room(s)))
        guest_op_end(op, s->owner.death);
    return number;
}
