/* Everything that a socket can do in the C framework. */
#include <mocket.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SPAN(text) ((mocket_span){ "" text, sizeof(text) - 1 })

/* ---- what comes ---- */

static void echo(mocket_socket *s, int kind, mocket_span data)
{
    if (kind == MOCKET_WS_TEXT || kind == MOCKET_WS_BINARY)
        mocket_ws_send(s, kind, data);
}

/* Each event as a text. */
static void told(mocket_socket *s, int kind, mocket_span data)
{
    static const char *const names[] = { "open", "text", "binary", "ping", "closed" };
    mocket_event *e = mocket_ws_event(s);
    char *line = mocket_format(e, "%s %zu %s", names[kind], data.len, data.len < 100 ? data.ptr : "...");
    if (kind == MOCKET_WS_CLOSED)
        mocket_log(e, MOCKET_LOG_WARN, "%s %d", line, mocket_ws_code(s));
    else
        mocket_ws_text(s, line);
}

static const char *or_none(const char *text)
{
    return text ? text : "none";
}

static void request(mocket_socket *s, int kind, mocket_span data)
{
    mocket_event *e = mocket_ws_event(s);
    (void)data;
    if (kind != MOCKET_WS_OPEN && kind != MOCKET_WS_TEXT)
        return;
    mocket_ws_text(s, mocket_format(e, "%s %s id=%s q=%s header=%s cookie=%s local=%s data=%s", mocket_method(e),
                                    mocket_path(e), or_none(mocket_param(e, "id")), or_none(mocket_query(e, "q")),
                                    or_none(mocket_header(e, "x-test")), or_none(mocket_cookie(e, "c")),
                                    or_none(mocket_local(e, "local")), or_none(mocket_data(e))));
}

static void protocol(mocket_socket *s, int kind, mocket_span data)
{
    (void)data;
    if (kind == MOCKET_WS_OPEN)
        mocket_ws_text(s, or_none(mocket_ws_protocol(s)));
}

/* ---- what is answered ---- */

/* "CODE REASON", or "0". */
static void closing(mocket_socket *s, int kind, mocket_span data)
{
    mocket_event *e = mocket_ws_event(s);
    if (kind == MOCKET_WS_TEXT) {
        char *reason;
        long code = strtol(data.ptr, &reason, 10);
        int rc = mocket_ws_close(s, (int)code, *reason ? reason + 1 : NULL);
        mocket_log(e, MOCKET_LOG_WARN, "close %d, again %d, send %d", rc, mocket_ws_close(s, 1000, NULL),
                   mocket_ws_text(s, "too late"));
        if (rc < 0)
            mocket_ws_close(s, 4999, mocket_strerror(rc));
    } else if (kind == MOCKET_WS_CLOSED) {
        mocket_log(e, MOCKET_LOG_WARN, "closed %d '%s', send %d", mocket_ws_code(s), data.ptr,
                   mocket_ws_text(s, "too late"));
    }
}

/* Calls that are refused, and the codes. */
static void refused(mocket_socket *s, int kind, mocket_span data)
{
    char long_text[300];
    (void)data;
    if (kind != MOCKET_WS_TEXT)
        return;
    memset(long_text, 'x', sizeof long_text);
    long_text[299] = '\0';
    int codes[] = { mocket_ws_send(s, MOCKET_WS_TEXT, SPAN("\xff")),
                    mocket_ws_send(s, MOCKET_WS_PING, (mocket_span){ long_text, 126 }),
                    mocket_ws_send(s, MOCKET_WS_PONG, (mocket_span){ long_text, 126 }),
                    mocket_ws_send(s, MOCKET_WS_OPEN, SPAN("")),
                    mocket_ws_send(s, MOCKET_WS_CLOSED, SPAN("")),
                    mocket_ws_close(s, 999, NULL),
                    mocket_ws_close(s, 1004, NULL),
                    mocket_ws_close(s, 1005, NULL),
                    mocket_ws_close(s, 1006, NULL),
                    mocket_ws_close(s, 1015, NULL),
                    mocket_ws_close(s, 2999, NULL),
                    mocket_ws_close(s, 5000, NULL),
                    mocket_ws_close(s, 0, "a reason needs a code"),
                    mocket_ws_close(s, 1000, "\xff"),
                    mocket_ws_close(s, 1000, long_text),
                    mocket_ws_subscribe(s, ""),
                    mocket_ws_subscribe(s, long_text),
                    mocket_ws_unsubscribe(s, ""),
                    mocket_ws_publish(s, "", MOCKET_WS_TEXT, SPAN("x")),
                    mocket_ws_publish(s, "t", MOCKET_WS_PING, SPAN("x")),
                    mocket_ws_publish(s, "t", MOCKET_WS_TEXT, SPAN("\xff")) };
    char line[400] = "";
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        snprintf(line + strlen(line), sizeof line - strlen(line), "%s%d", i ? " " : "", codes[i]);
    mocket_ws_text(s, line);
}

static void sends(mocket_socket *s, int kind, mocket_span data)
{
    if (kind != MOCKET_WS_TEXT)
        return;
    mocket_ws_send(s, MOCKET_WS_PING, data);
    mocket_ws_send(s, MOCKET_WS_PONG, data);
    mocket_ws_send(s, MOCKET_WS_BINARY, data);
    mocket_ws_send(s, MOCKET_WS_TEXT, SPAN(""));
}

/* As many bytes as are asked for, in messages of 64 KiB: more than the client's buffers hold. */
static void flood(mocket_socket *s, int kind, mocket_span data)
{
    static const char piece[65536];
    if (kind != MOCKET_WS_TEXT)
        return;
    int rc = 0;
    for (long left = strtol(data.ptr, NULL, 10); left > 0 && rc == 0; left -= (long)sizeof piece)
        rc = mocket_ws_send(s, MOCKET_WS_BINARY, (mocket_span){ piece, sizeof piece });
    if (rc == 0)
        mocket_ws_text(s, "done");
    mocket_log(mocket_ws_event(s), MOCKET_LOG_WARN, "flood: %s", rc < 0 ? mocket_strerror(rc) : "done");
}

/* ---- topics ---- */

/* "+topic", "-topic", "topic=message"; bytes go to the topic "bytes". */
static void topics(mocket_socket *s, int kind, mocket_span data)
{
    mocket_event *e = mocket_ws_event(s);
    if (kind == MOCKET_WS_BINARY)
        mocket_ws_publish(s, "bytes", kind, data);
    if (kind != MOCKET_WS_TEXT)
        return;
    char *text = mocket_format(e, "%s", data.ptr), *equals = strchr(text, '=');
    if (text[0] == '+')
        mocket_ws_text(s, mocket_format(e, "subscribe %d", mocket_ws_subscribe(s, text + 1)));
    else if (text[0] == '-')
        mocket_ws_text(s, mocket_format(e, "unsubscribe %d", mocket_ws_unsubscribe(s, text + 1)));
    else if (equals) {
        *equals = '\0';
        mocket_ws_publish(s, text, MOCKET_WS_TEXT, (mocket_span){ equals + 1, strlen(equals + 1) });
    }
}

static void many_topics(mocket_socket *s, int kind, mocket_span data)
{
    char name[300];
    int rc = 0, count = 0;
    if (kind != MOCKET_WS_TEXT)
        return;
    for (int i = 0; rc == 0 && i < 5000; i++) {
        snprintf(name, sizeof name, "%.*s%d", (int)data.len, data.ptr, i);
        rc = mocket_ws_subscribe(s, name);
        count += rc == 0;
    }
    mocket_ws_text(s, mocket_format(mocket_ws_event(s), "%d, then %d", count, rc));
}

/* From a handler that has no socket. */
static int publish(mocket_event *e)
{
    mocket_span body;
    int rc = mocket_body(e, &body);
    if (rc == 0)
        rc = mocket_publish(mocket_event_app(e), mocket_param(e, "topic"), MOCKET_WS_TEXT, body);
    return rc ? rc : mocket_text(e, "published");
}

/* ---- waiting ---- */

static void cleaned_up(void *event)
{
    mocket_log(event, MOCKET_LOG_WARN, "socket %s: cleaned up", mocket_query(event, "as"));
}

/* Sleeps that many milliseconds, then echoes; with a "!" behind the number it says so before. */
static void sleepy(mocket_socket *s, int kind, mocket_span data)
{
    mocket_event *e = mocket_ws_event(s);
    if (kind == MOCKET_WS_OPEN)
        mocket_defer(e, cleaned_up, e);
    if (kind != MOCKET_WS_TEXT)
        return;
    mocket_defer(e, cleaned_up, e);
    if (strchr(data.ptr, '!'))
        mocket_ws_text(s, "sleeping");
    int rc = mocket_sleep(e, (uint32_t)strtoul(data.ptr, NULL, 10));
    if (rc == 0)
        rc = mocket_ws_text(s, mocket_format(e, "slept %s", data.ptr));
    mocket_log(e, MOCKET_LOG_WARN, "socket %s: sleep: %s", mocket_query(e, "as"), rc < 0 ? mocket_strerror(rc) : "ok");
}

/* ---- middlewares ---- */

static int guard(mocket_event *e)
{
    if (!mocket_header(e, "Authorization"))
        return mocket_error(e, 401, "who are you?");
    mocket_local_set(e, "local", "guarded");
    mocket_header_set(e, "X-Before", "yes");
    int rc = mocket_next(e);
    mocket_header_set(e, "X-Status", mocket_format(e, "%d", mocket_response_status(e)));
    return rc;
}

static int replace(mocket_event *e)
{
    int rc = mocket_next(e);
    return rc ? rc : mocket_text(e, "no socket for you");
}

static const char *const protocol_names[] = { "chat.v2", "chat.v1", NULL };
static const char *const origin_names[] = { "https://a.example", "https://b.example:8443", NULL };
static const char *const any_origin[] = { "*", NULL };

static void add_routes(mocket_app *app)
{
    mocket_ws(app, "/echo", echo, NULL);
    mocket_ws(app, "/told", told, NULL);
    mocket_ws(app, "/request/:id", request, &(struct mocket_ws_opts){ .data = "mine" });
    mocket_ws(app, "/guarded", request, NULL);
    mocket_ws(app, "/replaced", echo, NULL);
    mocket_ws(app, "/protocol", protocol, &(struct mocket_ws_opts){ .protocols = protocol_names });
    mocket_ws(app, "/no-protocol", protocol, NULL);
    mocket_ws(app, "/origin", echo, &(struct mocket_ws_opts){ .origins = origin_names });
    mocket_ws(app, "/any-origin", echo, &(struct mocket_ws_opts){ .origins = any_origin });
    mocket_ws(app, "/close", closing, NULL);
    mocket_ws(app, "/refused", refused, NULL);
    mocket_ws(app, "/sends", sends, NULL);
    mocket_ws(app, "/flood", flood, NULL);
    mocket_ws(app, "/topics", topics, NULL);
    mocket_ws(app, "/many-topics", many_topics, NULL);
    mocket_ws(app, "/sleepy", sleepy, NULL);
    mocket_post(app, "/publish/:topic", publish);
}

int main(void)
{
    mocket_app *app = mocket_new();
    mocket_app *group = mocket_group(app, "/group"), *deep = mocket_group(group, "/:id/deep");
    mocket_set(app, MOCKET_STOP_GRACE, 2000);
    mocket_use(app, "/guarded", guard, NULL);
    mocket_use(app, "/replaced", replace, NULL);
    mocket_use(group, NULL, guard, NULL);
    mocket_ws(group, "/echo", echo, NULL);
    mocket_ws(deep, "", request, NULL);
    add_routes(app);
    return mocket_listen(app, ":4000");
}
