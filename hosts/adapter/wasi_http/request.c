/* The head of a request, and its answer.
 *
 * Every call of the platform costs as much as some hundred instructions, so few are made: rows of fields are not read
 * before the app asks for them, and a small answer is complete before the platform gets it. */
#include "request.h"

#include "../../../src/base/span.h"
#include "../wasi/fields.h"
#include "../wasi/head.h"
#include "../wasi/landing.h"
#include "../wasi2/wasi.h"

enum { EARLY = 4096 };

/* ---- The head ---- */

static void open_body(struct http_request *h)
{
    union wasi_result ret;
    if (h->input.body)
        return;
    wasi_request_consume(h->request, &ret);
    h->input.ended = ret.bytes[0] != 0;
    if (h->input.ended)
        return;
    h->input.body = ret.words[1] + 1;
    wasi_body_stream(ret.words[1], &ret);
    h->input.ended = ret.bytes[0] != 0;
    if (!h->input.ended)
        h->input.stream = ret.words[1] + 1;
}

/* The length of a body that the client did not declare; -1: unknown. Hosts hide Transfer-Encoding, so that only reading
 * shows whether there is a body. Reading costs a fifth of a small request. GET and HEAD, which hardly ever have a body
 * of unknown length, are taken to have none (docs/abi.md, section 9). */
static int64_t unknown_length(struct adapter_exchange *x)
{
    struct http_request *h = x->port;
    enum mocket_http_method method = mocket__method_of(x->message.method_text);
    if (method == MOCKET_METHOD_GET || method == MOCKET_METHOD_HEAD)
        return 0;
    if (method == MOCKET_METHOD_OTHER || method == MOCKET_METHOD_POST || method == MOCKET_METHOD_PUT ||
        method == MOCKET_METHOD_PATCH)
        return -1;
    open_body(h);
    struct landing_area here = landing_now();
    ptrdiff_t n = here.end - here.at > EARLY ? http_input_read(&h->input, here.at, EARLY) : MOCKET_EAGAIN;
    if (n <= 0)
        return n == 0 ? 0 : -1;
    h->early = (mocket_span){ here.at, (size_t)n };
    landing_restore((struct landing_area){ here.at + n, here.end });
    return -1;
}

void http_request_read(struct adapter_exchange *x)
{
    struct http_request *h = x->port;
    struct mocket_message *msg = &x->message;
    h->fields = wasi_head_read(h->request, msg) + 1;
    if (msg->body_len < 0)
        msg->body_len = unknown_length(x);
    x->fields_later = true;
}

/* The rows stay where they land, for as long as the request. */
int port_fields(struct adapter_exchange *x)
{
    const struct http_request *h = x->port;
    struct mocket_fields *out = &x->message.fields;
    struct wasi_list rows;
    wasi_fields_all(h->fields - 1, &rows);
    out->rows = (struct mocket_field *)(uintptr_t)rows.ptr; /* the same four words */
    out->count = out->cap = rows.len;
    for (size_t i = 0; i < out->count; i++)
        out->rows[i].value = mocket__span_trim(out->rows[i].value);
    return 0;
}

ptrdiff_t port_read(struct adapter_exchange *x, void *to, size_t cap)
{
    struct http_request *h = x->port;
    if (h->early.len > 0) {
        size_t n = h->early.len < cap ? h->early.len : cap;
        memcpy(to, h->early.ptr, n);
        h->early = mocket__span_slice(h->early, n, h->early.len);
        return (ptrdiff_t)n;
    }
    open_body(h);
    ptrdiff_t n = http_input_read(&h->input, to, cap);
    return n == MOCKET_EIO ? MOCKET_EINVAL : n; /* malformed, or cut short: the platform does not say which */
}

/* ---- The answer ---- */

/* Makes a response whose body is in h->output. */
static uint32_t make_response(struct http_request *h, const struct adapter_answer *answer)
{
    union wasi_result ret;
    uint32_t response = wasi_response_new(wasi_fields_make(&answer->fields));
    if (answer->status != 200)
        wasi_response_status(response, (uint32_t)answer->status);
    wasi_response_body(response, &ret);
    h->output = (struct http_output){ .body = ret.bytes[0] == 0 ? ret.words[1] + 1 : 0 };
    return response;
}

static void open_stream(struct http_output *out)
{
    union wasi_result ret;
    if (!out->body)
        return;
    wasi_out_stream(out->body - 1, &ret);
    out->stream = ret.bytes[0] == 0 ? ret.words[1] + 1 : 0;
}

static void send_head(struct http_request *h, uint32_t response)
{
    wasi_outparam_set(h->outparam, 0, response, 0, 0, 0, 0, 0, 0);
}

int port_respond(struct adapter_exchange *x, const struct adapter_answer *answer, struct adapter_bytes body)
{
    struct http_request *h = x->port;
    uint32_t response = make_response(h, answer);
    ptrdiff_t n = 0;
    if (body.len > 0) {
        open_stream(&h->output);
        n = http_output_write(&h->output, &body, 0);
        n = n > 0 ? n : 0;
    }
    bool whole = (size_t)n == body.len;
    if (whole)
        http_output_close(&h->output, true);
    send_head(h, response);
    if (!whole)
        http_output_close(&h->output, http_output_write_all(&h->output, &body, (size_t)n));
    return 0;
}

int port_begin(struct adapter_exchange *x, const struct adapter_answer *answer)
{
    struct http_request *h = x->port;
    send_head(h, make_response(h, answer));
    open_stream(&h->output);
    return 0;
}

ptrdiff_t port_room(struct adapter_exchange *x)
{
    struct http_request *h = x->port;
    return http_output_room(&h->output);
}

ptrdiff_t port_write(struct adapter_exchange *x, struct adapter_bytes bytes)
{
    struct http_request *h = x->port;
    return http_output_write(&h->output, &bytes, 0);
}

void port_end(struct adapter_exchange *x)
{
    struct http_request *h = x->port;
    http_output_close(&h->output, true);
}

void port_cut(struct adapter_exchange *x)
{
    struct http_request *h = x->port;
    http_output_close(&h->output, false);
}

/* Children are closed before what they belong to. */
void port_close(struct adapter_exchange *x)
{
    struct http_request *h = x->port;
    http_output_close(&h->output, false);
    http_input_close(&h->input);
    if (h->fields)
        wasi_fields_drop(h->fields - 1);
    wasi_request_drop(h->request);
}
