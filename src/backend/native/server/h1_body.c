/* The body of a request as a stream. What is here is decoded straight into the handler's memory; when nothing is here
 * the handler waits for the connection. While nobody reads, the input buffer fills up, reading stops, and TCP tells the
 * client. */
#include "h1.h"

#include <string.h>

#include "../../../base/span.h"

#define BYTES_PER_S 1024u /* each KiB of a body that came gives it a second more */
#define LOOKS 4           /* within the time of a whole body */

static int fail(struct mocket_h1_exchange *hx, int code)
{
    hx->body_error = code;
    hx->keep_alive = false;
    return code;
}

/* Decodes at most cap bytes of what is here. Returns their number, 0 when that gave none, or below zero. */
static ptrdiff_t take(struct mocket_h1_exchange *hx, void *buf, size_t cap)
{
    struct mocket_input *in = &hx->connection->in;
    while (mocket__input_len(in) > 0 && !hx->parser.body_done) {
        mocket_span data;
        ptrdiff_t used = mocket__h1_body(&hx->parser, mocket__span_slice(mocket__input_view(in), 0, cap), &data);
        if (used < 0)
            return fail(hx, MOCKET_EINVAL);
        if (buf && data.len > 0)
            memcpy(buf, data.ptr, data.len);
        in->start += (size_t)used;
        hx->ex.body_in += data.len;
        if (data.len > 0)
            return (ptrdiff_t)data.len;
    }
    return 0;
}

/* RFC 9110, section 10.1.1: the client waits for a word before it sends. */
static void tell_to_continue(struct mocket_h1_exchange *hx)
{
    if (!hx->parser.expect_continue || hx->continued || hx->answer != MOCKET_ANSWER_NONE)
        return;
    hx->continued = true;
    mocket__buf_text(&hx->ex.worker->out, "HTTP/1.1 100 Continue\r\n\r\n");
}

/* ---- Time ----
 * A client is limited in silence, and in how long it is waited for in all: or it could hold a handler for as long as it
 * likes with a byte now and then. Only waiting counts: a handler that reads late is not the client's fault. Timeouts
 * have one limit for all connections (timeouts.h): so the time of a body is looked at a few times within its limit. */

int64_t mocket__h1_body_look_ms(int64_t silence_ms, int64_t total_ms)
{
    if (total_ms < 0)
        return silence_ms;
    int64_t share_ms = total_ms < LOOKS ? 1 : total_ms / LOOKS;
    if (silence_ms < 0)
        return share_ms;
    int64_t looks = (silence_ms + share_ms - 1) / share_ms;
    return (silence_ms + looks - 1) / looks; /* the last one is when the silence is over */
}

static bool waited_for_too_long(const struct mocket_h1_exchange *hx, uint64_t waited_ms)
{
    int64_t total_ms = hx->ex.worker->server->body_total_ms;
    return total_ms >= 0 && waited_ms >= (uint64_t)total_ms + hx->ex.body_in * 1000 / BYTES_PER_S;
}

bool mocket__h1_body_is_late(const struct mocket_h1_exchange *hx)
{
    const struct mocket_native_worker *w = hx->ex.worker;
    uint64_t silence_ms = mocket__clock_now(&w->clock) - hx->body_wait_ms;
    if (w->server->body_silence_ms >= 0 && silence_ms >= (uint64_t)w->server->body_silence_ms)
        return true;
    return waited_for_too_long(hx, hx->body_waited_ms + silence_ms);
}

/* Returns 0, MOCKET_EAGAIN (interrupted), or why there will be no more. */
static int wait(struct mocket_h1_exchange *hx)
{
    const struct mocket_connection *c = hx->connection;
    const struct mocket_clock *clock = &c->worker->clock;
    if (c->input_side == MOCKET_INPUT_ENDED || mocket__connection_is_closing(c) || mocket__connection_discards(c))
        return fail(hx, MOCKET_ECLOSED);
    if (waited_for_too_long(hx, hx->body_waited_ms))
        return fail(hx, MOCKET_ETIMEDOUT);
    tell_to_continue(hx);
    hx->body_wait_ms = mocket__clock_now(clock);
    int rc = mocket__exchange_wait(&hx->ex, MOCKET_EXCHANGE_READING);
    hx->body_waited_ms += mocket__clock_now(clock) - hx->body_wait_ms;
    return rc < 0 && rc != MOCKET_EAGAIN ? fail(hx, rc) : rc;
}

ptrdiff_t mocket__h1_body_read(struct mocket_source *s, void *buf, size_t cap)
{
    struct mocket_h1_exchange *hx = MOCKET_CONTAINER_OF(s, struct mocket_h1_exchange, source);
    while (hx->body_error == 0) {
        ptrdiff_t n = take(hx, buf, cap);
        if (n != 0)
            return n;
        if (hx->parser.body_done)
            return 0;
        if (wait(hx) == MOCKET_EAGAIN)
            return MOCKET_EAGAIN;
    }
    return hx->body_error;
}

bool mocket__h1_body_skip(struct mocket_h1_exchange *hx)
{
    if (hx->body_error == 0)
        while (take(hx, NULL, SIZE_MAX) > 0)
            ;
    return hx->body_error == 0 && hx->parser.body_done;
}
