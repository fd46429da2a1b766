/* What the guest does goes straight to the port. Ends of operations come from wait.c, which asks here. */
#include "fetch.h"

#include "../../../src/abi/codec.h"
#include "../../../src/base/deadline.h"
#include "../../../src/base/memory.h"
#include "../../../src/base/span.h"
#include "../../../src/http/url.h"
#include "operation.h"
#include "redirect.h"
#include "source.h"

#define EXCHANGES_EACH 256u /* of one owner */
#define EXCHANGES_MAX 1024u /* of the instance */
#define USER_AGENT "mocket"

/* ---- The end ---- */

static void end_exchange(struct adapter_outgoing *o)
{
    if (o->open)
        port_fetch_drop(o);
    o->open = false;
}

/* Ends operations of one kind, or of all kinds. */
static void abandon(struct adapter_outgoing *o, enum adapter_wait_kind kind, bool all, int32_t code)
{
    for (struct adapter_operation *op = o->owner->operations; op; op = op->next) {
        if (op->wait.outgoing != o || (op->wait.kind != kind && !all))
            continue;
        op->wait.outgoing = NULL;
        if (op->ended && op->wait.kind == ADAPTER_WAIT_HEAD && op->result == 0)
            op->result = code;
        adapter_operation_end(o->adapter, op, code);
    }
}

static void close_handle(struct adapter_outgoing *o, int32_t *number)
{
    if (*number > 0)
        guest_handle_end(&o->adapter->handles, *number);
    *number = 0;
}

void adapter_fetch_release(struct adapter_outgoing *o)
{
    abandon(o, ADAPTER_WAIT_HEAD, false, MOCKET_ECLOSED);
    abandon(o, ADAPTER_WAIT_HEAD, true, MOCKET_EHANDLE);
    end_exchange(o);
    close_handle(o, &o->number);
    close_handle(o, &o->response);
    mocket__list_remove(&o->owner->outgoing, &o->link);
    o->owner->outgoing_count--;
    o->adapter->outgoing_count--;
    adapter_source_release(&o->reply);
    mocket__arena_release(&o->arena);
    mocket__free(o);
}

static void fail(struct adapter_outgoing *o, int code)
{
    end_exchange(o);
    o->stopped = true;
    if (o->state == ADAPTER_SENDING) {
        o->state = ADAPTER_FAILED;
        o->error = code;
    } else {
        adapter_source_fail(&o->reply, code);
    }
}

static void drop_request(struct adapter_outgoing *o)
{
    if (o->response == 0) {
        adapter_fetch_release(o);
        return;
    }
    abandon(o, ADAPTER_WAIT_FETCH_WRITE, false, MOCKET_EHANDLE);
    close_handle(o, &o->number);
    if (!o->streams || o->finished)
        return;
    abandon(o, ADAPTER_WAIT_FETCH_READ, false, MOCKET_ECLOSED);
    mocket__buf_reset(&o->reply.bytes);
    o->reply.taken = 0;
    o->reply.ended = false;
    o->reply.error = MOCKET_ECLOSED;
    o->aborted = true;
    end_exchange(o);
}

void adapter_fetch_drop(struct adapter *a, int32_t number)
{
    struct adapter_outgoing *request = guest_handle_get(&a->handles, number, GUEST_HANDLE_OUTGOING);
    struct adapter_outgoing *response = guest_handle_get(&a->handles, number, GUEST_HANDLE_RESPONSE);
    if (request)
        drop_request(request);
    else if (response)
        adapter_fetch_release(response);
}

/* ---- The beginning ---- */

static uint64_t now_ns(void)
{
    return port_now_ns(MOCKET_ABI_MONOTONIC);
}

static uint64_t limit_ns(const struct adapter_outgoing *o)
{
    uint32_t ms = o->request.timeout_ms ? o->request.timeout_ms : MOCKET_OUTGOING_TIMEOUT_MS;
    return mocket__deadline_after(now_ns(), mocket__limit_ns(ms));
}

static void touch(struct adapter_outgoing *o)
{
    if (o->state != ADAPTER_SENDING)
        o->deadline_ns = mocket__deadline_after(now_ns(), mocket__limit_ns(MOCKET_OUTGOING_TIMEOUT_MS));
}

static int copy_in(struct adapter_outgoing *o, struct adapter_range from, mocket_span *out)
{
    if (!app_fits(from.at, from.len))
        return MOCKET_EFAULT;
    char *copy = mocket__arena_alloc(&o->arena, from.len);
    if (!copy)
        return MOCKET_ENOMEM;
    app_load(copy, from.at, from.len);
    *out = (mocket_span){ copy, from.len };
    return 0;
}

static int take_head(struct adapter_outgoing *o, struct adapter_range from)
{
    mocket_span head;
    size_t at = 0;
    if (from.len > MOCKET_ABI_HEAD_MAX || (from.len > 0 && from.at % sizeof(uint32_t) != 0))
        return MOCKET_EINVAL;
    int rc = copy_in(o, from, &head);
    if (rc == 0)
        rc = mocket__abi_fetch_decode(head, &o->arena, &o->request);
    if (rc == 0 && !mocket__has_url_bytes(o->request.url))
        rc = MOCKET_EINVAL;
    if (rc == 0)
        rc = adapter_url_set(o, o->request.url);
    struct mocket_fields *f = &o->request.fields;
    for (size_t i = 0; i < f->count; i++)
        f->rows[i].value = mocket__span_trim(f->rows[i].value);
    if (rc == 0 && !mocket__fields_next(f, MOCKET_SPAN("user-agent"), &at))
        rc = mocket__fields_add(f, &o->arena, MOCKET_SPAN("user-agent"), MOCKET_SPAN(USER_AGENT));
    return rc;
}

static int take_body(struct adapter_outgoing *o, const struct adapter_fetch_call *call)
{
    o->streams = o->sends_body = call->streams;
    o->finished = !call->streams;
    o->to_send = call->streams ? o->request.body_len : -1;
    if (call->streams)
        return 0;
    o->request.body_len = call->body.len;
    o->sends_body = call->body.len > 0;
    return call->body.len > 0 ? copy_in(o, call->body, &o->body) : 0;
}

static int start(struct adapter_outgoing *o)
{
    int rc = port_fetch(o);
    o->open = rc == 0;
    if (rc < 0)
        port_fetch_drop(o);
    return rc;
}

static struct adapter_outgoing *new_outgoing(struct adapter *a, struct adapter_owner *owner)
{
    struct adapter_outgoing *o = mocket__new(sizeof *o);
    if (!o)
        return NULL;
    o->adapter = a;
    o->owner = owner;
    mocket__arena_init(&o->arena, 0);
    o->arena.till = a->till;
    o->arena.part = MOCKET_CHARGE_OUTGOING;
    mocket__list_prepend(&owner->outgoing, &o->link);
    owner->outgoing_count++;
    a->outgoing_count++;
    return o;
}

int32_t adapter_fetch_begin(struct adapter *a, int32_t number, const struct adapter_fetch_call *call)
{
    struct adapter_owner *owner = adapter_owner_get(a, number);
    if (!owner || owner->death)
        return owner ? owner->death : MOCKET_EHANDLE;
    if (owner->outgoing_count >= EXCHANGES_EACH || a->outgoing_count >= EXCHANGES_MAX)
        return MOCKET_ELIMIT;
    struct adapter_outgoing *o = new_outgoing(a, owner);
    if (!o)
        return MOCKET_ENOMEM;
    int rc = take_head(o, call->head);
    if (rc == 0)
        rc = take_body(o, call);
    if (rc == 0 && (o->number = guest_handle_open(&a->handles, GUEST_HANDLE_OUTGOING, o)) < 0)
        rc = o->number;
    if (rc == 0)
        rc = start(o);
    if (rc < 0) {
        adapter_fetch_release(o);
        return rc == MOCKET_ENOMEM ? MOCKET_ELIMIT : rc;
    }
    o->deadline_ns = limit_ns(o);
    return o->number;
}

/* ---- The response ---- */

/* An idempotent request whose connection broke before any response is sent once more. */
static bool repeat(struct adapter_outgoing *o, int code)
{
    bool may = o->request.retry || mocket__method_is_idempotent(o->request.method);
    if (code != MOCKET_ECLOSED || o->repeated || o->streams || !may)
        return false;
    o->repeated = true;
    end_exchange(o);
    return start(o) == 0;
}

/* Follows a redirect. Returns whether the request goes on. */
static bool follow(struct adapter_outgoing *o)
{
    int rc = adapter_redirect(o);
    if (rc > 0) {
        end_exchange(o);
        rc = start(o);
        if (rc == 0)
            return true;
    }
    if (rc < 0)
        fail(o, rc == MOCKET_EINVAL ? MOCKET_EIO : rc);
    return false;
}

/* A response without a body may declare the length that its body would have (RFC 9110, section 8.6). */
static int64_t declared_length(const struct adapter_outgoing *o)
{
    bool bodyless = o->status == 204 || o->status == 304 || mocket__method_of(o->request.method) == MOCKET_METHOD_HEAD;
    return bodyless ? -1 : mocket__fields_len(&o->fields);
}

static void become_headed(struct adapter_outgoing *o)
{
    o->state = ADAPTER_HEADED;
    mocket__fields_drop_hop_by_hop(&o->fields);
    adapter_source_init(&o->reply, MOCKET_UNLIMITED, declared_length(o), o->adapter->till);
    touch(o);
}

static void look(struct adapter_outgoing *o)
{
    while (o->state == ADAPTER_SENDING) {
        int rc = port_fetch_head(o);
        if (rc == MOCKET_EAGAIN || (rc < 0 && repeat(o, rc)))
            return;
        if (rc == 0 && (o->status == 101 || o->status < 200 || o->status > 999))
            rc = MOCKET_EIO;
        if (rc < 0)
            fail(o, rc == MOCKET_ECLOSED ? MOCKET_EIO : rc);
        else if (!follow(o) && o->state == ADAPTER_SENDING)
            become_headed(o);
    }
}

void adapter_fetch_look(struct adapter_outgoing *o)
{
    look(o);
    if (o->state == ADAPTER_SENDING)
        return;
    for (struct adapter_operation *op = o->owner->operations; op; op = op->next)
        if (op->wait.outgoing == o && op->wait.kind == ADAPTER_WAIT_HEAD)
            adapter_operation_end(o->adapter, op, o->state == ADAPTER_FAILED ? o->error : 0);
}

void adapter_fetch_expire(struct adapter_outgoing *o)
{
    o->deadline_ns = MOCKET_NEVER;
    fail(o, MOCKET_ETIMEDOUT);
    for (struct adapter_operation *op = o->owner->operations; op; op = op->next)
        if (op->wait.outgoing == o)
            adapter_operation_end(o->adapter, op,
                                  op->wait.kind == ADAPTER_WAIT_FETCH_WRITE ? MOCKET_ECLOSED : MOCKET_ETIMEDOUT);
}

int32_t adapter_fetch_open(struct adapter_outgoing *o)
{
    o->response = guest_handle_open(&o->adapter->handles, GUEST_HANDLE_RESPONSE, o);
    int32_t code = o->response;
    if (code < 0)
        o->response = 0;
    else
        o->state = ADAPTER_TAKEN;
    return code;
}

/* ---- Waiting ---- */

int adapter_fetch_readable(struct adapter_outgoing *o)
{
    int rc = adapter_source_fill(&o->reply, (struct adapter_origin){ NULL, o });
    if (rc != MOCKET_EAGAIN)
        touch(o);
    return rc;
}

int adapter_fetch_writable(struct adapter_outgoing *o)
{
    if (o->finished)
        return MOCKET_ESTATE;
    if (o->stopped || !o->open)
        return MOCKET_ECLOSED;
    ptrdiff_t room = port_fetch_room(o);
    if (room < 0)
        o->stopped = true;
    return room > 0 ? 0 : room < 0 ? MOCKET_ECLOSED : MOCKET_EAGAIN;
}

static int32_t begin_operation(struct adapter_outgoing *o, enum adapter_wait_kind kind)
{
    struct adapter_operation *op;
    int32_t number = adapter_operation_begin(o->adapter, o->owner, &op);
    if (number < 0)
        return number;
    op->wait.kind = kind;
    op->wait.outgoing = o;
    if (op->ended)
        return number;
    int rc = MOCKET_EAGAIN;
    if (kind == ADAPTER_WAIT_HEAD)
        adapter_fetch_look(o);
    else
        rc = kind == ADAPTER_WAIT_FETCH_READ ? adapter_fetch_readable(o) : adapter_fetch_writable(o);
    if (rc != MOCKET_EAGAIN)
        adapter_operation_end(o->adapter, op, rc);
    return number;
}

int32_t adapter_fetch_wait(struct adapter *a, int32_t number)
{
    struct adapter_outgoing *o = guest_handle_get(&a->handles, number, GUEST_HANDLE_OUTGOING);
    if (!o)
        return MOCKET_EHANDLE;
    if (o->waited)
        return MOCKET_ESTATE;
    o->waited = true;
    int32_t op = begin_operation(o, ADAPTER_WAIT_HEAD);
    o->waited = op > 0;
    return op;
}

int32_t adapter_fetch_ready(struct adapter *a, int32_t number, uint32_t direction)
{
    struct adapter_outgoing *request = guest_handle_get(&a->handles, number, GUEST_HANDLE_OUTGOING);
    struct adapter_outgoing *response = guest_handle_get(&a->handles, number, GUEST_HANDLE_RESPONSE);
    if (!request && !response)
        return MOCKET_EHANDLE;
    if (direction != (request ? MOCKET_ABI_WRITE : MOCKET_ABI_READ))
        return MOCKET_EINVAL;
    return begin_operation(request ? request : response, request ? ADAPTER_WAIT_FETCH_WRITE : ADAPTER_WAIT_FETCH_READ);
}

/* ---- Bytes ---- */

static int check(const struct adapter_outgoing *o)
{
    return !o ? MOCKET_EHANDLE : o->owner->death ? o->owner->death : o->aborted ? MOCKET_ECLOSED : 0;
}

int32_t adapter_fetch_write(struct adapter *a, int32_t number, struct adapter_range bytes)
{
    struct adapter_outgoing *o = guest_handle_get(&a->handles, number, GUEST_HANDLE_OUTGOING);
    int rc = check(o);
    if (rc == 0 && o->finished)
        rc = MOCKET_ESTATE;
    if (rc == 0 && !app_fits(bytes.at, bytes.len))
        rc = MOCKET_EFAULT;
    if (rc == 0 && (o->stopped || !o->open))
        rc = MOCKET_ECLOSED;
    if (rc < 0 || bytes.len == 0)
        return rc;
    uint32_t len = bytes.len < INT32_MAX ? bytes.len : INT32_MAX;
    if (o->to_send >= 0 && len > o->to_send)
        return MOCKET_EINVAL;
    ptrdiff_t n = port_fetch_write(o, (struct adapter_bytes){ NULL, bytes.at, len });
    if (n > 0) {
        o->to_send -= o->to_send >= 0 ? n : 0;
        touch(o);
    } else if (n != MOCKET_EAGAIN) {
        o->stopped = true;
        n = MOCKET_ECLOSED;
    }
    return (int32_t)n;
}

int adapter_fetch_finish(struct adapter *a, int32_t number)
{
    struct adapter_outgoing *o = guest_handle_get(&a->handles, number, GUEST_HANDLE_OUTGOING);
    int rc = check(o);
    if (rc == 0 && o->finished)
        rc = MOCKET_ESTATE;
    if (rc < 0)
        return rc;
    o->finished = true;
    if (o->stopped || !o->open)
        return 0;
    if (o->to_send > 0) {
        fail(o, MOCKET_EINVAL);
        return MOCKET_EINVAL;
    }
    rc = port_fetch_end(o);
    return rc == MOCKET_ECLOSED ? 0 : rc;
}

int32_t adapter_fetch_read(struct adapter *a, int32_t number, struct adapter_range room)
{
    struct adapter_outgoing *o = guest_handle_get(&a->handles, number, GUEST_HANDLE_RESPONSE);
    int rc = check(o);
    if (rc == 0 && !app_fits(room.at, room.len))
        rc = MOCKET_EFAULT;
    if (rc < 0 || room.len == 0)
        return rc;
    uint32_t cap = room.len < INT32_MAX ? room.len : INT32_MAX;
    int32_t n = adapter_source_read(&o->reply, (struct adapter_origin){ NULL, o }, room.at, cap);
    if (n > 0)
        touch(o);
    return n;
}

int32_t adapter_fetch_head(struct adapter *a, int32_t number, struct adapter_range room)
{
    struct adapter_outgoing *o = guest_handle_get(&a->handles, number, GUEST_HANDLE_RESPONSE);
    int rc = check(o);
    if (rc == 0 && room.len > 0 && room.at % sizeof(uint32_t) != 0)
        rc = MOCKET_EINVAL;
    if (rc == 0 && !app_fits(room.at, room.len))
        rc = MOCKET_EFAULT;
    if (rc < 0)
        return rc;
    size_t size = mocket__abi_head_size(&o->fields);
    if (size > INT32_MAX)
        return MOCKET_ETOOBIG;
    if (size <= room.len) {
        struct mocket_arena_mark mark = mocket__arena_mark(&o->arena);
        char *head = mocket__arena_alloc(&o->arena, size);
        if (!head)
            return MOCKET_ENOMEM;
        mocket__abi_head_encode(o->status, &o->fields, true, head);
        app_store(room.at, head, size);
        mocket__arena_rewind(&o->arena, &mark);
    }
    return (int32_t)size;
}
