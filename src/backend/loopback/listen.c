/* mocket_listen over standard input and output: one connection, no network, nothing in parallel.
 *
 * It is for contract tests, inetd and debuggers: an app linked with it reads HTTP/1.1 from descriptor 0 and writes
 * answers to descriptor 1, until the input ends or an answer closes the connection. Parser, framework and writer are
 * those of the native backend. There are no sockets, fibers and time limits; a read without input blocks.
 *
 * The input buffer holds the head of the request at work at its beginning: the message's spans point into it, so while
 * that request lives the buffer must not move. There is room for READ_LEN bytes behind the head before it is parsed,
 * body bytes are read into that room repeatedly, and pipelined bytes stay in place.
 *
 * Environment MOCKET_READ_MAX=n: no read takes more than n bytes, so that a test chooses where its input is cut. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "../../base/buf.h"
#include "../../base/check.h"
#include "../../base/container.h"
#include "../../base/span.h"
#include "../../core/backend.h"
#include "../../wire/h1_parse.h"
#include "../../wire/h1_write.h"
#include "../../http/reason.h"
#include "../../test_client/env.h"

#define READ_LEN 16384
#define DRAIN_LEN 65536 /* of an unread body; beyond it the connection is closed */
#define DRAIN_SILENCE_MS 50

struct conn {
    struct mocket_backend backend;
    mocket_app *app;
    struct mocket_env env;
    struct mocket_arena arena;
    struct mocket_h1 parser;
    struct mocket_buf in;
    size_t head_len; /* of the request at work, at the beginning of in */
    size_t at;       /* bytes of in that are used up */
    size_t read_max;
    struct mocket_buf out;
    bool continued; /* 100 Continue was sent, or is not needed */
    bool gone;      /* output failed */
    volatile bool stopping;
    int refuse; /* status for a malformed body, 0 */
};

/* One exchange: the sink that mocket_dispatch answers to and the source that it reads. */
struct exchange {
    struct mocket_sink sink;
    struct mocket_source source;
    struct conn *conn;
    struct mocket_message *msg;
    struct mocket_h1_answer answer;
    mocket_span data; /* body bytes that were decoded and not taken yet */
    int64_t left;     /* bytes of the answer still to be written; -1: unknown */
    bool keep_alive;
};

static struct exchange *of_source(struct mocket_source *s)
{
    return MOCKET_CONTAINER_OF(s, struct exchange, source);
}

/* ---- Bytes in and out ---- */

/* Appends what comes next to in. False at the end of input. */
static bool fill(struct conn *c)
{
    char *room = mocket__buf_room(&c->in, READ_LEN);
    if (!room)
        return false;
    ssize_t n;
    do
        n = read(STDIN_FILENO, room, c->read_max);
    while (n < 0 && errno == EINTR);
    if (n <= 0)
        return false;
    c->in.len += (size_t)n;
    return true;
}

static int flush(struct conn *c)
{
    if (mocket__buf_status(&c->out) < 0)
        c->gone = true;
    for (size_t done = 0; done < c->out.len && !c->gone;) {
        ssize_t n = write(STDOUT_FILENO, c->out.ptr + done, c->out.len - done);
        if (n >= 0)
            done += (size_t)n;
        else if (errno != EINTR)
            c->gone = true;
    }
    mocket__buf_reset(&c->out);
    return c->gone ? MOCKET_ECLOSED : 0;
}

static mocket_span unread(const struct conn *c)
{
    return (mocket_span){ c->in.ptr + c->at, c->in.len - c->at };
}

/* ---- The body ---- */

static void say_continue(struct conn *c)
{
    if (c->continued)
        return;
    c->continued = true;
    mocket__buf_text(&c->out, "HTTP/1.1 100 Continue\r\n\r\n");
    flush(c);
}

/* Body bytes again into the room behind the head, which the head's views never reach. */
static bool fill_body(struct conn *c)
{
    c->at = c->in.len = c->head_len;
    return fill(c);
}

/* Decodes until there are bytes in data or the body is over. */
static int more_data(struct exchange *x)
{
    struct conn *c = x->conn;
    while (x->data.len == 0 && !c->parser.body_done) {
        if (unread(c).len == 0) {
            say_continue(c);
            if (c->gone)
                return MOCKET_ECLOSED;
            if (!fill_body(c)) {
                c->refuse = 400; /* the input is over, but whoever reads the output may still be there */
                return MOCKET_EINVAL;
            }
        }
        ptrdiff_t used = mocket__h1_body(&c->parser, unread(c), &x->data);
        if (used < 0) {
            c->refuse = (int)-used;
            return MOCKET_EINVAL;
        }
        c->at += (size_t)used;
    }
    return 0;
}

static ptrdiff_t body_read(struct mocket_source *s, void *buf, size_t cap)
{
    struct exchange *x = of_source(s);
    if (x->conn->refuse)
        return MOCKET_EINVAL;
    int rc = more_data(x);
    if (rc < 0)
        return rc;
    mocket_span piece = mocket__span_slice(x->data, 0, cap);
    if (piece.len > 0)
        memcpy(buf, piece.ptr, piece.len);
    x->data = mocket__span_slice(x->data, piece.len, x->data.len);
    return (ptrdiff_t)piece.len;
}

static bool input_comes(void)
{
    struct pollfd in = { .fd = STDIN_FILENO, .events = POLLIN };
    return poll(&in, 1, DRAIN_SILENCE_MS) > 0;
}

/* Reads the rest of an unread body, if it is small and arrives soon. Returns whether a request may follow. */
static bool drain(struct exchange *x)
{
    struct conn *c = x->conn;
    size_t drained = 0;
    for (;;) {
        drained += x->data.len;
        x->data.len = 0;
        if (c->parser.body_done || c->refuse || c->gone || drained > DRAIN_LEN)
            break;
        bool here = unread(c).len > 0;
        if (!here && (!c->continued || !input_comes()))
            break;
        if (more_data(x) < 0)
            break;
    }
    return c->parser.body_done && !c->refuse && !c->gone;
}

/* ---- The answer ---- */

static int write_head(struct exchange *x, const struct mocket_response_head *head, int64_t body_len)
{
    struct conn *c = x->conn;
    char date[30];
    mocket__http_date(date, (int64_t)time(NULL));
    MOCKET_CHECK(x->answer.status == 0); /* one head for each request */
    x->answer = (struct mocket_h1_answer){ .status = head->status,
                                           .fields = head->fields,
                                           .body_len = body_len,
                                           .date = { date, 29 },
                                           .method = x->msg->method,
                                           .http10 = (x->msg->flags & MOCKET_MESSAGE_HTTP10) != 0,
                                           .keep_alive = x->keep_alive };
    mocket__h1_write_head(&c->out, &x->answer);
    x->keep_alive = x->answer.keep_alive;
    x->left = body_len;
    c->continued = true; /* too late for it */
    return flush(c);
}

/* The body was malformed: the client gets this refusal instead of the app's answer, and the connection ends (H-03). */
static int write_refusal(struct exchange *x)
{
    struct conn *c = x->conn;
    struct mocket_field row = { MOCKET_SPAN("Content-Type"), MOCKET_SPAN("text/plain; charset=utf-8") };
    struct mocket_fields fields = { &row, 1, 1 };
    mocket_span reason = mocket__span(mocket__reason(c->refuse));
    x->keep_alive = false;
    int rc = write_head(x, &(struct mocket_response_head){ c->refuse, &fields }, (int64_t)reason.len);
    if (rc < 0 || !x->answer.send_body)
        return rc;
    mocket__buf_span(&c->out, reason);
    return flush(c);
}

static int sink_respond(struct mocket_sink *s, const struct mocket_response_head *head, mocket_span body)
{
    struct exchange *x = (struct exchange *)s;
    if (x->conn->gone)
        return MOCKET_ECLOSED;
    if (x->conn->refuse)
        return write_refusal(x);
    x->keep_alive = drain(x) && x->keep_alive;
    int rc = write_head(x, head, (int64_t)body.len);
    if (rc < 0 || !x->answer.send_body)
        return rc;
    mocket__buf_span(&x->conn->out, body);
    return flush(x->conn);
}

/* The handler may still read the body while it answers: the rest of the body is drained at the end. */
static int sink_begin(struct mocket_sink *s, const struct mocket_response_head *head, int64_t body_len)
{
    struct exchange *x = (struct exchange *)s;
    if (x->conn->gone)
        return MOCKET_ECLOSED;
    return write_head(x, head, body_len);
}

static int sink_write(struct mocket_sink *s, mocket_span bytes)
{
    struct exchange *x = (struct exchange *)s;
    struct mocket_buf *out = &x->conn->out;
    if (x->left >= 0 && (int64_t)bytes.len > x->left)
        return MOCKET_EINVAL;
    x->left -= x->left >= 0 ? (int64_t)bytes.len : 0;
    if (bytes.len == 0 || !x->answer.send_body)
        return x->conn->gone ? MOCKET_ECLOSED : 0;
    if (x->answer.chunked)
        mocket__h1_write_chunk_size(out, bytes.len);
    mocket__buf_span(out, bytes);
    if (x->answer.chunked)
        mocket__buf_text(out, "\r\n");
    return flush(x->conn);
}

static void sink_abort(struct mocket_sink *s)
{
    ((struct exchange *)s)->keep_alive =
        false; /* no last chunk and no more bytes: the client sees that the answer is incomplete */
}

static int sink_end(struct mocket_sink *s)
{
    struct exchange *x = (struct exchange *)s;
    if (x->left > 0 && x->answer.send_body) {
        sink_abort(s);
        return MOCKET_EINVAL;
    }
    if (x->answer.chunked && x->answer.send_body)
        mocket__buf_text(&x->conn->out, "0\r\n\r\n");
    int rc = flush(x->conn);
    x->keep_alive = drain(x) && x->keep_alive;
    return rc;
}

static const struct mocket_sink sink_calls = {
    .respond = sink_respond,
    .begin = sink_begin,
    .write = sink_write,
    .end = sink_end,
    .abort = sink_abort,
};

/* ---- The connection ---- */

/* One request whose head is there. True when another may follow. */
static bool serve_request(struct conn *c, struct mocket_message *msg)
{
    struct exchange x = {
        .sink = sink_calls, .source = { .read = body_read }, .conn = c, .msg = msg, .keep_alive = c->parser.keep_alive
    };
    struct mocket_request req = { .message = *msg, .arena = &c->arena, .env = &c->env };
    struct mocket_response res = { .sink = &x.sink };
    bool waits = c->parser.expect_continue && unread(c).len == 0;
    c->continued = !waits;
    if (!c->parser.body_done)
        req.source = &x.source;
    mocket_dispatch(c->app, &req, &res);
    return x.keep_alive && !c->gone;
}

static void refuse_head(struct conn *c, int status)
{
    struct mocket_message msg = { 0 };
    struct exchange x = { .conn = c, .msg = &msg };
    c->refuse = status;
    write_refusal(&x);
}

/* Reads until a head is there and serves it. False when the connection is over. */
static bool serve_next(struct conn *c)
{
    struct mocket_message msg = { 0 };
    ptrdiff_t used = 0;
    while (used == 0) {
        if (mocket__buf_room(&c->in, READ_LEN)) /* behind the head, before it is parsed: it must not move later */
            used = mocket__h1_head(&c->parser, &msg, &c->arena, mocket__buf_view(&c->in));
        else
            used = -503;
        if (used == 0 && !fill(c))
            return false;
    }
    if (used < 0) {
        refuse_head(c, (int)-used);
        return false;
    }
    c->head_len = c->at = (size_t)used;
    bool more = serve_request(c, &msg);
    mocket__buf_consume(&c->in, c->at);
    mocket__arena_reset(&c->arena);
    mocket__h1_reset(&c->parser);
    return more;
}

static size_t read_max(void)
{
    const char *text = getenv("MOCKET_READ_MAX");
    int64_t n = text ? mocket__span_decimal(mocket__span(text), READ_LEN) : READ_LEN;
    return n > 0 ? (size_t)n : READ_LEN;
}

static void conn_stop(struct mocket_backend *backend)
{
    ((struct conn *)backend)->stopping = true;
}

static void conn_open(struct conn *c, mocket_app *app)
{
    *c = (struct conn){ .backend = { .stop = conn_stop }, .app = app, .read_max = read_max() };
    struct mocket_h1_limits limits = {
        .head_len = (size_t)mocket__app_setting(app, MOCKET_MAX_HEAD),
        .target_len = (size_t)mocket__app_setting(app, MOCKET_MAX_TARGET),
        .field_count = (size_t)mocket__app_setting(app, MOCKET_MAX_FIELDS),
    };
    mocket__arena_init(&c->arena, 0);
    mocket__h1_init(&c->parser, &limits);
    mocket__loopback_env(&c->env, mocket__app_worker_start(app));
}

static void conn_close(struct conn *c)
{
    mocket__app_worker_stop(c->app, c->env.worker);
    mocket__buf_release(&c->in);
    mocket__buf_release(&c->out);
    mocket__arena_release(&c->arena);
}

int mocket_listen(mocket_app *app, const char *address)
{
    (void)address; /* there is one connection, and it is open */
    int rc = mocket__app_freeze(app);
    if (rc < 0) {
        const char *problem = mocket_problem(app);
        fprintf(stderr, "mocket: %s\n", problem ? problem : mocket_strerror(rc));
        return rc;
    }
    struct conn c;
    conn_open(&c, app);
    app->root->backend = &c.backend;
    while (!c.stopping && serve_next(&c))
        continue;
    app->root->backend = NULL;
    conn_close(&c);
    mocket__app_thaw(app);
    return 0;
}
