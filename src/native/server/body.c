/* The body of a request as a stream. What is here is decoded straight into the handler's memory; when nothing is here
 * the handler waits for the connection. While nobody reads, the input buffer fills up, reading stops, and TCP tells the
 * client. */
#include "conn.h"

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

/* 0, MOCKET_EAGAIN (interrupted), or why there will be no more. */
static int wait(struct mocket_exchange *ex)
{
    struct mocket_conn *c = ex->conn;
    if (c->eof || c->broken)
        return fail(ex, MOCKET_ECLOSED);
    tell_to_continue(ex);
    int rc = mocket__conn_wait(c, MOCKET_WAIT_BODY);
    return rc < 0 && rc != MOCKET_EAGAIN ? fail(ex, rc) : rc;
}

ptrdiff_t mocket__body_read(struct mocket_source *s, void *buf, size_t cap)
{
    struct mocket_exchange *ex = (struct mocket_exchange *)((char *)s - offsetof(struct mocket_exchange, source));
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
