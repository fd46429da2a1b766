/* Where mocket_dispatch leaves its answer. Small answers are appended to the worker's buffer and cost no write of their
 * own here; large bodies and streams go out as they come, and the handler waits for slow clients.
 *
 * A reader that is as fast as the handler would never make it wait, and so keep the thread to itself. So a handler that
 * has sent much since it was resumed waits for its next turn. */
#include "h1.h"

#include "../../../base/span.h"
#include "../../../http/reason.h"
#include "../../../wire/h1_write.h"
#include "socket.h"

#define COPY_MAX 16384   /* a body up to this is copied behind its head */
#define GATHER_MAX 65536 /* what may gather before it is sent */
#define TURN_MAX 65536   /* bytes that a handler sends before others have their turn */

static struct mocket_h1_exchange *exchange_of(struct mocket_sink *s)
{
    return MOCKET_CONTAINER_OF(s, struct mocket_h1_exchange, sink);
}

static bool is_gone(const struct mocket_h1_exchange *hx)
{
    return mocket__connection_is_closing(hx->connection);
}

/* ---- The head ---- */

/* A body that was not read: the part of it that has arrived is thrown away. When that is not all of it, this is the
 * last answer, and the rest is thrown away while the answer is sent: a client may read nothing before it has sent its
 * body. */
static void discard_body(struct mocket_h1_exchange *hx)
{
    if (hx->parser.body_done || mocket__h1_body_skip(hx))
        return;
    hx->keep_alive = false;
    mocket__connection_advance(hx->connection, MOCKET_CONNECTION_DISCARDING);
}

static void write_head(struct mocket_h1_exchange *hx, const struct mocket_response_head *head, int64_t body_len)
{
    struct mocket_native_worker *w = hx->ex.worker;
    struct mocket_h1_answer a = {
        .status = head->status,
        .fields = head->fields,
        .body_len = body_len,
        .date = mocket__worker_date(w),
        .method = hx->ex.req.message.method,
        .http10 = hx->ex.req.message.flags & MOCKET_MESSAGE_HTTP10,
        .keep_alive = hx->keep_alive,
    };
    mocket__h1_write_head(&w->out, &a);
    hx->ex.status = head->status;
    hx->keep_alive = a.keep_alive;
    hx->framing = !a.send_body   ? MOCKET_FRAMING_NONE
                  : a.chunked    ? MOCKET_FRAMING_CHUNKED
                  : body_len < 0 ? MOCKET_FRAMING_CLOSE
                                 : MOCKET_FRAMING_LENGTH;
}

/* ---- Bytes ---- */

/* Waits while there are unsent bytes, and now and then for others to have their turn. Returns 0 or MOCKET_ECLOSED. */
static int wait_sent(struct mocket_h1_exchange *hx)
{
    while (mocket__output_unsent(&hx->connection->out) > 0 && !is_gone(hx))
        mocket__exchange_wait(&hx->ex, MOCKET_EXCHANGE_WRITING);
    if (hx->ex.turn_len >= TURN_MAX && !is_gone(hx))
        mocket__exchange_wait(&hx->ex, MOCKET_EXCHANGE_YIELDING);
    return is_gone(hx) ? MOCKET_ECLOSED : 0;
}

/* Sends the worker's buffer and a large body, which is not copied: the handler waits until nothing needs its bytes any
 * more, whatever happens to the connection. */
static int send_large(struct mocket_h1_exchange *hx, mocket_span bytes)
{
    struct mocket_connection *c = hx->connection;
    struct mocket_buf *out = &hx->ex.worker->out;
    struct mocket_unsent lent = { .at = bytes.ptr, .left = bytes.len, .done = true };
    int rc = mocket__buf_status(out);
    if (rc == 0)
        rc = is_gone(hx) ? MOCKET_ECLOSED : mocket__output_lend(&c->out, mocket__buf_view(out), &lent);
    mocket__buf_reset(out);
    if (rc < 0) {
        mocket__connection_cut(c);
        return MOCKET_ECLOSED;
    }
    while (!lent.done)
        mocket__exchange_wait(&hx->ex, MOCKET_EXCHANGE_WRITING);
    return wait_sent(hx);
}

static int put(struct mocket_h1_exchange *hx, mocket_span bytes)
{
    struct mocket_buf *out = &hx->ex.worker->out;
    hx->ex.turn_len += bytes.len;
    if (bytes.len > COPY_MAX)
        return send_large(hx, bytes);
    mocket__buf_span(out, bytes);
    if (out->len < GATHER_MAX)
        return mocket__buf_status(out);
    mocket__connection_flush(hx->connection);
    return wait_sent(hx);
}

static int cut(struct mocket_h1_exchange *hx, int code)
{
    hx->answer = MOCKET_ANSWER_CUT;
    hx->keep_alive = false;
    return code;
}

/* ---- The sink ---- */

static int respond(struct mocket_sink *s, const struct mocket_response_head *head, mocket_span body)
{
    struct mocket_h1_exchange *hx = exchange_of(s);
    if (hx->answer != MOCKET_ANSWER_NONE)
        return MOCKET_ESTATE;
    if (is_gone(hx))
        return cut(hx, MOCKET_ECLOSED);
    discard_body(hx);
    if (mocket__worker_stopping(hx->ex.worker))
        hx->keep_alive = false;
    write_head(hx, head, (int64_t)body.len);
    hx->answer = MOCKET_ANSWER_DONE;
    bool sends = hx->framing != MOCKET_FRAMING_NONE;
    hx->ex.body_out = sends ? body.len : 0;
    int rc = sends && body.len > 0 ? put(hx, body) : mocket__buf_status(&hx->ex.worker->out);
    return rc < 0 ? cut(hx, rc) : 0;
}

static int begin(struct mocket_sink *s, const struct mocket_response_head *head, int64_t body_len)
{
    struct mocket_h1_exchange *hx = exchange_of(s);
    if (hx->answer != MOCKET_ANSWER_NONE)
        return MOCKET_ESTATE;
    if (is_gone(hx))
        return cut(hx, MOCKET_ECLOSED);
    if (body_len < 0)
        body_len = mocket__fields_len(head->fields);
    if (!hx->parser.body_done || mocket__worker_stopping(hx->ex.worker))
        hx->keep_alive = false; /* the handler may read on or not: nothing to build a next request on */
    write_head(hx, head, body_len);
    hx->answer = MOCKET_ANSWER_OPEN;
    hx->body_left = hx->framing == MOCKET_FRAMING_LENGTH ? body_len : -1;
    return 0;
}

static int write_chunk(struct mocket_h1_exchange *hx, mocket_span bytes)
{
    mocket__h1_write_chunk_size(&hx->ex.worker->out, bytes.len);
    int rc = put(hx, bytes);
    return rc < 0 ? rc : put(hx, MOCKET_SPAN("\r\n"));
}

static int write_bytes(struct mocket_sink *s, mocket_span bytes)
{
    struct mocket_h1_exchange *hx = exchange_of(s);
    if (hx->answer != MOCKET_ANSWER_OPEN)
        return hx->answer == MOCKET_ANSWER_CUT ? MOCKET_ECLOSED : MOCKET_ESTATE;
    if (is_gone(hx))
        return cut(hx, MOCKET_ECLOSED);
    if (hx->framing == MOCKET_FRAMING_NONE || bytes.len == 0)
        return 0;
    if (hx->body_left >= 0 && bytes.len > (uint64_t)hx->body_left)
        return MOCKET_EINVAL;
    if (hx->body_left >= 0)
        hx->body_left -= (int64_t)bytes.len;
    hx->ex.body_out += bytes.len;
    int rc = hx->framing == MOCKET_FRAMING_CHUNKED ? write_chunk(hx, bytes) : put(hx, bytes);
    return rc < 0 ? cut(hx, rc) : 0;
}

static int end(struct mocket_sink *s)
{
    struct mocket_h1_exchange *hx = exchange_of(s);
    if (hx->answer != MOCKET_ANSWER_OPEN)
        return hx->answer == MOCKET_ANSWER_CUT ? MOCKET_ECLOSED : MOCKET_ESTATE;
    if (hx->body_left > 0)
        return cut(hx, MOCKET_EINVAL);
    hx->answer = MOCKET_ANSWER_DONE;
    discard_body(hx);
    int rc = hx->framing == MOCKET_FRAMING_CHUNKED ? put(hx, MOCKET_SPAN("0\r\n\r\n")) : 0;
    return rc < 0 ? cut(hx, rc) : 0;
}

static void abort_answer(struct mocket_sink *s)
{
    cut(exchange_of(s), MOCKET_ECLOSED);
}

/* A handshake has no body: where would it end? The head of one was moved (h1_request.c), unless there was no memory. */
static int upgrade(struct mocket_sink *s, const struct mocket_response_head *head, struct mocket_socket *socket)
{
    struct mocket_h1_exchange *hx = exchange_of(s);
    if (hx->answer != MOCKET_ANSWER_NONE)
        return MOCKET_ESTATE;
    if (is_gone(hx))
        return cut(hx, MOCKET_ECLOSED);
    if (hx->pinned.ptr)
        return MOCKET_ENOMEM;
    return mocket__socket_upgrade(hx->connection, &hx->ex, head, socket);
}

void mocket__h1_answer_init(struct mocket_sink *sink)
{
    *sink = (struct mocket_sink){
        .respond = respond, .begin = begin, .write = write_bytes, .end = end, .upgrade = upgrade, .abort = abort_answer
    };
}

/* ---- Refusals ---- */

void mocket__h1_answer_refuse(struct mocket_connection *c, int status)
{
    struct mocket_field rows[] = {
        { .name = MOCKET_SPAN("Content-Type"), .value = MOCKET_SPAN("text/plain; charset=utf-8") },
        { .name = MOCKET_SPAN("Retry-After"), .value = MOCKET_SPAN("1") },
    };
    struct mocket_native_worker *w = c->worker;
    struct mocket_fields fields = { .rows = rows, .count = status == 503 ? 2 : 1, .cap = 2 };
    mocket_span text = mocket__span(mocket__reason(status));
    struct mocket_h1_answer a = { .status = status, .fields = &fields, .body_len = (int64_t)text.len };
    a.date = mocket__worker_date(w);
    mocket__h1_write_head(&w->out, &a);
    mocket__buf_span(&w->out, text);
    mocket__connection_advance(c, MOCKET_CONNECTION_DISCARDING);
    const struct mocket_native_opts *opts = w->server->opts;
    if (opts->on_done)
        opts->on_done(
            opts->data,
            &(struct mocket_native_done){
                .worker = w->app_worker, .peer = c->peer, .status = status, .complete = true, .body_out = text.len });
}
