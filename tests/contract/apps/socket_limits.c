/* Limits of sockets, small enough for a test. */
#include <mocket.h>

#include <stdlib.h>

static void echo(mocket_socket *s, int kind, mocket_span data)
{
    if (kind == MOCKET_WS_OPEN)
        mocket_ws_subscribe(s, "all");
    if (kind == MOCKET_WS_TEXT || kind == MOCKET_WS_BINARY)
        mocket_ws_send(s, kind, data);
    if (kind == MOCKET_WS_CLOSED)
        mocket_log(mocket_ws_event(s), MOCKET_LOG_WARN, "%s: closed %d", mocket_query(mocket_ws_event(s), "as"),
                   mocket_ws_code(s));
}

/* More than a client's buffers hold, to those who may read slowly. */
static int flood(mocket_event *e)
{
    static const char piece[65536];
    long left = strtol(mocket_param(e, "bytes"), NULL, 10);
    for (; left > 0; left -= (long)sizeof piece) {
        int rc = mocket_publish(mocket_event_app(e), "all", MOCKET_WS_BINARY, (mocket_span){ piece, sizeof piece });
        if (rc == MOCKET_EAGAIN)
            rc = mocket_sleep(e, 1);
        if (rc < 0)
            return rc;
    }
    return mocket_text(e, "published");
}

int main(void)
{
    mocket_app *app = mocket_new();
    mocket_set(app, MOCKET_MAX_MESSAGE, 1000);
    mocket_set(app, MOCKET_MAX_BACKLOG, 128 << 10);
    mocket_ws(app, "/echo", echo, NULL);
    mocket_post(app, "/flood/:bytes", flood);
    return mocket_listen(app, ":4000");
}
