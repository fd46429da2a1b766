/* The body of a request as a stream. What is here is decoded straight into the handler's memory; when nothing is here
 * the handler waits for the connection. While nobody reads, the input buffer fills up, reading stops, and TCP tells the
 * client. */
#include "conn.h"

#define BYTES_PER_S 1024u /* each KiB of a body that came gives it a second more */
#define LOOKS 4           /* within the time of a whole body */

static int fail(struct mocket_exchange *ex, int code)
{
    ex->body_error = code;
    ex->keep_alive = false;
    return code;
}

/* Decodes at most cap bytes of what is here: bytes, 0 when that gave none, below zero. */
static ptrdiff_t take(struct mocket_exchange *ex, void *buf, size_t cap)
{
    struct mocket_input *in = &ex->conn->in;
    while (mocket__input_len(in) > 0 && !ex->h1.body_done) {
        mocket_span data;
        ptrdiff_t used = mocket__h1_body(&ex->h1, mocket__span_slice(mocket__input_view(in), 0, cap), &data);
        if (used < 0)
            return fail(ex, MOCKET_EINVAL);
        if (buf != NULL && data.len > 0)
            memcpy(buf, data.ptr, data.len);
        in->start += (size_t)used;
        ex->body_in += data.len;
        if (data.len > 0)
            return (ptrdiff_t)data.len;
    }
    return 0;
}

/* RFC 9110, section 10.1.1: the client waits for a word before it sends. */
static void tell_to_continue(struct mocket_exchange *ex)
{
    if (!ex->h1.expect_continue || ex->continued || ex->answer != MOCKET_ANSWER_NONE)
        return;
    ex->continued = true;
    mocket__buf_text(&ex->conn->worker->out, "HTTP/1.1 100 Continue\r\n\r\n");
}

/* ---- Time ----
 * A client is limited in silence, and in how long it is waited for in all: or it could hold a handler for as long as it
 * likes with a byte now and then. Only waiting counts: a handler that reads late is not the client's fault. Timeouts
 * have one limit for all connections (timeouts.h): so the time of a body is looked at a few times within its limit. */

int64_t mocket__body_look_ms(int64_t silence_ms, int64_t total_ms)
{
    if (total_ms < 0)
        return silence_ms;
    int64_t share_ms = total_ms < LOOKS ? 1 : total_ms / LOOKS;
    if (silence_ms < 0)
        return share_ms;
    int64_t looks = (silence_ms + share_ms - 1) / share_ms;
    return (silence_ms + looks - 1) / looks; /* the last one is when the silence is over */
}

static bool waited_for_too_long(const struct mocket_exchange *ex, uint64_t waited_ms)
{
    int64_t total_ms = ex->conn->worker->server->body_total_ms;
    return total_ms >= 0 && waited_ms >= (uint64_t)total_ms + ex->body_in * 1000 / BYTES_PER_S;
}

bool mocket__body_is_late(const struct mocket_exchange *ex)
{
    const struct mocket_native_worker *w = ex->conn->worker;
    uint64_t silence_ms = uv_now(&w->loop) - ex->body_wait_ms;
    if (w->server->body_silence_ms >= 0 && silence_ms >= (uint64_t)w->server->body_silence_ms)
        return true;
    return waited_for_too_long(ex, ex->body_waited_ms + silence_ms);
}

/* 0, MOCKET_EAGAIN (interrupted), or why there will be no more. */
static int wait(struct mocket_exchange *ex)
{
    struct mocket_conn *c = ex->conn;
    if (c->eof || c->broken || mocket__conn_discards(c))
        return fail(ex, MOCKET_ECLOSED);
    if (waited_for_too_long(ex, ex->body_waited_ms))
        return fail(ex, MOCKET_ETIMEDOUT);
    tell_to_continue(ex);
    ex->body_wait_ms = uv_now(&c->worker->loop);
    int rc = mocket__conn_wait(c, MOCKET_WAIT_BODY);
    ex->body_waited_ms += uv_now(&c->worker->loop) - ex->body_wait_ms;
    return rc < 0 && rc != MOCKET_EAGAIN ? fail(ex, rc) : rc;
}

ptrdiff_t mocket__body_read(struct mocket_source *s, void *buf, size_t cap)
{
    struct mocket_exchange *ex = MOCKET_CONTAINER_OF(s, struct mocket_exchange, source);
    while (ex->body_error == 0) {
        ptrdiff_t n = take(ex, buf, cap);
        if (n != 0)
            return n;
        if (ex->h1.body_done)
            return 0;
        if (wait(ex) == MOCKET_EAGAIN)
            return MOCKET_EAGAIN;
    }
    return ex->body_error;
}

bool mocket__body_skip(struct mocket_exchange *ex)
{
    if (ex->body_error == 0)
        while (take(ex, NULL, SIZE_MAX) > 0)
            ;
    return ex->body_error == 0 && ex->h1.body_done;
}
