/* Where mocket_dispatch leaves its answer. Small answers are appended to the worker's buffer and cost no write of their
 * own here; large bodies and streams go out as they come, and the handler waits for slow clients. */
#include "conn.h"

#include "../../../wire/h1_write.h"
#include "../../../http/reason.h"

#define COPY_MAX 16384   /* a body up to this is copied behind its head */
#define GATHER_MAX 65536 /* what may gather before it is sent */

static struct mocket_exchange *exchange_of(struct mocket_sink *s)
{
    return MOCKET_CONTAINER_OF(s, struct mocket_exchange, sink);
}

/* ---- the head ---- */

/* A body that was not read: the part of it that has arrived is thrown away. When that is not all of it, this is the
 * last answer, and the rest is thrown away while the answer is sent: a client may read nothing before it has sent its
 * body. */
static void discard_body(struct mocket_exchange *ex)
{
    if (ex->h1.body_done || mocket__body_skip(ex))
        return;
    ex->keep_alive = false;
    mocket__conn_advance(ex->conn, MOCKET_CONN_DISCARDING);
}

static void write_head(struct mocket_exchange *ex, const struct mocket_response_head *head, int64_t body_len)
{
    struct mocket_h1_answer a = {
        .status = head->status,
        .fields = head->fields,
        .body_len = body_len,
        .date = mocket__worker_date(ex->conn->worker),
        .method = ex->req.message.method,
        .http10 = ex->req.message.flags & MOCKET_MESSAGE_HTTP10,
        .keep_alive = ex->keep_alive,
    };
    mocket__h1_write_head(&ex->conn->worker->out, &a);
    ex->status = head->status;
    ex->keep_alive = a.keep_alive;
    ex->send_body = a.send_body;
    ex->chunked = a.chunked;
    ex->until_close = a.send_body && !a.chunked && body_len < 0;
}

/* ---- bytes ---- */

static int put(struct mocket_exchange *ex, mocket_span bytes)
{
    struct mocket_conn *c = ex->conn;
    struct mocket_buf *out = &c->worker->out;
    if (bytes.len > COPY_MAX)
        return mocket__output_send(c, bytes);
    mocket__buf_span(out, bytes);
    if (out->len < GATHER_MAX)
        return mocket__buf_status(out);
    mocket__output_flush(c);
    return mocket__output_wait(c);
}

static int cut(struct mocket_exchange *ex, int code)
{
    ex->answer = MOCKET_ANSWER_CUT;
    ex->keep_alive = false;
    return code;
}

/* ---- the sink ---- */

static int respond(struct mocket_sink *s, const struct mocket_response_head *head, mocket_span body)
{
    struct mocket_exchange *ex = exchange_of(s);
    if (ex->answer != MOCKET_ANSWER_NONE)
        return MOCKET_ESTATE;
    if (ex->conn->broken)
        return cut(ex, MOCKET_ECLOSED);
    discard_body(ex);
    if (mocket__worker_stopping(ex->conn->worker))
        ex->keep_alive = false;
    write_head(ex, head, (int64_t)body.len);
    ex->answer = MOCKET_ANSWER_DONE;
    ex->body_out = ex->send_body ? body.len : 0;
    int rc = ex->send_body && body.len > 0 ? put(ex, body) : mocket__buf_status(&ex->conn->worker->out);
    return rc < 0 ? cut(ex, rc) : 0;
}

static int begin(struct mocket_sink *s, const struct mocket_response_head *head, int64_t body_len)
{
    struct mocket_exchange *ex = exchange_of(s);
    if (ex->answer != MOCKET_ANSWER_NONE)
        return MOCKET_ESTATE;
    if (ex->conn->broken)
        return cut(ex, MOCKET_ECLOSED);
    if (body_len < 0)
        body_len = mocket__fields_len(head->fields);
    if (!ex->h1.body_done || mocket__worker_stopping(ex->conn->worker))
        ex->keep_alive = false; /* the handler may read on or not: nothing to build a next request on */
    write_head(ex, head, body_len);
    ex->answer = MOCKET_ANSWER_OPEN;
    ex->body_left = ex->send_body ? body_len : -1;
    return 0;
}

static int write_chunk(struct mocket_exchange *ex, mocket_span bytes)
{
    struct mocket_buf *out = &ex->conn->worker->out;
    mocket__h1_write_chunk_size(out, bytes.len);
    int rc = put(ex, bytes);
    return rc < 0 ? rc : put(ex, MOCKET_SPAN("\r\n"));
}

static int write_bytes(struct mocket_sink *s, mocket_span bytes)
{
    struct mocket_exchange *ex = exchange_of(s);
    if (ex->answer != MOCKET_ANSWER_OPEN)
        return ex->answer == MOCKET_ANSWER_CUT ? MOCKET_ECLOSED : MOCKET_ESTATE;
    if (ex->conn->broken)
        return cut(ex, MOCKET_ECLOSED);
    if (!ex->send_body || bytes.len == 0)
        return 0;
    if (ex->body_left >= 0 && bytes.len > (uint64_t)ex->body_left)
        return MOCKET_EINVAL;
    if (ex->body_left >= 0)
        ex->body_left -= (int64_t)bytes.len;
    ex->body_out += bytes.len;
    int rc = ex->chunked ? write_chunk(ex, bytes) : put(ex, bytes);
    return rc < 0 ? cut(ex, rc) : 0;
}

static int end(struct mocket_sink *s)
{
    struct mocket_exchange *ex = exchange_of(s);
    if (ex->answer != MOCKET_ANSWER_OPEN)
        return ex->answer == MOCKET_ANSWER_CUT ? MOCKET_ECLOSED : MOCKET_ESTATE;
    if (ex->body_left > 0)
        return cut(ex, MOCKET_EINVAL);
    ex->answer = MOCKET_ANSWER_DONE;
    discard_body(ex);
    int rc = ex->chunked ? put(ex, MOCKET_SPAN("0\r\n\r\n")) : 0;
    return rc < 0 ? cut(ex, rc) : 0;
}

static void abort_answer(struct mocket_sink *s)
{
    cut(exchange_of(s), MOCKET_ECLOSED);
}

/* A handshake has no body: where would it end? */
static int upgrade(struct mocket_sink *s, const struct mocket_response_head *head, struct mocket_socket *socket)
{
    struct mocket_exchange *ex = exchange_of(s);
    if (ex->answer != MOCKET_ANSWER_NONE)
        return MOCKET_ESTATE;
    if (ex->conn->broken)
        return cut(ex, MOCKET_ECLOSED);
    return mocket__socket_upgrade(ex->conn, head, socket);
}

void mocket__answer_init(struct mocket_sink *sink)
{
    *sink = (struct mocket_sink){
        .respond = respond, .begin = begin, .write = write_bytes, .end = end, .upgrade = upgrade, .abort = abort_answer
    };
}

/* ---- refusals ---- */

void mocket__answer_refuse(struct mocket_conn *c, int status)
{
    struct mocket_field rows[] = {
        { .name = MOCKET_SPAN("Content-Type"), .value = MOCKET_SPAN("text/plain; charset=utf-8") },
        { .name = MOCKET_SPAN("Retry-After"), .value = MOCKET_SPAN("1") },
    };
    struct mocket_fields fields = { .rows = rows, .count = status == 503 ? 2 : 1, .cap = 2 };
    mocket_span text = mocket__span(mocket__reason(status));
    struct mocket_h1_answer a = { .status = status, .fields = &fields, .body_len = (int64_t)text.len };
    a.date = mocket__worker_date(c->worker);
    mocket__h1_write_head(&c->worker->out, &a);
    mocket__buf_span(&c->worker->out, text);
    mocket__conn_advance(c, MOCKET_CONN_DISCARDING);
    const struct mocket_native_opts *opts = c->worker->server->opts;
    if (opts->on_done != NULL)
        opts->on_done(opts->data, &(struct mocket_native_done){ .worker = c->worker->app_worker,
                                                                .peer = c->peer,
                                                                .status = status,
                                                                .complete = true,
                                                                .body_out = text.len });
}
