/* Answers. The platform frames them: it makes Content-Length of a whole body, and chunks of a streamed one. Where the
 * answer declares another length, for HEAD and for a stream of known length, framing is manual. */
#include "../../../src/base/span.h"
#include "../../../src/http/reason.h"
#include "fastly.h"

static uint32_t make_response(const struct adapter_answer *answer)
{
    uint32_t response = FASTLY_INVALID;
    bool has_length = false;
    if (fastly_response_new(&response) != FASTLY_OK)
        return FASTLY_INVALID;
    fastly_status_set(response, (uint32_t)answer->status);
    for (size_t i = 0; i < answer->fields.count; i++) {
        const struct mocket_field *row = &answer->fields.rows[i];
        has_length |= mocket__span_ieq(row->name, MOCKET_SPAN("content-length"));
        fastly_response_append(response, row->name.ptr, row->name.len, row->value.ptr, row->value.len);
    }
    if (has_length)
        fastly_response_framing(response, FASTLY_MANUAL_FRAMING);
    return response;
}

static int send(struct fastly_request *f, const struct adapter_answer *answer, uint32_t body, bool streams)
{
    uint32_t response = make_response(answer);
    if (response == FASTLY_INVALID)
        return MOCKET_ENOMEM;
    f->answered = true;
    fastly_send(response, body, streams);
    f->answer = streams ? body : FASTLY_INVALID;
    return 0;
}

int port_respond(struct adapter_exchange *x, const struct adapter_answer *answer, struct adapter_bytes bytes)
{
    const void *from = bytes.ptr ? bytes.ptr : (const void *)(uintptr_t)bytes.app_at; /* NOLINT: one memory */
    uint32_t body = FASTLY_INVALID;
    size_t done = 0;
    if (fastly_body_new(&body) != FASTLY_OK)
        return MOCKET_ENOMEM;
    if (bytes.len > 0 &&
        (fastly_body_write(body, from, bytes.len, FASTLY_BACK, &done) != FASTLY_OK || done < bytes.len)) {
        fastly_body_close(body);
        return MOCKET_ENOMEM;
    }
    return send(x->port, answer, body, false);
}

int port_begin(struct adapter_exchange *x, const struct adapter_answer *answer)
{
    uint32_t body = FASTLY_INVALID;
    if (fastly_body_new(&body) != FASTLY_OK)
        return MOCKET_ENOMEM;
    return send(x->port, answer, body, true);
}

ptrdiff_t port_room(struct adapter_exchange *x)
{
    const struct fastly_request *f = x->port;
    return f->answer == FASTLY_INVALID ? MOCKET_ECLOSED : fastly_ready(f->answer) ? 1 : 0;
}

ptrdiff_t port_write(struct adapter_exchange *x, struct adapter_bytes bytes)
{
    const struct fastly_request *f = x->port;
    return fastly_write(f->answer, bytes);
}

void port_end(struct adapter_exchange *x)
{
    struct fastly_request *f = x->port;
    if (f->answer != FASTLY_INVALID)
        fastly_body_close(f->answer);
    f->answer = FASTLY_INVALID;
}

void port_cut(struct adapter_exchange *x)
{
    struct fastly_request *f = x->port;
    if (f->answer != FASTLY_INVALID)
        fastly_body_abandon(f->answer);
    f->answer = FASTLY_INVALID;
}

void fastly_answer(struct fastly_request *f, int status)
{
    struct mocket_field row = { MOCKET_SPAN("Content-Type"), MOCKET_SPAN("text/plain; charset=utf-8") };
    const struct adapter_answer answer = { .status = status, .fields = { &row, 1, 1 } };
    const char *text = mocket__reason(status);
    uint32_t body = FASTLY_INVALID;
    size_t done;
    if (f->answered || fastly_body_new(&body) != FASTLY_OK)
        return;
    fastly_body_write(body, text, strlen(text), FASTLY_BACK, &done);
    send(f, &answer, body, false);
}
