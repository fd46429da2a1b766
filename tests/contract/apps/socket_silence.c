/* How long a socket may be silent, short enough for a test. Other limits: socket_limits.c, whose clients are slow. */
#include <mocket.h>

static void echo(mocket_socket *s, int kind, mocket_span data)
{
    if (kind == MOCKET_WS_TEXT || kind == MOCKET_WS_BINARY)
        mocket_ws_send(s, kind, data);
    if (kind == MOCKET_WS_CLOSED)
        mocket_log(mocket_ws_event(s), MOCKET_LOG_WARN, "%s: closed %d", mocket_query(mocket_ws_event(s), "as"),
                   mocket_ws_code(s));
}

int main(void)
{
    mocket_app *app = mocket_new();
    mocket_set(app, MOCKET_WS_TIMEOUT, 3000);
    mocket_ws(app, "/echo", echo, NULL);
    return mocket_listen(app, ":4000");
}
