/* The test client: sends requests to an app and returns its answers, in memory.
 *
 * A send builds the same struct mocket_request as the other backends, calls mocket_dispatch, and stores what the sink
 * receives. So a test runs the router, the middlewares and the handlers; only the wire format is missing. There is no
 * Date, Content-Length or chunk. Answers without a body on the wire (HEAD, 204, 205, 304) have none here either. An
 * answer that would be cut is not an answer.
 *
 * Two arenas with different lives: `pending` holds headers until the send that takes them; `work` holds one exchange,
 * request and reply, until the next send.
 *
 * Several clients may share an app. The first one freezes it and leaves a struct loopback as the app's backend, the
 * last one thaws it. If another backend froze the app (mocket_listen runs), clients leave it frozen. */
#include "../base/buf.h"
#include "../base/memory.h"
#include "../base/span.h"
#include "../core/backend.h"
#include "../core/reply.h"
#include "../http/url.h"
#include "env.h"

/* The backend of an app that only clients use. */
struct loopback {
    struct mocket_backend backend;
    size_t client_count;
};

struct mocket_client {
    mocket_app *app;
    struct loopback *loopback; /* NULL: the app is frozen by somebody else */
    struct mocket_env env;
    struct mocket_arena pending;
    struct mocket_fields headers; /* for the next send, in pending */
    int header_status;            /* 0, or why the next send cannot be */
    struct mocket_arena work;
    struct mocket_reply reply;
};

/* Where one answer goes. */
struct catcher {
    struct mocket_sink sink;
    struct mocket_reply *reply;
    bool bodiless; /* HEAD, 204, 205, 304: the body is taken and dropped */
    bool is_head;
    bool complete;
    struct mocket_buf streamed;
    int status; /* 0, or what went wrong while the answer was kept */
};

/* ---- The answer ---- */

static bool status_bodiless(int status)
{
    return status == 204 || status == 205 || status == 304;
}

static int keep_head(struct catcher *c, const struct mocket_response_head *head)
{
    struct mocket_reply *r = c->reply;
    r->status = head->status;
    c->bodiless = c->is_head || status_bodiless(head->status);
    for (size_t i = 0; i < head->fields->count; i++) {
        const struct mocket_field *row = &head->fields->rows[i];
        if (mocket__is_hop_by_hop(row->name))
            continue;
        mocket_span name = mocket__arena_copy(r->arena, row->name);
        mocket_span value = mocket__arena_copy(r->arena, row->value);
        if (!name.ptr || !value.ptr || mocket__fields_add(&r->fields, r->arena, name, value) < 0)
            return c->status = MOCKET_ENOMEM;
    }
    return 0;
}

static int keep_body(struct catcher *c, mocket_span body)
{
    if (c->bodiless || !body.ptr)
        body = MOCKET_SPAN("");
    c->reply->body = mocket__arena_copy(c->reply->arena, body);
    if (!c->reply->body.ptr)
        return c->status = MOCKET_ENOMEM;
    c->complete = true;
    return 0;
}

static int catcher_respond(struct mocket_sink *s, const struct mocket_response_head *head, mocket_span body)
{
    struct catcher *c = (struct catcher *)s;
    int rc = keep_head(c, head);
    return rc < 0 ? rc : keep_body(c, body);
}

static int catcher_begin(struct mocket_sink *s, const struct mocket_response_head *head, int64_t body_len)
{
    (void)body_len;
    return keep_head((struct catcher *)s, head);
}

static int catcher_write(struct mocket_sink *s, mocket_span bytes)
{
    struct catcher *c = (struct catcher *)s;
    if (!c->bodiless)
        mocket__buf_span(&c->streamed, bytes);
    return c->status = mocket__buf_status(&c->streamed);
}

static int catcher_end(struct mocket_sink *s)
{
    struct catcher *c = (struct catcher *)s;
    return c->status < 0 ? c->status : keep_body(c, mocket__buf_view(&c->streamed));
}

static void catcher_abort(struct mocket_sink *s)
{
    ((struct catcher *)s)->complete = false;
}

static const struct mocket_sink catcher_calls = {
    .respond = catcher_respond,
    .begin = catcher_begin,
    .write = catcher_write,
    .end = catcher_end,
    .abort = catcher_abort,
};

/* ---- The request ---- */

static bool is_visible(mocket_span s)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if (c <= 0x20 || c == 0x7f)
            return false;
    }
    return s.len > 0;
}

/* "METHOD TARGET": exactly one blank, nothing else that is not visible. */
static bool split_line(mocket_span line, struct mocket_message *msg)
{
    size_t blank = mocket__span_find(line, ' ', 0);
    msg->method_text = mocket__span_slice(line, 0, blank);
    msg->target = mocket__span_slice(line, blank + 1, line.len);
    msg->method = mocket__method_of(msg->method_text);
    return mocket__is_token(msg->method_text) && is_visible(msg->target);
}

/* Origin form and `*` stay; absolute form gives its authority away. CONNECT's target is whatever it is: the app
 * refuses the method. */
static bool reduce_target(struct mocket_message *msg, struct mocket_arena *a)
{
    mocket_span target = msg->target;
    bool is_options = msg->method == MOCKET_METHOD_OPTIONS;
    if (target.ptr[0] == '/' || msg->method == MOCKET_METHOD_CONNECT)
        return true;
    if (mocket__span_eq(target, MOCKET_SPAN("*")))
        return is_options;
    if (!mocket__target_absolute(a, target, &msg->authority, &msg->target))
        return false;
    bool no_path = mocket__span_eq(msg->target, MOCKET_SPAN("/")) && target.ptr[target.len - 1] != '/';
    if (is_options && no_path)
        msg->target = MOCKET_SPAN("*"); /* RFC 9112, section 3.2.4 */
    return true;
}

static bool is_name(mocket_span name, const char *text)
{
    return mocket__span_ieq(name, mocket__span(text));
}

/* Host first, as clients send it, and Content-Length as it is; what belongs to a connection has no meaning here. */
static int add_fields(struct mocket_client *c, struct mocket_message *msg, mocket_span body)
{
    size_t at = 0;
    const struct mocket_field *host = mocket__fields_next(&c->headers, MOCKET_SPAN("host"), &at);
    if (!msg->authority.ptr)
        msg->authority = host ? host->value : MOCKET_SPAN("localhost");
    int rc = mocket__fields_add(&msg->fields, &c->work, MOCKET_SPAN("Host"), msg->authority);
    for (size_t i = 0; i < c->headers.count && rc == 0; i++) {
        const struct mocket_field *row = &c->headers.rows[i];
        if (!is_name(row->name, "host") && !is_name(row->name, "content-length") && !mocket__is_hop_by_hop(row->name))
            rc = mocket__fields_add(&msg->fields, &c->work, row->name, row->value);
    }
    return rc < 0 || !body.ptr ? rc : mocket__fields_add_len(&msg->fields, &c->work, body.len);
}

static int build(struct mocket_client *c, struct mocket_request *req, const char *line, mocket_span body)
{
    if (c->header_status < 0 || !line)
        return c->header_status < 0 ? c->header_status : MOCKET_EINVAL;
    req->arena = &c->work;
    req->env = &c->env;
    mocket_span kept = mocket__arena_copy(req->arena, mocket__span(line));
    if (!kept.ptr)
        return MOCKET_ENOMEM;
    if (!split_line(kept, &req->message) || !reduce_target(&req->message, req->arena))
        return MOCKET_EINVAL;
    if (body.ptr) {
        req->whole = mocket__arena_copy(&c->work, body);
        req->message.body_len = (int64_t)body.len;
        if (!req->whole.ptr)
            return MOCKET_ENOMEM;
    }
    req->message.peer = MOCKET_SPAN("127.0.0.1");
    return add_fields(c, &req->message, body);
}

/* ---- The client ---- */

static void loopback_stop(struct mocket_backend *backend)
{
    (void)backend; /* a send is over when it returns: there is nothing to end */
}

/* 0, or below zero when the app has a mistake or there is no memory. */
static int join_app(struct mocket_client *c)
{
    struct mocket_root *root = c->app->root;
    int rc = mocket__app_freeze(c->app);
    if (rc == MOCKET_ESTATE) {
        if (root->backend && root->backend->stop == loopback_stop) {
            c->loopback = (struct loopback *)root->backend;
            c->loopback->client_count++;
        }
        return 0;
    }
    if (rc < 0)
        return rc;
    c->loopback = mocket__new(sizeof *c->loopback);
    if (!c->loopback) {
        mocket__app_thaw(c->app);
        return MOCKET_ENOMEM;
    }
    *c->loopback = (struct loopback){ { .stop = loopback_stop }, 1 };
    root->backend = &c->loopback->backend;
    return 0;
}

static void leave_app(struct mocket_client *c)
{
    if (!c->loopback || --c->loopback->client_count > 0)
        return;
    c->app->root->backend = NULL;
    mocket__free(c->loopback);
    mocket__app_thaw(c->app);
}

mocket_client *mocket_client_new(mocket_app *app)
{
    mocket_client *c = app ? mocket__new(sizeof *c) : NULL;
    if (!c)
        return NULL;
    c->app = app;
    if (join_app(c) < 0) {
        mocket__free(c);
        return NULL;
    }
    mocket__arena_init(&c->pending, 0);
    mocket__arena_init(&c->work, 0);
    mocket__loopback_env(&c->env, mocket__app_worker_start(app));
    return c;
}

void mocket_client_header(mocket_client *c, const char *name, const char *value)
{
    if (!c || c->header_status < 0)
        return;
    mocket_span n = mocket__arena_copy(&c->pending, mocket__span(name));
    mocket_span v = mocket__arena_copy(&c->pending, mocket__span_trim(mocket__span(value)));
    if (!name || !value)
        c->header_status = MOCKET_EINVAL;
    else if (!n.ptr || !v.ptr)
        c->header_status = MOCKET_ENOMEM;
    else if (!mocket__is_token(n) || !mocket__is_sent_value(v))
        c->header_status = MOCKET_EINVAL;
    else
        c->header_status = mocket__fields_add(&c->headers, &c->pending, n, v);
}

mocket_reply *mocket_client_send(mocket_client *c, const char *line, mocket_span body)
{
    if (!c)
        return NULL;
    mocket__arena_reset(&c->work);
    c->reply = (struct mocket_reply){ .arena = &c->work };
    struct mocket_request req = { 0 };
    struct catcher catcher = { .sink = catcher_calls, .reply = &c->reply };
    struct mocket_response res = { .sink = &catcher.sink };
    int rc = build(c, &req, line, body);
    if (rc == 0) {
        catcher.is_head = req.message.method == MOCKET_METHOD_HEAD;
        mocket_dispatch(c->app, &req, &res);
    }
    mocket__buf_release(&catcher.streamed);
    mocket__arena_reset(&c->pending);
    c->headers = (struct mocket_fields){ 0 };
    c->header_status = 0;
    return rc == 0 && catcher.complete && catcher.status == 0 ? &c->reply : NULL;
}

void mocket_client_free(mocket_client *c)
{
    if (!c)
        return;
    mocket__app_worker_stop(c->app, c->env.worker);
    mocket__arena_release(&c->pending);
    mocket__arena_release(&c->work);
    leave_app(c);
    mocket__free(c);
}
