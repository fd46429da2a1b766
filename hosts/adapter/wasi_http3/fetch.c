/* wasi:http/client. `send` is a subtask: it returns when the head of the response has arrived. */
#include "fetch.h"

#include "../../../src/base/memory.h"
#include "../../../src/base/span.h"
#include "../wasi/error_code.h"
#include "../wasi/fields.h"
#include "../wasi/head.h"
#include "../wasi/landing.h"
#include "task.h"
#include "wasi.h"

/* ---- The request ---- */

/* The text of an error code is not read: its room is used again. */
static void send(struct http3_call *c, uint32_t request)
{
    struct landing_point before = landing_mark();
    uint32_t code = wasi_send(request, &c->reply);
    landing_release(before);
    c->request = request;
    c->waitable.kind = HTTP3_SEND;
    c->is_sent = (code & WASI_SUBTASK_MASK) == WASI_RETURNED;
    if (!c->is_sent)
        http3_waitable_begin(&c->waitable, code >> WASI_SUBTASK_SHIFT);
}

/* The task whose request owns the outgoing one; NULL: the instance does. */
static struct http3_task *task_of(const struct adapter_outgoing *o)
{
    if (o->owner == &o->adapter->owner)
        return NULL;
    return MOCKET_CONTAINER_OF(o->owner, struct adapter_exchange, owner)->port;
}

int port_fetch(struct adapter_outgoing *o)
{
    struct http3_call *c = o->port = mocket__new(sizeof *c);
    struct mocket_fields fields = o->request.fields;
    union wasi_result ret;
    if (!c)
        return MOCKET_ENOMEM;
    if (o->sends_body && o->request.body_len >= 0 &&
        mocket__fields_add_len(&fields, &o->arena, (uint64_t)o->request.body_len) < 0)
        return MOCKET_ENOMEM;
    c->waitable.task = c->output.waitable.task = c->input.waitable.task = task_of(o);
    struct http3_ends ends = http3_output_open(&c->output, o->sends_body);
    wasi_request_new(wasi_fields_make(&fields), o->sends_body, ends.stream, ends.trailers, 0, 0, &ret);
    wasi_outcome_drop_readable(ret.words[1]);
    if (!wasi_head_write(ret.words[0], o)) {
        wasi_request_drop(ret.words[0]);
        return MOCKET_EINVAL;
    }
    send(c, ret.words[0]);
    if (!o->streams)
        http3_output_send(&c->output, o->sends_body ? o->body : MOCKET_SPAN(""));
    else if (!o->sends_body) /* a redirect dropped it */
        http3_output_close(&c->output, true);
    return 0;
}

ptrdiff_t port_fetch_room(struct adapter_outgoing *o)
{
    const struct http3_call *c = o->port;
    return http3_output_room(&c->output);
}

ptrdiff_t port_fetch_write(struct adapter_outgoing *o, struct adapter_bytes bytes)
{
    struct http3_call *c = o->port;
    return http3_output_write(&c->output, &bytes);
}

int port_fetch_end(struct adapter_outgoing *o)
{
    struct http3_call *c = o->port;
    http3_output_close(&c->output, true);
    return 0;
}

/* ---- The response ---- */

void http3_call_event(struct http3_call *c, uint32_t state)
{
    if (http3_subtask_returned(&c->waitable, state))
        c->is_sent = true;
}

static int take_response(struct adapter_outgoing *o, struct http3_call *c)
{
    union wasi_result ret;
    uint32_t response = c->reply.words[2];
    c->is_taken = true;
    o->status = (int)wasi_response_status(response);
    o->fields = (struct mocket_fields){ 0 };
    uint32_t headers = wasi_response_headers(response);
    int rc = wasi_fields_copy(headers, &o->fields, &o->arena);
    wasi_fields_drop(headers);
    uint64_t outcome = wasi_outcome_new();
    wasi_response_consume(response, (uint32_t)outcome, &ret);
    http3_input_open(&c->input, &ret, (uint32_t)(outcome >> 32), -1);
    return rc;
}

int port_fetch_head(struct adapter_outgoing *o)
{
    struct http3_call *c = o->port;
    if (!c->is_sent)
        return MOCKET_EAGAIN;
    return c->reply.bytes[0] == 0 ? take_response(o, c) : wasi_error_code(c->reply.bytes[8]);
}

ptrdiff_t port_fetch_read(struct adapter_outgoing *o, void *to, size_t cap)
{
    struct http3_call *c = o->port;
    return http3_input_read(&c->input, to, cap);
}

/* A response that arrived while the call is given up is dropped. */
static void give_up(struct http3_call *c)
{
    if (http3_is_under_way(&c->waitable)) {
        uint32_t subtask = c->waitable.handle;
        http3_waitable_leave(&c->waitable);
        uint32_t state = wasi_subtask_cancel(subtask);
        c->is_sent = state == WASI_RETURNED;
        if (state == WASI_CANCELLED_BEFORE_STARTED)
            wasi_request_drop(c->request);
        wasi_subtask_drop(subtask);
    }
    if (c->is_sent && !c->is_taken && c->reply.bytes[0] == 0)
        wasi_response_drop(c->reply.words[2]);
}

void port_fetch_drop(struct adapter_outgoing *o)
{
    struct http3_call *c = o->port;
    if (!c)
        return;
    give_up(c);
    http3_output_abandon(&c->output);
    http3_input_close(&c->input);
    mocket__free(c);
    o->port = NULL;
}

bool http3_call_is_ready(const struct adapter_awaited *row)
{
    const struct http3_call *c = row->outgoing->port;
    if (!c)
        return true;
    switch (row->kind) {
    case ADAPTER_WAIT_FETCH_READ:
        return http3_input_is_ready(&c->input);
    case ADAPTER_WAIT_FETCH_WRITE:
        return http3_output_room(&c->output) != 0;
    default:
        return c->is_sent;
    }
}
