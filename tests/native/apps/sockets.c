/* WebSockets of every behaviour that tests/native/websocket needs; settings by the environment. What ends is logged:
 * "closed PATH CODE REASON". */
#include <mocket.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    enum mocket_setting what;
} settings[] = {
    { "MAX_MESSAGE", MOCKET_MAX_MESSAGE },         { "MAX_BACKLOG", MOCKET_MAX_BACKLOG },
    { "WS_TIMEOUT", MOCKET_WS_TIMEOUT },           { "STOP_GRACE", MOCKET_STOP_GRACE },
    { "WRITE_TIMEOUT", MOCKET_WRITE_TIMEOUT },     { "IDLE_TIMEOUT", MOCKET_IDLE_TIMEOUT },
    { "MAX_CONNECTIONS", MOCKET_MAX_CONNECTIONS },
};

static atomic_int opened, closed, deferred; /* of this test program */

static void count_deferred(void *ptr)
{
    (void)ptr;
    atomic_fetch_add(&deferred, 1);
}

/* What every socket here does at its beginning and end. */
static void keep_books(mocket_socket *s, int kind, mocket_span data)
{
    mocket_event *e = mocket_ws_event(s);
    if (kind == MOCKET_WS_OPEN) {
        atomic_fetch_add(&opened, 1);
        mocket_defer(e, count_deferred, NULL);
    } else if (kind == MOCKET_WS_CLOSED) {
        atomic_fetch_add(&closed, 1);
        mocket_log(e, MOCKET_LOG_INFO, "closed %s %d %.*s", mocket_path(e), mocket_ws_code(s), (int)data.len, data.ptr);
    }
}

static void echo(mocket_socket *s, int kind, mocket_span data)
{
    keep_books(s, kind, data);
    if (kind == MOCKET_WS_TEXT || kind == MOCKET_WS_BINARY)
        mocket_ws_send(s, kind, data);
}

/* Tells of pings, too. */
static void pings(mocket_socket *s, int kind, mocket_span data)
{
    keep_books(s, kind, data);
    if (kind == MOCKET_WS_PING)
        mocket_ws_text(s, mocket_format(mocket_ws_event(s), "pinged %.*s", (int)data.len, data.ptr));
}

/* A text is published to all, and "leave" ends the subscription. */
static void room(mocket_socket *s, int kind, mocket_span data)
{
    keep_books(s, kind, data);
    if (kind == MOCKET_WS_OPEN) {
        mocket_ws_subscribe(s, "room");
        mocket_ws_subscribe(s, "room");
        mocket_ws_text(s, "welcome");
    } else if (kind == MOCKET_WS_TEXT && data.len == 5 && memcmp(data.ptr, "leave", 5) == 0) {
        mocket_ws_unsubscribe(s, "room");
        mocket_ws_text(s, "left");
    } else if (kind == MOCKET_WS_TEXT || kind == MOCKET_WS_BINARY) {
        mocket_ws_publish(s, "room", kind, data);
    }
}

/* Sleeps for as many milliseconds as the text says, then answers how that ended. */
static void nap(mocket_socket *s, int kind, mocket_span data)
{
    mocket_event *e = mocket_ws_event(s);
    keep_books(s, kind, data);
    if (kind != MOCKET_WS_TEXT)
        return;
    int rc = mocket_sleep(e, (uint32_t)atoi(mocket_format(e, "%.*s", (int)data.len, data.ptr)));
    int sent = mocket_ws_text(s, mocket_format(e, "slept %.*s", (int)data.len, data.ptr));
    if (rc || sent)
        mocket_log(e, MOCKET_LOG_INFO, "nap: %d %d", rc, sent);
}

/* Sends without an end, as fast as the client reads. */
static void flood(mocket_socket *s, int kind, mocket_span data)
{
    static const char piece[8192];
    int rc;
    keep_books(s, kind, data);
    if (kind != MOCKET_WS_TEXT)
        return;
    while ((rc = mocket_ws_send(s, MOCKET_WS_BINARY, (mocket_span){ piece, sizeof piece })) == 0)
        ;
    mocket_log(mocket_ws_event(s), MOCKET_LOG_INFO, "flood: %d", rc);
}

/* What is known of the handshake. */
static void about(mocket_socket *s, int kind, mocket_span data)
{
    mocket_event *e = mocket_ws_event(s);
    keep_books(s, kind, data);
    if (kind != MOCKET_WS_TEXT)
        return;
    const char *protocol = mocket_ws_protocol(s), *agent = mocket_header(e, "X-Agent");
    mocket_ws_text(s, mocket_format(e, "%s|%s|%s|%s|%s", mocket_param(e, "name"), mocket_path(e),
                                    mocket_query(e, "q") ? mocket_query(e, "q") : "-", agent ? agent : "-",
                                    protocol ? protocol : "-"));
}

/* Closes as the text says: "CODE REASON". */
static void closes(mocket_socket *s, int kind, mocket_span data)
{
    int code = 0, used = 0;
    keep_books(s, kind, data);
    if (kind != MOCKET_WS_TEXT)
        return;
    const char *text = mocket_format(mocket_ws_event(s), "%.*s", (int)data.len, data.ptr);
    sscanf(text, "%d %n", &code, &used);
    int rc = mocket_ws_close(s, code, text + used);
    int again = mocket_ws_close(s, code, text + used), late = mocket_ws_text(s, "late");
    mocket_log(mocket_ws_event(s), MOCKET_LOG_INFO, "close: %d %d %d", rc, again, late);
}

/* Sends one message of so many bytes and closes. */
static void parting(mocket_socket *s, int kind, mocket_span data)
{
    mocket_event *e = mocket_ws_event(s);
    keep_books(s, kind, data);
    if (kind != MOCKET_WS_TEXT)
        return;
    size_t len = (size_t)atol(mocket_format(e, "%.*s", (int)data.len, data.ptr));
    char *piece = mocket_mem(e, len);
    if (piece)
        mocket_ws_send(s, MOCKET_WS_BINARY, (mocket_span){ piece, len });
    mocket_ws_close(s, 1000, NULL);
}

static int books(mocket_event *e)
{
    return mocket_textf(e, "%d %d %d", atomic_load(&opened), atomic_load(&closed), atomic_load(&deferred));
}

/* keep: also when it is refused. */
static int publish(mocket_event *e)
{
    const char *len = mocket_query(e, "len"), *times = mocket_query(e, "times"), *topic = mocket_query(e, "topic");
    char *piece = mocket_mem(e, len ? (size_t)atol(len) : 1);
    int rc = 0;
    for (int i = 0; piece && (rc == 0 || mocket_query(e, "keep")) && i < (times ? atoi(times) : 1); i++)
        rc = mocket_publish(mocket_event_app(e), topic ? topic : "room", MOCKET_WS_BINARY,
                            (mocket_span){ piece, len ? (size_t)atol(len) : 1 });
    return mocket_textf(e, "%d", rc);
}

static int hello(mocket_event *e)
{
    return mocket_text(e, "hello");
}

static int guard(mocket_event *e)
{
    return mocket_query(e, "secret") ? mocket_next(e) : 401;
}

int main(void)
{
    static const char *const protocols[] = { "chat.v2", "chat.v1", NULL };
    static const char *const origins[] = { "https://friend.example", NULL };
    mocket_app *app = mocket_new();
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        if (getenv(settings[i].name))
            mocket_set(app, settings[i].what, atoll(getenv(settings[i].name)));
    mocket_get(app, "/", hello);
    mocket_get(app, "/books", books);
    mocket_get(app, "/publish", publish);
    mocket_use(app, "/guarded", guard, NULL);
    mocket_ws(app, "/guarded", echo, NULL);
    mocket_ws(app, "/echo", echo, NULL);
    mocket_ws(app, "/pings", pings, NULL);
    mocket_ws(app, "/room", room, NULL);
    mocket_ws(app, "/nap", nap, NULL);
    mocket_ws(app, "/flood", flood, NULL);
    mocket_ws(app, "/closes", closes, NULL);
    mocket_ws(app, "/parting", parting, NULL);
    mocket_ws(
        app, "/about/:name", about,
        &(struct mocket_ws_opts){ .size = sizeof(struct mocket_ws_opts), .protocols = protocols, .origins = origins });
    int rc = mocket_listen(app, ":0");
    mocket_free(app);
    return rc;
}
