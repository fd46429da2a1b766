/* An app that fetches what the script beside asks it to, and tells what came of it. */
#include <mocket.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* libcurl closes some sockets without a word. The client then takes the number out of its epoll, where another thread
 * may have a socket of that number by now; the kernel answers ENOENT. The thread sanitizer takes that for a race. */
const char *__tsan_default_suppressions(void);
const char *__tsan_default_suppressions(void)
{
    return "race:plug_watch\n";
}

#define MOST 300

static atomic_long live; /* handlers that have not ended */

static void leave(void *ptr)
{
    (void)ptr;
    atomic_fetch_sub(&live, 1);
}

static int alive(mocket_event *e)
{
    return mocket_textf(e, "%ld", atomic_load(&live));
}

static const char *query(mocket_event *e, const char *name, const char *otherwise)
{
    const char *text = mocket_query(e, name);
    return text ? text : otherwise;
}

static long number(mocket_event *e, const char *name, long otherwise)
{
    const char *text = mocket_query(e, name);
    return text ? atol(text) : otherwise;
}

/* The values of X-Send, as header lines, and the line of the query, which may hold any byte. */
static const char *const *lines(mocket_event *e)
{
    const mocket_fields *all = mocket_fields_of(e, MOCKET_HEADERS);
    size_t count = mocket_fields_count(all), used = 0;
    const char **list = mocket_mem(e, (count + 2) * sizeof *list), *line = mocket_query(e, "line");
    if (list && line)
        list[used++] = line;
    for (size_t i = 0; list && i < count; i++) {
        mocket_span name, value;
        mocket_fields_at(all, i, &name, &value);
        if (strcmp(name.ptr, "x-send") == 0)
            list[used++] = value.ptr;
    }
    return list;
}

static struct mocket_fetch_opts opts_of(mocket_event *e)
{
    return (struct mocket_fetch_opts){ .size = sizeof(struct mocket_fetch_opts),
                                       .headers = lines(e),
                                       .no_follow = mocket_query(e, "nofollow") != NULL,
                                       .retry = mocket_query(e, "retry") != NULL,
                                       .timeout_ms = (uint32_t)number(e, "ms", 0),
                                       .max_body = number(e, "max", 0) };
}

/* The head and the body of the reply, or why there is none. */
static int get(mocket_event *e)
{
    struct mocket_fetch_opts opts = opts_of(e);
    mocket_reply *reply;
    mocket_span body, name, value;
    if (mocket_query(e, "body") && mocket_body(e, &opts.body) != 0)
        return 400;
    int rc = mocket_fetch(e, query(e, "method", "GET"), query(e, "url", ""), &opts, &reply);
    if (rc < 0)
        return mocket_textf(e, "error %d", rc);
    rc = mocket_reply_body(reply, &body);
    mocket_write(e, mocket_fields_count(mocket_reply_headers(reply)) ? (mocket_span){ "reply\n", 6 }
                                                                     : (mocket_span){ "bare\n", 5 });
    const char *head = mocket_format(e, "%d %d\n", mocket_reply_status(reply), rc);
    for (size_t i = 0; i < mocket_fields_count(mocket_reply_headers(reply)); i++) {
        mocket_fields_at(mocket_reply_headers(reply), i, &name, &value);
        head = mocket_format(e, "%s%s: %s\n", head, name.ptr, value.ptr);
    }
    mocket_write(e, (mocket_span){ head, strlen(head) });
    mocket_write(e, (mocket_span){ "\n", 1 });
    return mocket_write(e, body);
}

/* Streams both ways. */
static int pipe_through(mocket_event *e)
{
    struct mocket_fetch_opts opts = opts_of(e);
    mocket_reply *reply;
    atomic_fetch_add(&live, 1);
    mocket_defer(e, leave, NULL);
    if (mocket_header(e, "Content-Length") || mocket_header(e, "X-Chunked")) {
        opts.source = mocket_body_source(e);
        opts.source_len = mocket_query(e, "chunks") ? 0 : atol(query(e, "len", "0"));
    }
    int rc = mocket_fetch(e, mocket_method(e), query(e, "url", ""), &opts, &reply);
    if (rc < 0)
        return rc == MOCKET_ECLOSED ? rc : mocket_error(e, 502, "error %d", rc);
    mocket_status(e, mocket_reply_status(reply));
    return mocket_stream(e, mocket_reply_source(reply));
}

/* As many at once; how many of them answered 200, and the bytes of their bodies. names: each goes to another server. */
static int fan(mocket_event *e)
{
    long count = number(e, "n", 3), good = 0;
    const char *url = query(e, "url", ""), *names = mocket_query(e, "names");
    size_t bytes = 0;
    mocket_call *calls[MOST] = { NULL };
    mocket_reply *reply;
    mocket_span body;
    int i;
    for (i = 0; i < count && i < MOST; i++) {
        if (names)
            url = mocket_format(e, "http://%s%d.example.com/", names, i);
        calls[i] = mocket_fetch_start(e, "GET", url, NULL);
    }
    while ((i = mocket_wait_any(e, calls, MOST, -1)) >= 0) {
        int rc = mocket_wait(e, calls[i], &reply);
        if (rc == 0)
            rc = mocket_reply_body(reply, &body);
        good += rc == 0 && mocket_reply_status(reply) == 200;
        bytes += rc == 0 ? body.len : 0;
        calls[i] = NULL;
    }
    return mocket_textf(e, "%ld %zu %d", good, bytes, i);
}

/* The order in which a, b and c answer, and what becomes of those that are cancelled when the time is up. */
static int order(mocket_event *e)
{
    static const char *const names[] = { "a", "b", "c" };
    mocket_call *calls[3] = { NULL }, *all[3];
    const char *told = "";
    mocket_reply *reply;
    int i;
    for (i = 0; i < 3; i++)
        if (mocket_query(e, names[i]))
            calls[i] = mocket_fetch_start(e, "GET", mocket_query(e, names[i]), NULL);
    memcpy(all, calls, sizeof all);
    while ((i = mocket_wait_any(e, calls, 3, number(e, "ms", -1))) >= 0) {
        told = mocket_format(e, "%s%s%d ", told, names[i], mocket_wait(e, calls[i], &reply));
        calls[i] = NULL;
    }
    told = mocket_format(e, "%s(%d)", told, i);
    for (int j = 0; j < 3; j++) {
        mocket_cancel(all[j]);
        mocket_cancel(all[j]);
        if (calls[j])
            told = mocket_format(e, "%s %s%d", told, names[j], mocket_wait(e, calls[j], &reply));
    }
    return mocket_text(e, told);
}

/* A reply whose body is cancelled. */
static int cancel(mocket_event *e)
{
    mocket_reply *reply;
    mocket_span body;
    mocket_call *call = mocket_fetch_start(e, "GET", query(e, "url", ""), NULL);
    int rc = mocket_wait(e, call, &reply);
    if (rc < 0)
        return mocket_textf(e, "error %d", rc);
    mocket_cancel(call);
    rc = mocket_reply_body(reply, &body);
    return mocket_textf(e, "%d %d %s", mocket_reply_status(reply), rc, mocket_reply_header(reply, "X-Kind"));
}

/* The reply to one request is the body of the next. */
static int relay(mocket_event *e)
{
    struct mocket_fetch_opts opts = { .size = sizeof opts };
    mocket_reply *from, *to;
    mocket_span body;
    int rc = mocket_fetch(e, "GET", query(e, "from", ""), NULL, &from);
    if (rc == 0) {
        opts.source = mocket_reply_source(from);
        rc = mocket_fetch(e, "POST", query(e, "to", ""), &opts, &to);
    }
    if (rc == 0)
        rc = mocket_reply_body(to, &body);
    return rc == 0 ? mocket_bytes(e, body, NULL) : mocket_textf(e, "error %d", rc);
}

/* A body whose only piece is what another server says, which is waited for as a whole. */
struct told {
    mocket_event *event;
    const char *url;
    mocket_reply *reply;
    bool over;
};

static ptrdiff_t ask_and_tell(void *data, void *buf, size_t cap)
{
    struct told *t = data;
    mocket_span body;
    int rc = 0;
    if (t->over)
        return 0;
    if (!t->reply) {
        mocket_call *call = mocket_fetch_start(t->event, "GET", t->url, NULL);
        rc = mocket_query(t->event, "any") ? mocket_wait_any(t->event, &call, 1, 600000) : 0;
        if (rc == 0)
            rc = mocket_wait(t->event, call, &t->reply);
    }
    if (rc == 0)
        rc = mocket_reply_body(t->reply, &body);
    if (rc < 0)
        return rc;
    t->over = true;
    memcpy(buf, body.ptr, body.len < cap ? body.len : cap);
    return (ptrdiff_t)body.len;
}

static int nested(mocket_event *e)
{
    struct told told = { .event = e, .url = query(e, "from", "") };
    struct mocket_fetch_opts opts = { .size = sizeof opts, .source = mocket_source_new(e, ask_and_tell, NULL, &told) };
    mocket_reply *reply;
    mocket_span body;
    int rc = mocket_fetch(e, "POST", query(e, "to", ""), &opts, &reply);
    if (rc == 0)
        rc = mocket_reply_body(reply, &body);
    return rc == 0 ? mocket_bytes(e, body, NULL) : mocket_textf(e, "error %d", rc);
}

static ptrdiff_t read_part(void *data, void *buf, size_t cap)
{
    return mocket_multipart_read(data, buf, cap);
}

/* Sends the first part of a form on, and tells the second one. */
static int parts(mocket_event *e)
{
    struct mocket_fetch_opts opts = { .size = sizeof opts };
    struct mocket_upload part;
    mocket_multipart *form;
    mocket_reply *reply = NULL;
    mocket_span body;
    int rc = mocket_body_multipart(e, &form);
    if (rc == 0)
        rc = mocket_multipart_next(form, &part) == 1 ? 0 : MOCKET_EINVAL;
    if (rc == 0) {
        opts.source = mocket_source_new(e, read_part, NULL, form);
        rc = mocket_fetch(e, "POST", query(e, "url", ""), &opts, &reply);
    }
    if (rc == 0)
        rc = mocket_multipart_next(form, &part) == 1 ? mocket_multipart_data(form, &body) : MOCKET_EINVAL;
    return mocket_textf(e, "%d %d %s", rc, mocket_reply_status(reply), rc == 0 ? body.ptr : "");
}

/* Starts calls and waits for none of them. */
static int forget(mocket_event *e)
{
    for (int i = 0; i < 10; i++)
        mocket_fetch_start(e, "GET", query(e, "url", ""), NULL);
    return mocket_text(e, "forgotten");
}

static int hello(mocket_event *e)
{
    return mocket_text(e, "hello");
}

/* How a WebSocket fetches: a URL comes, the status and the body go back. */
static void on_socket(mocket_socket *s, int kind, mocket_span data)
{
    mocket_event *e = mocket_ws_event(s);
    mocket_reply *reply;
    mocket_span body;
    if (kind != MOCKET_WS_TEXT)
        return;
    int rc = mocket_fetch(e, "GET", mocket_format(e, "%.*s", (int)data.len, data.ptr), NULL, &reply);
    if (rc == 0)
        rc = mocket_reply_body(reply, &body);
    mocket_ws_text(s, rc < 0 ? mocket_format(e, "error %d", rc)
                             : mocket_format(e, "%d %.*s", mocket_reply_status(reply), (int)body.len, body.ptr));
}

int main(void)
{
    mocket_app *app = mocket_new();
    mocket_set(app, MOCKET_MAX_BODY, MOCKET_UNLIMITED);
    mocket_get(app, "/", hello);
    mocket_get(app, "/alive", alive);
    mocket_all(app, "/get", get);
    mocket_all(app, "/pipe", pipe_through);
    mocket_get(app, "/fan", fan);
    mocket_get(app, "/order", order);
    mocket_get(app, "/cancel", cancel);
    mocket_get(app, "/relay", relay);
    mocket_get(app, "/nested", nested);
    mocket_post(app, "/parts", parts);
    mocket_get(app, "/forget", forget);
    mocket_ws(app, "/socket", on_socket, NULL);
    int rc = mocket_listen(app, ":4000");
    mocket_free(app);
    return rc;
}
