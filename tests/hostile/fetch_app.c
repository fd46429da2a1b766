/* An app of the library that sends requests to the server that ORIGIN names; the same natively and as a guest. */
#include <mocket.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *url_of(mocket_event *e, const char *path)
{
    const char *origin = getenv("ORIGIN");
    size_t len = strlen(origin ? origin : "") + strlen(path) + 1;
    char *url = mocket_mem(e, len);
    snprintf(url, len, "%s%s", origin ? origin : "", path);
    return url;
}

/* Passes an answer on, or tells the code. */
static int pass_on(mocket_event *e, int rc, mocket_reply *reply)
{
    char text[32];
    snprintf(text, sizeof text, "%d", rc);
    if (rc < 0)
        return mocket_text(e, text);
    mocket_status(e, mocket_reply_status(reply));
    return mocket_stream(e, mocket_reply_source(reply));
}

static int down(mocket_event *e)
{
    mocket_reply *reply = NULL;
    int rc = mocket_fetch(e, "GET", url_of(e, mocket_query(e, "path")), NULL, &reply);
    return pass_on(e, rc, reply);
}

static int up(mocket_event *e)
{
    mocket_reply *reply = NULL;
    struct mocket_fetch_opts opts = { .source = mocket_body_source(e) };
    int rc = mocket_fetch(e, "POST", url_of(e, mocket_query(e, "path")), &opts, &reply);
    return pass_on(e, rc, reply);
}

/* A reply as text: status, a header, body. */
static int whole(mocket_event *e)
{
    mocket_reply *reply = NULL;
    mocket_span body;
    static const char *const headers[] = { "X-Sent: yes", NULL };
    const char *ms = mocket_query(e, "ms"), *method = mocket_query(e, "method");
    struct mocket_fetch_opts opts = { .headers = headers,
                                      .max_body = 100,
                                      .body = { "abc", 3 },
                                      .retry = mocket_query(e, "retry") != NULL,
                                      .timeout_ms = ms ? (uint32_t)atol(ms) : 0 };
    int rc = mocket_fetch(e, method ? method : "PUT", url_of(e, mocket_query(e, "path")), &opts, &reply);
    int status = mocket_reply_status(reply), rc2 = rc < 0 ? rc : mocket_reply_body(reply, &body);
    char text[300];
    const char *mixed = mocket_reply_header(reply, "x-mixed");
    snprintf(text, sizeof text, "%d %s %d %.*s", status, mixed ? mixed : "-", rc2, rc2 < 0 ? 0 : (int)body.len,
             rc2 < 0 ? "" : body.ptr);
    return mocket_text(e, text);
}

static int any(mocket_event *e)
{
    mocket_call *calls[4] = { mocket_fetch_start(e, "GET", url_of(e, "/slow/400"), NULL), NULL,
                              mocket_fetch_start(e, "GET", url_of(e, "/slow/100"), NULL),
                              mocket_fetch_start(e, "GET", "nonsense", NULL) };
    mocket_reply *reply;
    char text[300];
    int bad = mocket_wait_any(e, calls, 4, -1), why = mocket_wait(e, calls[3], &reply);
    int late = mocket_wait_any(e, calls, 3, 20), first = mocket_wait_any(e, calls, 3, 5000);
    int rc = mocket_wait(e, calls[2], &reply), status = mocket_reply_status(reply);
    calls[2] = NULL;
    int second = mocket_wait_any(e, calls, 2, 50), none = mocket_wait_any(e, calls + 1, 1, 50);
    mocket_cancel(calls[0]);
    mocket_cancel(calls[0]);
    int cancelled = mocket_wait(e, calls[0], &reply);
    snprintf(text, sizeof text, "%d %d %d %d %d %d %d %d %d", bad, why, late, first, rc, status, second, none,
             cancelled);
    return mocket_text(e, text);
}

/* Both answers are there by the time that it looks. */
static int lowest(mocket_event *e)
{
    mocket_call *calls[2] = { mocket_fetch_start(e, "GET", url_of(e, "/hello"), NULL),
                              mocket_fetch_start(e, "GET", url_of(e, "/hello"), NULL) };
    mocket_reply *reply;
    char text[60];
    mocket_sleep(e, 200);
    int rc = mocket_wait(e, calls[1], &reply), index = mocket_wait_any(e, calls, 2, -1);
    mocket_span body;
    mocket_reply_body(reply, &body);
    int again = mocket_reply_body(reply, &body);
    snprintf(text, sizeof text, "%d %d %d %.*s", rc, index, again, (int)body.len, body.ptr);
    return mocket_text(e, text);
}

/* Two uploads, sent in turns while both are waited for. */
static int uploads(mocket_event *e)
{
    struct mocket_fetch_opts opts = { .source = mocket_body_source(e) };
    mocket_call *calls[2] = { mocket_fetch_start(e, "GET", url_of(e, "/slow/300"), NULL),
                              mocket_fetch_start(e, "PUT", url_of(e, "/count"), &opts) };
    mocket_reply *reply;
    mocket_span body = { "", 0 };
    char text[60];
    int index = mocket_wait_any(e, calls, 2, -1), rc = mocket_wait(e, calls[1], &reply);
    if (rc == 0)
        mocket_reply_body(reply, &body);
    snprintf(text, sizeof text, "%d %d %.*s", index, rc, (int)body.len, body.ptr);
    return mocket_text(e, text);
}

/* Each message is a path; the answer is sent back, and belongs to the message. */
static void fetch_for(mocket_socket *s, int kind, mocket_span path)
{
    mocket_event *e = mocket_ws_event(s);
    mocket_reply *reply = NULL;
    mocket_span body;
    char text[100];
    if (kind != MOCKET_WS_TEXT || path.len >= sizeof text)
        return;
    memcpy(text, path.ptr, path.len);
    text[path.len] = '\0';
    mocket_fetch_start(e, "GET", url_of(e, "/hold"), NULL); /* nobody waits for it */
    int rc = mocket_fetch(e, "GET", url_of(e, text), NULL, &reply);
    if (rc == 0)
        rc = mocket_reply_body(reply, &body);
    if (rc == 0)
        mocket_ws_send(s, MOCKET_WS_TEXT, body);
}

int main(void)
{
    mocket_app *app = mocket_new();
    mocket_get(app, "/down", down);
    mocket_post(app, "/up", up);
    mocket_get(app, "/whole", whole);
    mocket_get(app, "/any", any);
    mocket_get(app, "/lowest", lowest);
    mocket_post(app, "/uploads", uploads);
    mocket_ws(app, "/socket", fetch_for, NULL);
    mocket_set(app, MOCKET_MAX_BODY, MOCKET_UNLIMITED);
    return mocket_listen(app, "127.0.0.1:0");
}
