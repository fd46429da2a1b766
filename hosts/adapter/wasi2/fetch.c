/* wasi:http/outgoing-handler. A body that is whole is sent as the platform takes it: before the response, and while the
 * app waits for it. */
#include "fetch.h"

#include "../../../src/base/memory.h"
#include "../../../src/base/span.h"
#include "../wasi/error_code.h"
#include "../wasi/fields.h"
#include "../wasi/head.h"
#include "../wasi/landing.h"
#include "wasi.h"

/* ---- The request ---- */

static int send(struct http_call *c, uint32_t call)
{
    union wasi_result ret;
    struct landing_point before = landing_mark();
    wasi_call_send(call, 0, 0, &ret);
    landing_release(before); /* the text of an error code is not read */
    if (ret.bytes[0] != 0)
        return wasi_error_code(ret.bytes[8]);
    c->future = ret.words[2] + 1;
    return 0;
}

static void open_output(struct http_call *c, uint32_t call)
{
    union wasi_result ret;
    wasi_call_body(call, &ret);
    c->output = (struct http_output){ .body = ret.bytes[0] == 0 ? ret.words[1] + 1 : 0 };
    if (!c->output.body)
        return;
    wasi_out_stream(c->output.body - 1, &ret);
    c->output.stream = ret.bytes[0] == 0 ? ret.words[1] + 1 : 0;
}

/* Sends more of a body that is whole, as far as there is room. */
static void push(struct http_call *c)
{
    while (c->body.len > 0) {
        struct adapter_bytes bytes = { c->body.ptr, 0, c->body.len };
        ptrdiff_t n = http_output_write(&c->output, &bytes, 0);
        if (n == MOCKET_EAGAIN)
            return;
        c->body = mocket__span_slice(c->body, n > 0 ? (size_t)n : c->body.len, c->body.len);
        if (c->body.len == 0)
            http_output_close(&c->output, n > 0);
    }
}

int port_fetch(struct adapter_outgoing *o)
{
    struct http_call *c = o->port = mocket__new(sizeof *c);
    struct mocket_fields fields = o->request.fields;
    if (!c)
        return MOCKET_ENOMEM;
    if (o->sends_body && o->request.body_len >= 0 &&
        mocket__fields_add_len(&fields, &o->arena, (uint64_t)o->request.body_len) < 0)
        return MOCKET_ENOMEM;
    uint32_t call = wasi_call_new(wasi_fields_make(&fields));
    if (!wasi_head_write(call, o)) {
        wasi_call_drop(call);
        return MOCKET_EINVAL;
    }
    if (o->sends_body)
        open_output(c, call);
    int rc = send(c, call);
    c->body = o->body;
    if (rc == 0 && !o->streams)
        push(c);
    return rc;
}

ptrdiff_t port_fetch_room(struct adapter_outgoing *o)
{
    struct http_call *c = o->port;
    return http_output_room(&c->output);
}

ptrdiff_t port_fetch_write(struct adapter_outgoing *o, struct adapter_bytes bytes)
{
    struct http_call *c = o->port;
    return http_output_write(&c->output, &bytes, 0);
}

int port_fetch_end(struct adapter_outgoing *o)
{
    struct http_call *c = o->port;
    http_output_close(&c->output, true);
    return 0;
}

/* ---- The response ---- */

static void open_input(struct http_call *c)
{
    union wasi_result ret;
    wasi_reply_consume(c->reply - 1, &ret);
    if (ret.bytes[0] != 0)
        return;
    c->input.body = ret.words[1] + 1;
    wasi_body_stream(ret.words[1], &ret);
    if (ret.bytes[0] == 0)
        c->input.stream = ret.words[1] + 1;
}

int port_fetch_head(struct adapter_outgoing *o)
{
    struct http_call *c = o->port;
    union wasi_result ret;
    struct landing_point before = landing_mark();
    push(c);
    wasi_future_get(c->future - 1, &ret);
    landing_release(before); /* likewise */
    if (ret.bytes[0] == 0)
        return MOCKET_EAGAIN;
    if (ret.bytes[8] != 0 || ret.bytes[16] != 0)
        return ret.bytes[8] != 0 ? MOCKET_EIO : wasi_error_code(ret.bytes[24]);
    c->reply = ret.words[6] + 1;
    o->status = (int)wasi_reply_status(c->reply - 1);
    uint32_t headers = wasi_reply_headers(c->reply - 1);
    o->fields = (struct mocket_fields){ 0 };
    int rc = wasi_fields_copy(headers, &o->fields, &o->arena);
    wasi_fields_drop(headers);
    open_input(c);
    return rc;
}

ptrdiff_t port_fetch_read(struct adapter_outgoing *o, void *to, size_t cap)
{
    struct http_call *c = o->port;
    return http_input_read(&c->input, to, cap);
}

void port_fetch_drop(struct adapter_outgoing *o)
{
    struct http_call *c = o->port;
    if (!c)
        return;
    http_output_close(&c->output, false);
    http_input_close(&c->input);
    if (c->reply)
        wasi_reply_drop(c->reply - 1);
    if (c->future)
        wasi_future_drop(c->future - 1);
    mocket__free(c);
    o->port = NULL;
}

uint32_t http_call_subscribe(const struct adapter_awaited *row)
{
    const struct http_call *c = row->outgoing->port;
    if (!c)
        return UINT32_MAX;
    switch (row->kind) {
    case ADAPTER_WAIT_FETCH_READ:
        return c->input.stream ? wasi_in_subscribe(c->input.stream - 1) : UINT32_MAX;
    case ADAPTER_WAIT_FETCH_WRITE:
        return c->output.stream ? wasi_write_subscribe(c->output.stream - 1) : UINT32_MAX;
    default:
        if (c->body.len > 0) /* the server may wait for the rest of the body */
            return wasi_write_subscribe(c->output.stream - 1);
        return c->future ? wasi_future_subscribe(c->future - 1) : UINT32_MAX;
    }
}
