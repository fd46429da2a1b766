/* The head of a request, and its answer. The port's functions for a request (port.h). */
#include "request.h"

#include "../../../src/base/span.h"
#include "../wasi/fields.h"
#include "../wasi/head.h"
#include "../wasi/landing.h"
#include "wasi.h"

/* ---- The head ---- */

static void open_body(struct http3_task *t)
{
    union wasi_result ret;
    if (!t->request)
        return;
    uint64_t outcome = wasi_outcome_new();
    wasi_request_consume(t->request, (uint32_t)outcome, &ret);
    t->request = 0;
    http3_input_open(&t->input, &ret, (uint32_t)(outcome >> 32), t->exchange->message.body_len);
}

/* Hosts hide Transfer-Encoding, so that only reading shows whether there is a body without a declared length. GET and
 * HEAD, which hardly ever have one, are taken to have none (docs/abi.md, section 9). POST, PUT and PATCH are taken to
 * have one, and so are all for an app that gets its bodies whole. */
static bool must_look(struct http3_task *t)
{
    struct mocket_message *msg = &t->exchange->message;
    enum mocket_http_method method = mocket__method_of(msg->method_text);
    if (msg->body_len >= 0)
        return false;
    if (method == MOCKET_METHOD_GET || method == MOCKET_METHOD_HEAD)
        msg->body_len = 0;
    return (method == MOCKET_METHOD_DELETE || method == MOCKET_METHOD_OPTIONS || method == MOCKET_METHOD_TRACE) &&
           t->exchange->adapter->declared.streams;
}

bool http3_request_look(struct http3_task *t)
{
    char nothing;
    ptrdiff_t n = http3_input_read(&t->input, &nothing, 0);
    if (n == MOCKET_EAGAIN)
        return false;
    if (n == 0 && t->input.len == 0)
        t->exchange->message.body_len = 0;
    return true;
}

/* Texts that have landed are copied: the next request's land there too. */
static void keep(mocket_span *text, struct mocket_arena *arena)
{
    if (text->ptr)
        *text = mocket__arena_copy(arena, *text);
}

bool http3_request_read(struct http3_task *t)
{
    struct adapter_exchange *x = t->exchange;
    struct mocket_message *msg = &x->message;
    struct landing_point before = landing_mark();
    t->fields = wasi_head_read(t->request, msg);
    if (mocket__method_of(msg->method_text) == MOCKET_METHOD_OTHER)
        keep(&msg->method_text, &x->arena);
    keep(&msg->target, &x->arena);
    keep(&msg->authority, &x->arena);
    landing_release(before);
    x->fields_later = true;
    if (!must_look(t))
        return true;
    open_body(t);
    return http3_request_look(t);
}

int port_fields(struct adapter_exchange *x)
{
    struct http3_task *t = x->port;
    return wasi_fields_copy(t->fields, &x->message.fields, &x->arena);
}

ptrdiff_t port_read(struct adapter_exchange *x, void *to, size_t cap)
{
    struct http3_task *t = x->port;
    open_body(t);
    ptrdiff_t n = http3_input_read(&t->input, to, cap);
    return n == MOCKET_EIO ? MOCKET_EINVAL : n; /* malformed, or cut short: the platform does not say which */
}

/* ---- The answer ---- */

static void make_response(struct http3_task *t, const struct adapter_answer *answer, bool has_body)
{
    union wasi_result ret;
    struct http3_ends ends = http3_output_open(&t->output, has_body);
    wasi_response_new(wasi_fields_make(&answer->fields), has_body, ends.stream, ends.trailers, &ret);
    t->response = ret.words[0];
    wasi_outcome_drop_readable(ret.words[1]);
    if (answer->status != 200)
        wasi_response_set_status(t->response, (uint32_t)answer->status);
    t->answer = HTTP3_MADE;
    http3_task_answer(t);
}

int port_respond(struct adapter_exchange *x, const struct adapter_answer *answer, struct adapter_bytes body)
{
    struct http3_task *t = x->port;
    char *bytes = body.len > 0 ? mocket__arena_alloc(&x->arena, body.len) : NULL;
    if (body.len > 0 && !bytes)
        return MOCKET_ENOMEM;
    if (body.len > 0)
        adapter_copy(bytes, &body, 0, body.len);
    make_response(t, answer, body.len > 0);
    http3_output_send(&t->output, (mocket_span){ bytes, body.len });
    return 0;
}

int port_begin(struct adapter_exchange *x, const struct adapter_answer *answer)
{
    make_response(x->port, answer, !answer->bodyless);
    return 0;
}

ptrdiff_t port_room(struct adapter_exchange *x)
{
    const struct http3_task *t = x->port;
    return http3_output_room(&t->output);
}

ptrdiff_t port_write(struct adapter_exchange *x, struct adapter_bytes bytes)
{
    struct http3_task *t = x->port;
    return http3_output_write(&t->output, &bytes);
}

void port_end(struct adapter_exchange *x)
{
    struct http3_task *t = x->port;
    http3_output_close(&t->output, true);
}

void port_cut(struct adapter_exchange *x)
{
    struct http3_task *t = x->port;
    if (x->owner.death)
        http3_output_cut(&t->output); /* the client has left, or takes nothing */
    else
        http3_output_close(&t->output, false);
}

void port_close(struct adapter_exchange *x)
{
    struct http3_task *t = x->port;
    http3_output_close(&t->output, false);
    http3_input_close(&t->input);
    if (t->fields)
        wasi_fields_drop(t->fields);
    if (t->request)
        wasi_request_drop(t->request);
    t->fields = t->request = 0;
    t->state = HTTP3_CLOSED;
}
